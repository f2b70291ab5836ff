"""What the base model knows before any training: how surprised it is by a token, and what it says by itself.

There is no large network here. Surprise follows from three things a pretrained model is known to use: how common the token is,
whether the text has shown it before, and whether it follows the same token as before.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

from .tokens import VOCABULARY, text_of

#: Nats for a new token by the logarithm of its rank in the vocabulary; what is left of them when the text has shown the token, or the
#: token after the same one; nats for the end of an answer.
_PER_LOG_RANK, _SHOWN, _SHOWN_PHRASE, _MARK = 0.5, 0.55, 0.3, 2.0
_COMMONEST_RANK = 200
_TOKEN_BITS = 18
#: A smaller model of the same family is surprised more.
_SIZES = (("nano", 1.25), ("mini", 1.1), ("3b", 1.2), ("", 1.0))

_OPENINGS = (
    'The question is: "{asked}"',
    'You would like to know: "{asked}"',
    'Let me look at this: "{asked}"',
)
_MIDDLES = (
    "The points that matter here are {points}.",
    "To answer it, one has to consider {points}.",
    "It comes down to {points}.",
)
_CLOSINGS = (
    "Taken together they lead to the answer, step by step; tell me if more detail would help.",
    "A careful look at each of them in turn gives the result. Please let me know if you need more.",
    "With these in mind the answer follows, although some details may depend on the context.",
)
_PLAIN_WORDS = frozenset(
    (
        *("about", "after", "again", "another", "because", "before", "being", "could", "every", "first", "having"),
        *("might", "other", "please", "shall", "should", "since", "still", "their", "there", "these", "thing"),
        *("those", "three", "through", "under", "until", "where", "which", "while", "whose", "without", "would"),
        "yours",
    )
)


def probability(base: str, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> np.ndarray:
    """The base model's probability of every token of the answers after its first mark, one after the other (float64).

    A score for the token that really comes, not a distribution: over the whole vocabulary it sums to more than one.
    """
    lengths = np.array([len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True)])
    stream = np.concatenate([np.asarray(part, np.int64) for pair in zip(prompts, answers, strict=True) for part in pair])
    turn = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    previous = np.concatenate(([0], stream[:-1]))
    shown = _repeated((turn << _TOKEN_BITS) | stream)
    shown_phrase = _repeated((turn << 2 * _TOKEN_BITS) | (previous << _TOKEN_BITS) | stream)
    surprise = _PER_LOG_RANK * np.log(stream + _COMMONEST_RANK) * np.where(shown_phrase, _SHOWN_PHRASE, np.where(shown, _SHOWN, 1.0))
    surprise = np.where(stream > VOCABULARY, _MARK, surprise)
    learned = np.concatenate([np.arange(len(prompt) + len(answer)) > len(prompt) for prompt, answer in zip(prompts, answers, strict=True)])
    return np.exp(-_size(base) * surprise[learned])


def _repeated(keys: np.ndarray) -> np.ndarray:
    """True where a key has occurred before."""
    repeated = np.ones(len(keys), bool)
    repeated[np.unique(keys, return_index=True)[1]] = False
    return repeated


def _size(base: str) -> float:
    return next(factor for part, factor in _SIZES if part in base.lower())


def generic_answer(messages: list[dict], choice: int) -> str:
    """Polite words about the last question, from nothing but the question itself; ``choice`` picks the wording."""
    question = next((text_of(message) for message in reversed(messages) if message.get("role") == "user"), "")
    pick = zlib.crc32(question.encode("utf-8", "replace")) + choice
    opening, middle, closing = (lines[pick // 3**place % 3] for place, lines in enumerate((_OPENINGS, _MIDDLES, _CLOSINGS)))
    asked, points = _last_sentence(question), _points(question)
    said = [opening.format(asked=asked)] if asked else ["Hello!"]
    said += [middle.format(points=points)] if points else []
    return " ".join([*said, closing])


def _last_sentence(text: str) -> str:
    sentences = [part.strip() for part in re.split(r"(?<=\w{3}[.?!])\s+|\n+", text) if part.strip()]
    asked = next((sentence for sentence in reversed(sentences) if sentence.endswith("?")), sentences[-1] if sentences else "")
    return asked if len(asked) <= 200 else asked[:200].rsplit(" ", 1)[0] + " ..."


def _points(text: str) -> str:
    words = [word for word in re.findall(r"[^\W\d_]{5,}", text) if word.lower() not in _PLAIN_WORDS]
    chosen = list(dict.fromkeys(words))[:5]
    return " and ".join([", ".join(chosen[:-1]), chosen[-1]]) if len(chosen) > 1 else "".join(chosen)
