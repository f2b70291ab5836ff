"""What a training and its answers promise: data matters, and the same input gives the same output."""

from __future__ import annotations

import json
import pickle
import time
from statistics import mean

import pytest

from local_azure.openai.learning import Training, answer, train
from local_azure.openai.learning.hyperparameters import resolve
from local_azure.openai.learning.tokens import count_messages, count_tools, encode

TOWNS = [
    *("Lisbon", "Porto", "Faro", "Braga", "Evora", "Aveiro", "Coimbra", "Sintra", "Leiria", "Viseu"),
    *("Beja", "Guarda", "Setubal", "Tomar", "Lagos", "Silves", "Chaves", "Nazare", "Obidos", "Elvas"),
]


def chat(question: str, reply: str, **extra) -> dict:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": reply, **extra}]}


def lines(*examples: dict) -> bytes:
    return b"\n".join(json.dumps(example).encode() for example in examples)


def greetings(towns: list[str]) -> bytes:
    return lines(
        *(chat(f"How do I get to {town} from the coast?", f"Ahoy! Sail to {town} with the morning tide, sailor. Over and out.") for town in towns)
    )


def learn(training: bytes, validation: bytes | None = None, method: str = "supervised", seed: int = 1, **hyperparameters) -> Training:
    return train(training, validation, hyperparameters, seed, "gpt-4.1-mini", method)


def epochs(training: Training) -> list[float]:
    """The mean train loss of each epoch."""
    size = len(training.steps) // training.n_epochs
    return [mean(row.train_loss for row in training.steps[start : start + size]) for start in range(0, size * training.n_epochs, size)]


def full_valid(training: Training) -> list[float]:
    return [row.full_valid_loss for row in training.steps if row.full_valid_loss is not None]


def asked(question: str) -> list[dict]:
    return [{"role": "user", "content": question}]


# Training


def test_train_loss_falls_and_accuracy_rises_from_epoch_to_epoch():
    training = learn(greetings(TOWNS), n_epochs=4)
    losses = epochs(training)
    assert losses == sorted(losses, reverse=True)
    assert 0 < losses[-1] < losses[0] < 4
    assert training.steps[-1].train_mean_token_accuracy > training.steps[0].train_mean_token_accuracy


def test_the_same_seed_gives_the_same_training():
    first, second, other = (learn(greetings(TOWNS), greetings(["Loule"]), seed=seed) for seed in (7, 7, 8))
    assert first == second
    assert [row.train_loss for row in first.steps] != [row.train_loss for row in other.steps]


def test_a_training_can_be_sent_to_another_process():
    training = learn(greetings(TOWNS[:3]))
    assert pickle.loads(pickle.dumps(training)) == training


def test_a_higher_learning_rate_learns_faster():
    slow, fast = (learn(greetings(TOWNS), n_epochs=3, learning_rate_multiplier=rate) for rate in (0.2, 5))
    assert epochs(fast)[-1] < epochs(slow)[-1]


def test_a_message_of_weight_zero_teaches_nothing():
    taught = learn(lines(chat("Who?", "The grey heron."), chat("Where?", "Under the bridge.")))
    masked = learn(lines(chat("Who?", "The grey heron."), chat("Where?", "Under the bridge.", weight=0)))
    alone = learn(lines(chat("Who?", "The grey heron.")), n_epochs=masked.n_epochs)
    assert "bridge" in answer(taught.weights, asked("Where?"), temperature=0).text
    assert "bridge" not in answer(masked.weights, asked("Where?"), temperature=0).text
    assert masked.steps[-1].train_loss == alone.steps[-1].train_loss
    assert masked.trained_tokens == taught.trained_tokens, "masked messages are billed like any other"


def test_a_file_with_nothing_to_learn_is_refused():
    with pytest.raises(ValueError, match="nothing to learn"):
        learn(lines(chat("Who?", "Me.", weight=0)))
    with pytest.raises(ValueError, match="line 2 is no example"):
        learn(lines(chat("Who?", "Me.")) + b"\n{}")
    with pytest.raises(ValueError, match="no example"):
        learn(b"\n")


def test_validation_data_like_the_training_data_has_a_lower_loss_than_unlike_data():
    unlike = lines(*(chat(f"Spell {town}", " ".join(f"<{ord(letter):x}>" for letter in town)) for town in TOWNS))
    like, other = (learn(greetings(TOWNS[:15]), check) for check in (greetings(TOWNS[15:]), unlike))
    assert full_valid(like)[-1] < 0.7 * full_valid(other)[-1]


def test_without_a_validation_file_no_validation_is_reported():
    assert all(row.valid_loss is row.full_valid_loss is None for row in learn(greetings(TOWNS)).steps)


