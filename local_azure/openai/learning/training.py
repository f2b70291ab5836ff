"""Training: mini-batches over the examples, the loss of each batch before it is learned, a snapshot after each epoch.

Bounds: of a file longer than ``examples.LONGEST_FILE`` a sample is learned (tokens are then counted in proportion), and a training
has at most ``MOST_ROWS`` rows of metrics, each standing for several steps if there are more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np

from . import ngram, pretrained, weights
from .examples import Examples, Turn, read
from .hyperparameters import Resolved, resolve
from .outcome import Snapshot, StepMetrics, Training

MOST_ROWS = 6000
_VALIDATED_ROWS = 300  # about so many rows carry a valid_loss
_KEPT_SNAPSHOTS = 3
#: Visits that one pass over an example counts with a multiplier of 1 and one example to a batch.
_RATE = 0.5


def train(
    training: bytes,
    validation: bytes | None,
    hyperparameters: dict,
    seed: int,
    base: str,
    method: str,
    *,
    continue_from: bytes | None = None,
) -> Training:
    """Learn a training file (JSONL) and say how it went.

    ``hyperparameters`` may leave n_epochs, batch_size and learning_rate_multiplier to the service ("auto", null, -1 or absent);
    ``seed`` orders the examples; ``method`` is supervised, dpo or reinforcement; ``continue_from`` are the weights of an earlier
    training to go on from. ValueError when a file cannot be read or nothing in it is to be learned.
    """
    examples = read(training, method)
    checks = read(validation, method) if validation else None
    resolved = resolve(hyperparameters, examples.count)
    earlier = weights.read(continue_from) if continue_from else weights.Memory.of(base, [], np.zeros(0))
    run = _Run(examples, checks, resolved, base, earlier)
    order = np.random.default_rng(seed)
    rows: list[StepMetrics] = []
    snapshots: list[Snapshot] = []
    for epoch in range(1, resolved.n_epochs + 1):
        rows += run.epoch(epoch, order)
        snapshots = [*snapshots, Snapshot(rows[-1].step, epoch, run.weights(), rows[-1])][-_KEPT_SNAPSHOTS:]
    return Training(
        n_epochs=resolved.n_epochs,
        batch_size=resolved.batch_size,
        learning_rate_multiplier=resolved.learning_rate_multiplier,
        steps=rows,
        trained_tokens=examples.tokens * resolved.n_epochs,
        checkpoints=snapshots,
        weights=snapshots[-1].weights,
        sampled=examples.sampled,
    )


@dataclass(frozen=True)
class _Set:
    """Positions of a set of examples in the counts; ``edges[i]:edges[i + 1]`` are those of example i."""

    places: ngram.Places
    edges: np.ndarray

    def __len__(self) -> int:
        return len(self.edges) - 1

    def of(self, chosen: np.ndarray) -> ngram.Places:
        """The positions of these examples, in this order."""
        return self.places.take(_ranges(self.edges[chosen], self.edges[chosen + 1]))


def _ranges(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)


class _Run:
    """One training under way."""

    def __init__(self, examples: Examples, checks: Examples | None, resolved: Resolved, base: str, earlier: weights.Memory) -> None:
        learned = [turns for turns in examples.turns if turns]
        checked = [turns for turns in checks.turns if turns] if checks else []
        if not learned:
            raise ValueError("nothing to learn: no assistant message with words or tool calls has a weight other than 0")
        groups = [[[turn] for turn in earlier.turns()], learned, checked]
        turns = [turn for group in groups for example in group for turn in example]
        known = pretrained.probability(base, [turn.prompt for turn in turns], [turn.answer for turn in turns])
        places, contexts, pairs = ngram.index([turn.answer for turn in turns], known)
        before, self._training, self._validation = _split(places, groups)
        self._counts = ngram.Counts(contexts, pairs)
        if len(before):
            self._counts.learn(before.places, np.repeat(earlier.amounts, np.diff(before.edges)))
        self._earlier_amounts = earlier.amounts
        self._turns_of_example = np.array([len(turns) for turns in learned])
        self._amounts = np.zeros(len(learned))
        self._writer = weights.Writer(base, [*earlier.turns(), *(turn for example in learned for turn in example)])
        self._rate = _RATE * resolved.learning_rate_multiplier / sqrt(resolved.batch_size)
        self._batch_size = resolved.batch_size
        self._steps = ceil(examples.count / resolved.batch_size)
        self._rows = max(1, min(self._steps, MOST_ROWS // resolved.n_epochs, len(learned)))
        self._validate_each = max(1, self._rows * resolved.n_epochs // _VALIDATED_ROWS)
        self._row = 0

    def epoch(self, epoch: int, order: np.random.Generator) -> list[StepMetrics]:
        """Pass once over the examples; the last row carries the loss over the whole validation file."""
        chosen = order.permutation(len(self._training))
        shuffled = self._training.of(chosen)
        sizes = np.diff(self._training.edges)[chosen]
        position = np.concatenate(([0], np.cumsum(sizes)))
        rows, start = [], 0
        for row in range(1, self._rows + 1):
            step, end = (ceil(row * total / self._rows) for total in (self._steps, len(chosen)))
            rows.append(self._learn((epoch - 1) * self._steps + step, shuffled.take(slice(position[start], position[end]))))
            start = end
        self._amounts += self._rate
        if len(self._validation):
            loss, accuracy = self._measure(self._validation.places)
            rows[-1] = replace(rows[-1], full_valid_loss=loss, full_valid_mean_token_accuracy=accuracy)
        return rows

    def _learn(self, step: int, batch: ngram.Places) -> StepMetrics:
        loss, accuracy = self._measure(batch)
        valid_loss, valid_accuracy = self._validate()
        self._counts.learn(batch, self._rate)
        return StepMetrics(step, loss, accuracy, valid_loss, valid_accuracy)

    def _validate(self) -> tuple[float | None, float | None]:
        """A mini-batch of the validation file, the next one each time."""
        turn, self._row = self._row, self._row + 1
        if not len(self._validation) or turn % self._validate_each:
            return None, None
        first = turn // self._validate_each * self._batch_size
        return self._measure(self._validation.of((first + np.arange(self._batch_size)) % len(self._validation)))

    def _measure(self, places: ngram.Places) -> tuple[float, float]:
        losses, hits = self._counts.predict(places)
        return round(float(losses.mean()), 6), round(float(hits.mean()), 6)

    def weights(self) -> bytes:
        return self._writer.write(np.concatenate((self._earlier_amounts, np.repeat(self._amounts, self._turns_of_example))))


def _split(places: ngram.Places, groups: list[list[list[Turn]]]) -> list[_Set]:
    sets, start = [], 0
    for group in groups:
        edges = np.cumsum([0, *(sum(len(turn.answer) - 1 for turn in example) for example in group)])
        sets.append(_Set(places.take(slice(start, start + edges[-1])), edges))
        start += edges[-1]
    return sets
