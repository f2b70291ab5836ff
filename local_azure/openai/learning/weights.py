"""Weights as bytes: the answers learned, the words of their questions, and how strongly each has been learned."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .examples import Turn

_MAGIC = b"NGRAM1\n"


@dataclass(frozen=True)
class Ragged:
    """A list of token lists as one array and their lengths."""

    tokens: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> Ragged:
        tokens = np.fromiter((token for part in lists for token in part), np.uint32)
        return cls(tokens, np.fromiter((len(part) for part in lists), np.uint32, len(lists)))

    def lists(self) -> list[list[int]]:
        return [part.tolist() for part in np.split(self.tokens, np.cumsum(self.lengths)[:-1])] if len(self.lengths) else []


@dataclass(frozen=True)
class Memory:
    """What a model has learned: ``questions`` (each one's distinct tokens), ``answers``, and ``amounts`` in visits times learning rate."""

    base: str
    questions: Ragged
    answers: Ragged
    amounts: np.ndarray

    @classmethod
    def of(cls, base: str, turns: Sequence[Turn], amounts: np.ndarray) -> Memory:
        return cls(base, Ragged.of([sorted(set(turn.prompt)) for turn in turns]), Ragged.of([turn.answer for turn in turns]), amounts)

    def turns(self) -> list[Turn]:
        """As examples to learn again; their prompts are the distinct tokens only."""
        return [Turn(prompt, answer) for prompt, answer in zip(self.questions.lists(), self.answers.lists(), strict=True)]


class Writer:
    """Writes the snapshots of one training; the tokens, which do not change, are compressed once."""

    def __init__(self, base: str, turns: Sequence[Turn]) -> None:
        memory = Memory.of(base, turns, np.zeros(len(turns)))
        parts = (memory.questions.lengths, memory.answers.lengths, memory.questions.tokens, memory.answers.tokens)
        self._head = {"base": base, "sizes": [len(part) for part in parts]}
        self._tokens = zlib.compress(b"".join(_planes(part) for part in parts), 6)

    def write(self, amounts: np.ndarray) -> bytes:
        """The weights with these amounts, one for each turn."""
        learned = zlib.compress(amounts.astype("<f4").tobytes(), 6)
        head = json.dumps({**self._head, "parts": [len(self._tokens), len(learned)]}).encode()
        return _MAGIC + head + b"\n" + self._tokens + learned


def read(weights: bytes) -> Memory:
    """Undo ``Writer.write``; ValueError for bytes that are no weights."""
    if not weights.startswith(_MAGIC):
        raise ValueError("these bytes are no weights of a fine-tuned model")
    line, _, body = weights[len(_MAGIC) :].partition(b"\n")
    head = json.loads(line)
    raw, parts, at = zlib.decompress(body[: head["parts"][0]]), [], 0
    for size in head["sizes"]:
        parts.append(np.frombuffer(raw, np.uint8, 4 * size, at).reshape(4, size).T.copy().view("<u4").ravel())
        at += 4 * size
    amounts = np.frombuffer(zlib.decompress(body[head["parts"][0] :]), "<f4").astype(np.float64)
    return Memory(head["base"], Ragged(parts[2], parts[0]), Ragged(parts[3], parts[1]), amounts)


def _planes(part: np.ndarray) -> bytes:
    """All lowest bytes first, then the next ones: compresses a third better than number by number."""
    return part.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()