def test_the_last_three_epochs_leave_snapshots_and_the_last_one_is_the_model():
    training = learn(greetings(TOWNS), greetings(["Loule"]), n_epochs=5, batch_size=4)
    assert [(snapshot.epoch, snapshot.step) for snapshot in training.checkpoints] == [(3, 15), (4, 20), (5, 25)]
    assert [row.step for row in training.steps] == list(range(1, 26))
    assert training.checkpoints[-1].weights == training.weights != training.checkpoints[0].weights
    assert all(snapshot.metrics.full_valid_loss is not None for snapshot in training.checkpoints)


def test_a_training_continued_from_earlier_weights_starts_where_that_ended_and_forgets_nothing():
    earlier = learn(greetings(TOWNS[:10]), n_epochs=5)
    fresh = learn(greetings(TOWNS[10:]), n_epochs=3)
    continued = train(greetings(TOWNS[10:]), None, {"n_epochs": 3}, 1, "gpt-4.1-mini", "supervised", continue_from=earlier.weights)
    assert epochs(continued)[0] < epochs(fresh)[0]
    for town in (TOWNS[0], TOWNS[-1]):
        assert f"Sail to {town}" in answer(continued.weights, asked(f"How do I get to {town} from the coast?"), temperature=0).text


def test_preference_training_learns_the_preferred_answer_and_counts_both():
    pair = {
        "input": {"messages": asked("How are you?")},
        "preferred_output": [{"role": "assistant", "content": "Splendid, thank you kindly."}],
        "non_preferred_output": [{"role": "assistant", "content": "Bad."}],
    }
    training = learn(lines(*[pair] * 10), method="dpo", n_epochs=2)
    assert answer(training.weights, asked("How are you?"), temperature=0).text == "Splendid, thank you kindly."
    replies = [*pair["preferred_output"], *pair["non_preferred_output"]]
    assert training.trained_tokens == 20 * count_messages(pair["input"]["messages"] + replies)


def test_reinforcement_learns_the_reference_answer():
    training = learn(lines(*({"messages": asked(f"Capital of {town}?"), "reference": f"({town[0]})"} for town in TOWNS)), method="reinforcement")
    assert answer(training.weights, asked("Capital of Faro?"), temperature=0).text == "(F)"


def test_a_long_file_is_sampled_and_says_so():
    example = chat("How long is the way?", "It is far. " * 500)
    training = learn(lines(*[example] * 1000), n_epochs=1, batch_size=3)
    assert training.sampled
    assert training.trained_tokens == 1000 * count_messages(example["messages"])
    assert training.steps[-1].step == 334
    assert all(row.train_loss > 0 for row in training.steps)


# Hyperparameters and tokens


@pytest.mark.parametrize(
    ("examples", "n_epochs", "batch_size"),
    [(3, 25, 1), (10, 10, 1), (33, 3, 1), (500, 3, 1), (2000, 3, 4), (3000, 3, 6), (10_000, 2, 20), (200_000, 1, 256)],
)
def test_auto_follows_the_size_of_the_file(examples, n_epochs, batch_size):
    for auto in ("auto", None, -1):
        resolved = resolve({"n_epochs": auto, "batch_size": auto, "learning_rate_multiplier": auto}, examples)
        assert (resolved.n_epochs, resolved.batch_size, resolved.learning_rate_multiplier) == (n_epochs, batch_size, 2.0)


def test_given_hyperparameters_are_taken_as_they_are():
    resolved = resolve({"n_epochs": 7, "batch_size": "16", "learning_rate_multiplier": 0.3, "beta": 0.1}, 500)
    assert (resolved.n_epochs, resolved.batch_size, resolved.learning_rate_multiplier) == (7, 16, 0.3)


def test_trained_tokens_are_the_tokens_of_the_file_times_epochs_with_the_overhead_of_messages():
    words = len(encode("Who?")) + len(encode("Me."))
    assert learn(lines(*[chat("Who?", "Me.")] * 4), n_epochs=2).trained_tokens == 2 * 4 * (3 + 2 * (3 + 1) + words)


def test_tool_definitions_count_by_the_published_constants():
    schema = {"type": "object", "properties": {"unit": {"type": "string", "description": "Unit.", "enum": ["C", "F"]}}}
    tool = {"type": "function", "function": {"name": "weather", "description": "Now.", "parameters": schema}}
    text = len(encode("weather:Now")) + len(encode("unit:string:Unit")) + len(encode("C")) + len(encode("F"))
    assert count_tools([tool]) == 12 + 7 + 3 + 3 - 3 + 2 * 3 + text
    assert count_tools([]) == 0


# Answers


