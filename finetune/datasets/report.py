"""The result of examining a file: findings and figures, in a form that can be kept."""

from __future__ import annotations

from array import array
from typing import Any

import msgspec

from finetune.datasets.findings import Finding
from finetune.datasets.limits import Method
from finetune.datasets.rules.table import RULES, Severity
from finetune.datasets.statistics import Statistics


class Report(msgspec.Struct, frozen=True):
    """What is known of a file after one pass.

    Args:
        path: as it was given.
        sha256: hexadecimal, of the bytes as they are on disk.
        size: bytes.
        findings: the first ones, in the order of lines; those that concern the file come first.
        more: code → how many findings of it are not listed.
        systems: digests of system messages, sorted (at most 1000).
        keys: one for each line, 64 bits each: equal for equal examples, 0 for a line without a sound one.
        exact_keys: False when tokens were not counted: then keys only hint at equal lines.
    """

    path: str
    sha256: str
    size: int
    has_bom: bool
    method: Method
    findings: list[Finding]
    more: dict[str, int]
    statistics: Statistics
    systems: list[str]
    keys: bytes
    exact_keys: bool

    @property
    def ok(self) -> bool:
        """No errors; there may be warnings."""
        return not self.errors

    @property
    def errors(self) -> int:
        return self.count("error")

    @property
    def warnings(self) -> int:
        return self.count("warning")

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are, listed or not."""
        listed = sum(found.severity == severity for found in self.findings)
        return listed + sum(count for code, count in self.more.items() if RULES[code].severity == severity)

    def key_array(self) -> array[int]:
        """The keys as numbers, in the order of lines."""
        keys = array("Q")
        keys.frombytes(self.keys)
        return keys

    def to_dict(self) -> dict[str, Any]:
        """All of it in JSON's types (bytes as base64)."""
        made: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return made

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Report:
        """The opposite of :meth:`to_dict`. Raises ``msgspec.ValidationError`` for anything else."""
        return msgspec.convert(document, cls, strict=False)
