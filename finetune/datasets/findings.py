"""What an examination finds, and the list that keeps the first and counts the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from finetune.datasets.rules.table import RULES, Severity


class Case(NamedTuple):
    """A rule that was broken at a place of an example: what the rule modules yield."""

    code: str
    path: str = ""
    facts: dict[str, Any] = {}
    column: int | None = None


#: What a rule module gives: cases, as it walks through an example.
Cases = Iterator[Case]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something found in a file.

    Args:
        code: the rule (docs/rules.md).
        severity: ``error``, ``warning`` or ``note``.
        line: counted from 1; None when it concerns the file.
        path: where in the example, as a JSON path such as ``messages[2].content``; empty for the whole line.
        message: what is wrong, without a final dot.
        fix: what to do.
        column: character of the line, from 1, when a JSON path cannot say it.
    """

    code: str
    severity: Severity
    line: int | None
    path: str
    message: str
    fix: str
    column: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As machines read it: all members, also the empty ones."""
        return {name: getattr(self, name) for name in ("line", "column", "path", "code", "severity", "message", "fix")}


def finding(case: Case, line: int | None) -> Finding:
    """The finding of a broken rule, in words."""
    rule = RULES[case.code]
    return Finding(rule.code, rule.severity, line, case.path, rule.message.format_map(case.facts), rule.fix.format_map(case.facts), case.column)


class Findings(msgspec.Struct):
    """The first findings, and how many more there are of each code.

    No code takes more than a quarter of the room (ten at least), so that a thousand blank lines do not hide the one bad role.
    """

    limit: int
    listed: list[Finding] = []
    more: dict[str, int] = {}
    seen: dict[str, int] = {}

    def add(self, case: Case, line: int | None) -> None:
        if self._has_room(case.code):
            self.listed.append(finding(case, line))
        else:
            self.count_more(case.code, 1)

    def extend(self, cases: Iterable[Case], line: int | None) -> None:
        for case in cases:
            self.add(case, line)

    def count_more(self, code: str, count: int) -> None:
        """Counts findings that nobody will list."""
        if count > 0:
            self.more[code] = self.more.get(code, 0) + count

    def absorb(self, later: Findings) -> None:
        """Takes over the findings of a later part of the file."""
        for found in later.listed:
            if self._has_room(found.code):
                self.listed.append(found)
            else:
                self.count_more(found.code, 1)
        for code, count in later.more.items():
            self.count_more(code, count)

    def errors(self) -> int:
        """How many errors there are, listed or not."""
        return self._count("error")

    def counts(self) -> dict[Severity, int]:
        return {severity: self._count(severity) for severity in ("error", "warning", "note")}

    def _count(self, severity: Severity) -> int:
        codes = Counter(found.code for found in self.listed)
        codes.update(self.more)
        return sum(count for code, count in codes.items() if RULES[code].severity == severity)

    def _has_room(self, code: str) -> bool:
        seen = self.seen.get(code, 0)
        if seen >= max(10, self.limit // 4) or len(self.listed) >= self.limit:
            return False
        self.seen[code] = seen + 1
        return True
