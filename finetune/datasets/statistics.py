"""Figures of a data set: how many, how long, how much of it is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

import msgspec

#: Percentiles that are given, with the least and the greatest value.
PERCENTILES = (5, 25, 50, 75, 95, 99)
_BARS = 12


class Bar(msgspec.Struct, frozen=True):
    """A bar of a histogram: ``low`` to ``high`` inclusive."""

    low: int
    high: int
    count: int


class Distribution(msgspec.Struct, frozen=True):
    """How a figure is distributed over the examples. All 0 and empty when there are none."""

    least: int = 0
    greatest: int = 0
    mean: float = 0.0
    percentiles: dict[int, int] = {}
    histogram: list[Bar] = []

    @property
    def median(self) -> int:
        return self.percentiles.get(50, 0)


class Longest(msgspec.Struct, frozen=True):
    """A long example and its line."""

    line: int
    tokens: int


class Statistics(msgspec.Struct, frozen=True):
    """Of the sound examples of a file (``examples`` counts all).

    Args:
        examples: lines that hold an object.
        sound: examples without an error.
        turns: messages of users.
        tokens: billed for one epoch, with the overhead of messages and tools; no more than the limit for each example. None: not counted.
        trained_tokens: tokens that are learnt: the assistant's with weight 1; for preference data both outputs. None: not counted.
        cut_tokens: beyond the model's limit for an example, so neither billed nor learnt.
        exact: False when counts are an estimate: another tokenizer, tool calls, or images.
        tokens_per_example, bytes_per_example: distributions.
        longest: the longest examples, by tokens if they were counted, else by bytes (then ``tokens`` is bytes).
        system_messages: different system messages (at most 1000 are told apart); ``with_system`` examples have one.
    """

    examples: int
    sound: int
    messages: int
    turns: int
    images: int
    tokens: int | None
    trained_tokens: int | None
    cut_tokens: int
    exact: bool
    tokens_per_example: Distribution
    bytes_per_example: Distribution
    longest: list[Longest]
    system_messages: int
    with_system: int


def distribution(counts: Mapping[int, int]) -> Distribution:
    """The distribution of value → how often; percentiles are by nearest rank, so exact."""
    if not counts:
        return Distribution()
    values = sorted(counts)
    reached = list(accumulate(counts[value] for value in values))
    total = reached[-1]
    percentiles: dict[int, int] = {}
    at = 0
    for percent in PERCENTILES:
        rank = max(1, -(-total * percent // 100))
        while reached[at] < rank:
            at += 1
        percentiles[percent] = values[at]
    mean = sum(value * count for value, count in counts.items()) / total
    return Distribution(values[0], values[-1], round(mean, 1), percentiles, _histogram(counts, values[0], values[-1]))


def _histogram(counts: Mapping[int, int], least: int, greatest: int) -> list[Bar]:
    """At most twelve bars of equal, round width."""
    width = _round_up(max(1, -(-(greatest - least + 1) // _BARS)))
    start = least // width * width
    bars = [0] * ((greatest - start) // width + 1)
    for value, count in counts.items():
        bars[(value - start) // width] += count
    return [Bar(start + index * width, start + (index + 1) * width - 1, count) for index, count in enumerate(bars)]


def _round_up(width: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= width:
                return step * factor
        step *= 10
