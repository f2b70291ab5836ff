"""A fine-tuned model's continuation of a question, by votes.

Every place of the learned answers whose last tokens are those said so far speaks for the token that follows there: the louder
the longer the agreement, the better learned its answer, and the likelier its question is to the one asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import weights
from .tokens import END

Vote = Callable[[dict[int, float]], int]

#: Every further token of agreement makes a place so much louder, up to the longest agreement that counts: for a question unlike all that
#: were learned, and for one that was learned itself. Places that agree in fewer tokens than the best by more than the slack are silent.
_LOUDER, _LONGEST, _SLACK, _WORTH = (1.5, 3.0), (4, 12), 3, 2
_LIKENESS_POWER = 8
_LEAST_LIKENESS = 0.01
_SPOKEN = 0.02  # of its volume is left to a place that has spoken: answers come to an end and do not go round in circles


@dataclass(frozen=True)
class Questions:
    """The learned questions as sets of tokens: the ``known`` tokens, what each weighs, and for every entry its token (as index) and its turn."""

    known: np.ndarray
    weight: np.ndarray
    token: np.ndarray
    turn: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, questions: weights.Ragged) -> Questions:
        turns = len(questions.lengths)
        known, token, often = np.unique(questions.tokens, return_inverse=True, return_counts=True)
        weight = np.log(turns / often + 0.1) ** 2
        turn = np.repeat(np.arange(turns), questions.lengths)
        return cls(known, weight, token, turn, np.sqrt(np.bincount(turn, weight[token], turns)))

    def likeness(self, question: np.ndarray) -> np.ndarray:
        """The cosine of each learned question and this one (distinct tokens), rare tokens weighing most: 0 nothing shared, 1 the same."""
        asked = np.isin(self.known, question)
        strange = (len(question) - asked.sum()) * np.log(len(self.lengths) + 0.1) ** 2
        length = np.sqrt((self.weight * asked).sum() + strange)
        shared = np.bincount(self.turn, (self.weight * asked)[self.token], len(self.lengths))
        return shared / np.maximum(self.lengths * length, 1e-9)


@dataclass(frozen=True)
class Recall:
    """Learned answers ready to speak: ``tokens`` end to end, the ``turn`` each belongs to, and the ``occurrences`` of every token."""

    questions: Questions
    amounts: np.ndarray
    starts: np.ndarray
    tokens: np.ndarray
    turn: np.ndarray
    occurrences: dict[int, np.ndarray]

    @classmethod
    def of(cls, memory: weights.Memory) -> Recall:
        learned = memory.answers
        order = np.argsort(learned.tokens, kind="stable")
        distinct, first = np.unique(learned.tokens[order], return_index=True)
        return cls(
            questions=Questions.of(memory.questions),
            amounts=memory.amounts,
            starts=np.cumsum(learned.lengths) - learned.lengths,
            tokens=np.append(learned.tokens, np.uint32(END)),
            turn=np.repeat(np.arange(len(memory.amounts)), learned.lengths),
            occurrences=dict(zip(distinct.tolist(), np.split(order, first[1:]), strict=True)),
        )

    @property
    def learned(self) -> float:
        """Visits of all answers together."""
        return float(self.amounts.sum())

    def continuation(self, question: np.ndarray, longest: int, choose: Vote) -> list[int]:
        """The mark of the answer's kind, then at most ``longest`` tokens; END is last when the answer came to its end."""
        likeness = self.questions.likeness(question)
        nearest = float(likeness.max())
        loudness = (likeness / max(nearest, 1e-9) + _LEAST_LIKENESS) ** _LIKENESS_POWER * self.amounts
        louder, most = (float(np.interp(nearest, (0.0, 1.0), ends)) for ends in (_LOUDER, _LONGEST))
        loud = louder ** np.arange(int(most) + 1)
        volume = loudness[self.turn]
        said = [choose(_sums(self.tokens[self.starts], loudness))]
        agreement = np.zeros(len(self.tokens), np.int8)  # of each place with the end of what was said
        while len(said) <= longest and said[-1] != END:
            places = self.occurrences[said[-1]]
            agreed = np.minimum(agreement[places - 1] + 1, int(most))
            agreement[:] = 0
            agreement[places] = agreed
            best = int(agreed.max())
            speaking = agreed >= min(best, max(_WORTH, best - _SLACK))
            heard, agreed = places[speaking], agreed[speaking]
            following = self.tokens[heard + 1]
            said.append(choose(_sums(following, volume[heard] * loud[agreed])))
            volume[heard[(agreed == best) & (following == said[-1])]] *= _SPOKEN
        return said


def _sums(tokens: np.ndarray, votes: np.ndarray) -> dict[int, float]:
    sums: dict[int, float] = {}
    for token, vote in zip(tokens.tolist(), votes.tolist(), strict=True):
        sums[token] = sums.get(token, 0.0) + vote
    return sums


@lru_cache(maxsize=8)
def recall(data: bytes) -> Recall:
    """The model of these weights, kept for the next question."""
    return Recall.of(weights.read(data))
