"""Answers to a chat, by a fine-tuned model or by the base model."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from random import Random

import numpy as np

from . import pretrained
from .examples import prompt_tokens
from .outcome import Completion
from .recall import Vote, recall
from .tokens import END, TOOL_CALLS, WORDS, count_messages, decode, encode

_IN_QUESTION = 1.5  # a token of the question is likelier in its answer
#: Visits (over all examples) at which what was learned and the base model's habits are equally strong.
_HALF_WAY = 2.0
_WORDINGS = 27
_SHARPNESS = 3.0  # at temperature 1 a rival with half the votes is taken one time in nine


def answer(
    weights: bytes | None,
    messages: list[dict],
    *,
    max_tokens: int = 256,
    temperature: float = 1.0,
    seed: int | None = None,
    stop: str | Sequence[str] | None = (),
) -> Completion:
    """Continue a chat; ``weights`` None is the base model.

    The same arguments give the same answer: without a ``seed`` the chat itself seeds the choice, and at ``temperature`` 0 the
    seed does not matter. ValueError for bytes that are no weights.
    """
    chat = json.dumps(messages, sort_keys=True, default=str)
    chance = Random(zlib.crc32(chat.encode()) if seed is None else seed)
    tokens = _fine_tuned(weights, messages, max_tokens, temperature, chance) if weights is not None else None
    if tokens is None:
        wording = chance.randrange(_WORDINGS) if temperature > 0 else 0
        tokens = [WORDS, *encode(pretrained.generic_answer(messages, wording)), END][: max_tokens + 1]
    return _completion(tokens, count_messages(messages), (stop,) if isinstance(stop, str) else tuple(stop or ()))


def _fine_tuned(weights: bytes, messages: list[dict], longest: int, temperature: float, chance: Random) -> list[int] | None:
    """The answer's tokens between their marks; None when too little was learned to change the base model's habits."""
    model = recall(weights)
    if model.learned / (model.learned + _HALF_WAY) <= (chance.random() if temperature > 0 else 0.5):
        return None
    question = np.unique(np.array(prompt_tokens(messages), np.uint32))
    return model.continuation(question, longest, _voter(temperature, chance, frozenset(question.tolist())))


def _voter(temperature: float, chance: Random, question: frozenset[int]) -> Vote:
    """The loudest token at temperature 0, else one by lot."""

    def choose(votes: dict[int, float]) -> int:
        loud = {token: vote * (_IN_QUESTION if token in question else 1.0) for token, vote in votes.items()}
        most = max(loud.values())
        if temperature <= 0 or most <= 0:
            return max(loud, key=lambda token: (loud[token], -token))
        return chance.choices(list(loud), [(vote / most) ** (_SHARPNESS / temperature) for vote in loud.values()])[0]

    return choose


def _completion(tokens: list[int], prompt_tokens: int, stop: tuple[str, ...]) -> Completion:
    ended = tokens[-1] == END
    said = tokens[1:-1] if ended else tokens[1:]
    text = decode(said)
    calls = _tool_calls(text) if ended and tokens[0] == TOOL_CALLS else []
    if calls:
        return Completion("", "tool_calls", prompt_tokens, len(said), calls)
    cut = min((place for word in stop if word and (place := text.find(word)) >= 0), default=None)
    if cut is not None:
        return Completion(text[:cut], "stop", prompt_tokens, len(encode(text[:cut])))
    return Completion(text, "stop" if ended else "length", prompt_tokens, len(said))


def _tool_calls(text: str) -> list[dict]:
    """The calls that the text spells; none when the tokens do not add up to JSON."""
    try:
        functions = [{"name": call["name"], "arguments": call["arguments"]} for call in json.loads(text)]
    except (ValueError, TypeError, KeyError):
        return []
    return [
        {"id": f"call_{zlib.crc32(f'{place}{text}'.encode()):08x}", "type": "function", "function": function}
        for place, function in enumerate(functions)
    ]
