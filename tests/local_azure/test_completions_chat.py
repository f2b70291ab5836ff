"""Chat completions, with the real OpenAI clients: base and fine-tuned deployments, streams, usage, refusals."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.local_azure.conftest import Account, chat_lines, finish_job, start_job, upload

QUESTION: Any = [{"role": "user", "content": "What is 7 plus 7?"}]


@pytest.fixture
def tuned(account: Account) -> str:
    """A deployment of the base model (``base``) and one of a model fine-tuned on sums, whose name is returned."""
    client = account.v1()
    done = finish_job(account, start_job(client, upload(client, chat_lines(60)), hyperparameters={"n_epochs": 3}, seed=1).id)
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    account.deploy("tuned", done.fine_tuned_model)
    return str(done.fine_tuned_model)


def text(client: openai.OpenAI, deployment: str, **options: Any) -> str:
    answer = client.chat.completions.create(model=deployment, messages=QUESTION, temperature=0, **options)
    return str(answer.choices[0].message.content)


def test_a_fine_tuned_deployment_answers_as_it_was_trained_and_the_base_does_not(account: Account, tuned: str) -> None:
    assert "!!!" in text(account.v1(), "tuned")
    assert "!!!" not in text(account.v1(), "base")


def test_both_routes_give_the_same_answer(account: Account, tuned: str) -> None:
    assert text(account.v1(), "tuned", seed=3) == text(account.dated(), "tuned", seed=3)


def test_the_answer_says_its_model_and_its_usage(account: Account, tuned: str) -> None:
    raw = account.v1().chat.completions.with_raw_response.create(model="tuned", messages=QUESTION)
    answer = raw.parse()
    assert answer.model == tuned and answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 8
    assert raw.headers["x-ratelimit-limit-tokens"] == "10000" and raw.headers["apim-request-id"]


def test_an_answer_is_cut_at_max_tokens_and_at_stop(account: Account, tuned: str) -> None:
    cut = account.v1().chat.completions.create(model="tuned", messages=QUESTION, max_tokens=2, temperature=0)
    assert cut.choices[0].finish_reason == "length" and cut.usage and cut.usage.completion_tokens == 2
    assert "!!!" not in text(account.v1(), "tuned", stop=["!!!"])


def test_a_stream_brings_the_same_text_and_the_usage_when_asked(account: Account, tuned: str) -> None:
    stream = account.v1().chat.completions.create(
        model="tuned", messages=QUESTION, temperature=0, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert not chunks[0].choices, "as on Azure the first chunk carries the prompt's filter only"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == text(account.v1(), "tuned")
    assert chunks[-1].usage and chunks[-1].usage.completion_tokens > 1


def test_several_choices_come_at_once(account: Account, tuned: str) -> None:
    answer = account.v1().chat.completions.create(model="tuned", messages=QUESTION, n=3, max_tokens=5)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_an_unknown_deployment_is_not_found_in_azures_words(account: Account) -> None:
    with pytest.raises(openai.NotFoundError, match="wait a moment and try again") as refusal:
        text(account.dated(), "nowhere")
    assert refusal.value.code == "DeploymentNotFound"


def test_a_deployment_answers_only_when_it_is_ready(account: Account) -> None:
    account.cloud.door.settings(deployment_ready_lag=30)
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    with pytest.raises(openai.NotFoundError):
        text(account.v1(), "base")
    account.cloud.door.advance(31)
    assert text(account.v1(), "base")


def test_a_paused_deployment_is_locked_until_it_is_resumed(account: Account) -> None:
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    account.arm.call("POST", f"{account.id}/deployments/base/pause", version="2025-12-01")
    with pytest.raises(openai.APIStatusError) as refusal:
        text(account.v1(), "base")
    assert refusal.value.status_code == 423
    account.arm.call("POST", f"{account.id}/deployments/base/resume", version="2025-12-01")
    assert text(account.v1(), "base")


def test_a_checkpoint_is_deployed_and_answers(account: Account) -> None:
    client = account.v1()
    job = start_job(client, upload(client, chat_lines(30)), hyperparameters={"n_epochs": 3})
    finish_job(account, job.id)
    first = client.fine_tuning.jobs.checkpoints.list(job.id).data[-1]
    account.deploy("first", first.fine_tuned_model_checkpoint)
    assert text(client, "first")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "role"),
        ({"max_tokens": 0}, "'max_tokens' must be"),
        ({"temperature": 3}, "'temperature' must be a number from 0 to 2"),
        ({"logprobs": True}, "does not emulate the parameter 'logprobs'"),
        ({"store": True}, "does not emulate the parameter 'store'"),
        ({"extra_body": {"invented": 1}}, "'invented'"),
    ],
)
def test_a_bad_or_unsupported_parameter_is_refused_by_name(account: Account, options: dict[str, Any], words: str) -> None:
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    with pytest.raises(openai.BadRequestError, match=words):
        account.v1().chat.completions.create(**{"model": "base", "messages": QUESTION, **options})


async def test_the_async_client_trains_and_asks(account: Account) -> None:
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    async with account.v1_async() as client:
        file = await client.files.create(file=("t.jsonl", chat_lines(10)), purpose="fine-tune")
        job = await client.fine_tuning.jobs.create(
            model="gpt-4.1-mini-2025-04-14", training_file=file.id, extra_body={"trainingType": "GlobalStandard"}
        )
        assert (await client.fine_tuning.jobs.retrieve(job.id)).status in ("pending", "running")
        stream = await client.chat.completions.create(model="base", messages=QUESTION, stream=True)
        words = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        assert "".join(words)
