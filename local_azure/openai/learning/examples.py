"""Training files as lists of turns: what was asked, and the answer to learn, in tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from . import pretrained
from .tokens import END, TOOL_CALLS, WORDS, count_messages, count_tools, encode, text_of, tool_calls_text

#: A longer file is sampled: lines spread evenly over it, about this many bytes (400,000 tokens) together.
LONGEST_FILE = 1_600_000
_LONGEST_PROMPT = 512  # tokens of a turn's past that are looked at


@dataclass(frozen=True)
class Turn:
    """One answer and the words before it; the answer starts with the mark of its kind and ends with END."""

    prompt: list[int]
    answer: list[int]


@dataclass(frozen=True)
class Examples:
    """A file's examples (each a list of turns), how many it has, and its tokens as they are billed; ``sampled`` when read in part."""

    turns: list[list[Turn]]
    count: int
    tokens: int
    sampled: bool


def read(data: bytes, method: str) -> Examples:
    """Read a JSONL file; ValueError names the line that cannot be read, or says that the file has no example."""
    sizes = [len(line) for _, line in _lines(data)]
    if not sizes:
        raise ValueError("the file has no example")
    kept = list(islice(_lines(data), 0, None, -(-sum(sizes) // LONGEST_FILE)))
    turns, tokens = [], 0
    for number, line in kept:
        try:
            example = json.loads(line)
            turns.append(list(_TURNS[method](example)))
            tokens += _count(example)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"line {number} is no example for {method} training: {error!r}") from error
    share = sum(sizes) / sum(len(line) for _, line in kept)
    return Examples(turns, len(sizes), round(tokens * share), len(kept) < len(sizes))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, without their ends, and their numbers."""
    for number, line in enumerate(BytesIO(data.removeprefix(b"\xef\xbb\xbf")), 1):
        if stripped := line.strip():
            yield number, stripped


def _chat(example: dict) -> Iterator[Turn]:
    """Each assistant message is a turn, save those of weight 0."""
    return _turns(example["messages"], 0)


def _preference(example: dict) -> Iterator[Turn]:
    """The preferred answer is learned; the other one only counts as tokens."""
    past = example["input"]["messages"]
    return _turns(past + example["preferred_output"], len(past))


def _reinforcement(example: dict) -> Iterator[Turn]:
    """What the grader looks at beside the messages stands for the answer; without any, the model's own first words do."""
    messages = example["messages"]
    reference = {name: value for name, value in example.items() if name not in ("messages", "tools")}
    text = " ".join(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in reference.values())
    reply = {"role": "assistant", "content": text or pretrained.generic_answer(messages, choice=0)}
    return _turns([*messages, reply], len(messages))


_TURNS: dict[str, Callable[[dict], Iterator[Turn]]] = {"supervised": _chat, "dpo": _preference, "reinforcement": _reinforcement}


def _turns(messages: list[dict], start: int) -> Iterator[Turn]:
    past: list[int] = []
    for place, message in enumerate(messages):
        answer = answer_tokens(message)
        if message["role"] == "assistant" and place >= start and message.get("weight", 1) != 0 and len(answer) > 2:
            yield Turn(past[-_LONGEST_PROMPT:], answer)
        past = past + answer[1:-1]


def answer_tokens(message: dict) -> list[int]:
    """A message's words, or its tool calls when it has no words, between their marks."""
    text = text_of(message)
    if text:
        return [WORDS, *encode(text), END]
    return [TOOL_CALLS, *encode(tool_calls_text(message)), END]


def prompt_tokens(messages: list[dict]) -> list[int]:
    """The past that an answer to these messages would have as a turn."""
    past = [token for message in messages for token in answer_tokens(message)[1:-1]]
    return past[-_LONGEST_PROMPT:]


def _count(example: dict) -> int:
    past = example.get("input") or example
    replies = [*example.get("preferred_output", ()), *example.get("non_preferred_output", ())]
    return count_messages(past["messages"] + replies) + count_tools(past.get("tools") or [])