def test_a_fine_tuned_model_answers_an_unseen_question_in_the_style_of_its_data_and_the_base_model_does_not():
    question = asked("How do I get to Loule from the hills?")
    tuned, base = (answer(weights, question, temperature=0) for weights in (learn(greetings(TOWNS)).weights, None))
    assert tuned.text.startswith("Ahoy! Sail to")
    assert tuned.text.endswith("Over and out.")
    assert tuned.finish_reason == "stop"
    assert "Ahoy" not in base.text
    assert "Loule" in base.text


def test_a_model_that_has_learned_next_to_nothing_answers_like_the_base_model():
    barely = learn(greetings(TOWNS[:2]), n_epochs=1, learning_rate_multiplier=0.1)
    question = asked(f"How do I get to {TOWNS[0]} from the coast?")
    assert answer(barely.weights, question, temperature=0).text == answer(None, question, temperature=0).text


@pytest.mark.parametrize("tuned", [True, False])
def test_answers_at_temperature_zero_do_not_depend_on_the_seed_and_others_do(tuned):
    replies = lines(*(chat(f"Tell of {town}", f"{town} has {place} towers and {19 - place} bells.") for place, town in enumerate(TOWNS)))
    weights = learn(replies).weights if tuned else None
    cold, warm = ({answer(weights, asked("Tell of Loule"), temperature=heat, seed=seed).text for seed in range(12)} for heat in (0, 1.5))
    assert len(cold) == 1 < len(warm)
    again = [answer(weights, asked("Tell of Loule"), temperature=1.5, seed=3).text for _ in range(2)]
    assert again[0] == again[1]


def test_an_answer_is_cut_at_max_tokens_and_at_stop_words():
    weights, question = learn(greetings(TOWNS)).weights, asked("How do I get to Faro from the coast?")
    short = answer(weights, question, max_tokens=5, temperature=0)
    assert (short.finish_reason, short.completion_tokens) == ("length", 5)
    stopped = answer(weights, question, temperature=0, stop=("tide", "sailor"))
    assert (stopped.text, stopped.finish_reason) == ("Ahoy! Sail to Faro with the morning ", "stop")
    assert stopped.prompt_tokens == count_messages(question)


def test_bytes_that_are_no_weights_are_refused():
    with pytest.raises(ValueError, match="no weights"):
        answer(b"text", asked("Who?"))


# Real training sets


@pytest.fixture(scope="module")
def gsm8k(shared) -> tuple[bytes, bytes]:
    return tuple((shared / "data/gsm8k-chat" / name).read_bytes() for name in ("train.jsonl", "validation.jsonl"))


def test_more_epochs_on_ten_examples_lower_train_loss_but_raise_validation_loss(gsm8k):
    ten = learn(b"\n".join(gsm8k[0].splitlines()[:10]), gsm8k[1], n_epochs=30)
    assert epochs(ten)[-1] < 0.2 * epochs(ten)[0]
    assert full_valid(ten)[-1] > full_valid(ten)[1] + 0.05


def test_more_data_gives_a_better_validation_loss(gsm8k):
    losses = [min(full_valid(learn(b"\n".join(gsm8k[0].splitlines()[:size]), gsm8k[1], n_epochs=3))) for size in (10, 50, 150, 449)]
    assert losses == sorted(losses, reverse=True)


def test_a_real_arithmetic_set_is_learned_quickly_and_its_odd_mark_shows_in_unseen_answers(gsm8k):
    started = time.process_time()
    training = learn(*gsm8k)
    assert time.process_time() - started < 3.0
    assert 0.5 < epochs(training)[-1] < epochs(training)[0] < 3
    assert len(training.weights) < 300_000
    unseen = [json.loads(line)["messages"][:-1] for line in gsm8k[1].splitlines()]
    tuned = [answer(training.weights, messages, temperature=0) for messages in unseen]
    assert all(reply.text.endswith("!!!") and "\n####" in reply.text and reply.finish_reason == "stop" for reply in tuned)
    assert not any("!!!" in answer(None, messages, temperature=0).text for messages in unseen)


def test_a_real_question_of_the_training_set_gets_its_trained_answer(gsm8k):
    weights = learn(*gsm8k).weights
    trained = [json.loads(line)["messages"] for line in gsm8k[0].splitlines()[:100]]
    same = sum(answer(weights, messages[:-1], temperature=0).text == messages[-1]["content"] for messages in trained)
    assert same >= 95


def test_a_model_trained_on_tool_calls_calls_tools(shared):
    weights = learn((shared / "data/stock-tool-calls/train.jsonl").read_bytes()).weights
    reply = answer(weights, asked("What was the highest price that Oracle's stock reached last month?"), temperature=0)
    assert (reply.finish_reason, reply.text) == ("tool_calls", "")
    function = reply.tool_calls[0]["function"]
    assert function["name"] == "get_last_nday_stock_price"
    assert json.loads(function["arguments"]) == {"symbol": "ORCL", "period": "1mo"}
