"""An interpolated n-gram model over answers: counts of what followed the last 0, 1, 2, 3 and 5 tokens, mixed from short to long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: How many tokens back each order looks; how far it is trusted at most; how many visits bring it half way there. Chosen so that
#: 450 examples and three epochs bring the training loss from 2 to about 1 while the validation loss still falls a little.
LENGTHS = (0, 1, 2, 3, 5)
_MOST_TRUST = np.array([[0.10], [0.80], [0.90], [0.90], [0.95]])
_HALF_WAY = np.array([[500.0], [40.0], [25.0], [18.0], [14.0]])
#: What the likeliest other token is thought to get of the probability that the base model leaves.
_RIVAL_SHARE = 0.25
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NOTHING = np.uint64(0x51ED270B)


def hashes(answers: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of the contexts before each token after the first mark, shape (orders, positions), and those tokens."""
    tokens = np.concatenate([np.asarray(answer, np.uint64) for answer in answers])
    place = np.concatenate([np.arange(len(answer)) for answer in answers])
    current = np.full(len(tokens), _NOTHING)
    contexts = [current] if 0 in LENGTHS else []
    for back in range(1, max(LENGTHS) + 1):
        seen = np.concatenate((np.zeros(back, np.uint64), tokens[:-back]))[: len(tokens)]
        current = _mixed(current, np.where(place >= back, seen + np.uint64(1), np.uint64(0)))
        if back in LENGTHS:
            contexts.append(current)
    predicted = place > 0
    return np.stack(contexts)[:, predicted], tokens[predicted]


def _mixed(state: np.ndarray, value: np.ndarray) -> np.ndarray:
    mixed = (state ^ value) * _MIX
    return mixed ^ (mixed >> np.uint64(29))


@dataclass(frozen=True)
class Places:
    """Positions of answers as indexes into the counts: ``contexts`` and ``pairs`` (context and the token after it), (orders, positions)."""

    contexts: np.ndarray
    pairs: np.ndarray
    base: np.ndarray

    def take(self, chosen: np.ndarray | slice) -> Places:
        return Places(self.contexts[:, chosen], self.pairs[:, chosen], self.base[chosen])


def index(answers: Sequence[Sequence[int]], base: np.ndarray) -> tuple[Places, int, int]:
    """Number the contexts and pairs of all answers; also how many of each there are."""
    contexts, tokens = hashes(answers)
    numbered = np.empty((2, *contexts.shape), np.int32)
    counts = [0, 0]
    for order, row in enumerate(contexts):
        for kind, keys in enumerate((row, _mixed(row, tokens))):
            distinct, numbers = np.unique(keys, return_inverse=True)
            numbered[kind, order] = numbers + counts[kind]
            counts[kind] += len(distinct)
    return Places(numbered[0], numbered[1], base), counts[0], counts[1]


class Counts:
    """How often, in visits times learning rate, each context and each pair was seen."""

    def __init__(self, contexts: int, pairs: int) -> None:
        self.contexts = np.zeros(contexts)
        self.pairs = np.zeros(pairs)
        self.best = np.zeros(contexts)
        self.best_pair = np.full(contexts, -1, np.int32)

    def predict(self, places: Places) -> tuple[np.ndarray, np.ndarray]:
        """The loss (nats) of each token, and whether the model would have said it: nothing it knows is likelier."""
        seen = self.contexts[places.contexts]  # a context is trusted as far as it was seen and one token leads in it
        leading = self.best[places.contexts]
        trust = _MOST_TRUST * leading / (seen + _HALF_WAY)
        part = trust / np.maximum(seen, 1e-12)
        share = part * self.pairs[places.pairs]
        rivals = np.where(self.best_pair[places.contexts] == places.pairs, 0.0, part * leading)
        keep = 1.0 - trust
        likely, rival = places.base, _RIVAL_SHARE * (1.0 - places.base)
        for order in range(len(LENGTHS)):
            likely = keep[order] * likely + share[order]
            rival = np.maximum(keep[order] * rival, rivals[order])
        return -np.log(likely), likely > rival

    def learn(self, places: Places, rate: float | np.ndarray) -> None:
        """Count the places, each ``rate`` times (a number, or one for each position)."""
        amount = np.broadcast_to(rate, places.contexts.shape)
        np.add.at(self.contexts, places.contexts, amount)
        np.add.at(self.pairs, places.pairs, amount)
        now, best = self.pairs[places.pairs], self.best[places.contexts]
        better = now > best
        contexts, pairs, now = places.contexts[better], places.pairs[better], now[better]
        np.maximum.at(self.best, contexts, now)
        top = now == self.best[contexts]
        self.best_pair[contexts[top]] = pairs[top]
