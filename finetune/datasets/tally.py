"""What is counted while a file is read, in a form that a part of the file can hand to the whole."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable

import msgspec

from finetune.datasets.findings import Findings

#: Longest examples that are kept, and different system messages that are told apart.
LONGEST, SYSTEMS = 10, 1000


class Tally(msgspec.Struct):
    """Sums over examples. All that grows with the file are the keys: eight bytes a line.

    Args:
        examples: lines that hold an object, sound or not; all other sums are over sound ones.
        sizes: bytes of a line → number of examples.
        tokens: billed tokens → number of examples.
        estimated: examples whose tokens can only be estimated.
        trained: tokens of the messages that are learnt.
        cut: tokens beyond the model's limit for an example.
        systems: digests of system messages.
        with_system, without_system: examples, and the first line of those without.
        longest: (tokens or bytes, line), longest first.
        keys: one for each line in order, 0 for a line without a sound example, 64 bits each, as bytes.
    """

    findings: Findings
    lines: int = 0
    examples: int = 0
    sound: int = 0
    messages: int = 0
    turns: int = 0
    images: int = 0
    image_examples: int = 0
    crlf: int = 0
    estimated: int = 0
    trained: int = 0
    cut: int = 0
    sizes: dict[int, int] = {}
    tokens: dict[int, int] = {}
    systems: set[str] = set()
    with_system: int = 0
    without_system: int = 0
    first_without_system: int = 0
    longest: list[tuple[int, int]] = []
    keys: bytearray = msgspec.field(default_factory=bytearray)

    def add_longest(self, lengths: Iterable[tuple[int, int]]) -> None:
        """Keeps the longest of (length, line); of equal ones the earlier."""
        self.longest = heapq.nsmallest(LONGEST, [*self.longest, *lengths], key=lambda pair: (-pair[0], pair[1]))

    def add_system(self, digest: str) -> None:
        if len(self.systems) < SYSTEMS:
            self.systems.add(digest)

    def add_without_system(self, line: int, count: int = 1) -> None:
        self.without_system += count
        self.first_without_system = min(self.first_without_system or line, line)

    def absorb(self, later: Tally) -> None:
        """Takes over the sums of a later part of the file."""
        self.findings.absorb(later.findings)
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for name in ("sizes", "tokens"):
            merged = Counter(getattr(self, name))
            merged.update(getattr(later, name))
            setattr(self, name, dict(merged))
        for digest in sorted(later.systems):
            self.add_system(digest)
        if later.first_without_system:
            self.first_without_system = min(self.first_without_system or later.first_without_system, later.first_without_system)
        self.add_longest(later.longest)
        self.keys += later.keys


_SUMS = (
    "lines",
    "examples",
    "sound",
    "messages",
    "turns",
    "images",
    "image_examples",
    "crlf",
    "estimated",
    "trained",
    "cut",
    "with_system",
    "without_system",
)
