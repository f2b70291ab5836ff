"""A data file's facts and its fitness, from the one examination that is kept for an unchanged file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from finetune.catalogue.models import find
from finetune.datasets import Finding, Method, Report, compare
from finetune.datasets.cache import examined
from finetune.errors import CheckFailed

#: How many findings a message shows; the rest is counted.
SHOWN = 5


@dataclass(frozen=True)
class Use:
    """What a file is for.

    Args:
        method, base: what it trains, and on which model.
        grader: of reinforcement training; its fields have to be in the data.
        training: for validation data, the training file that it must not overlap with.
    """

    method: str
    base: str
    grader: dict[str, Any] | None = None
    training: str | None = None

    def report(self, path: Path) -> Report:
        """The examination of a file; one that has not changed since the last time is not read again."""
        known = self.base if find(self.base) else None  # a model of the user's own table: checked without a limit for an example
        return examined(path, method=cast(Method, self.method), base=known, grader=self.grader)


@dataclass(frozen=True)
class Facts:
    """What a resource records of a file; zeros and an empty hash when it cannot be read (``require_good`` says why)."""

    content_hash: str = ""
    size: int = 0
    examples: int = 0
    tokens: int = 0


def facts(path: Path, use: Use) -> Facts:
    """Hash, size in bytes, examples, and tokens billed for one epoch."""
    if not path.is_file():
        return Facts()
    report = use.report(path)
    return Facts(report.sha256, report.size, report.statistics.examples, report.statistics.tokens or 0)


def require_good(path: Path, use: Use, name: str) -> list[str]:
    """Checks a file before it is sent.

    Returns:
        Warnings, each with its line, for data that the service will accept.

    Raises:
        CheckFailed: with the first errors, each with its line, and the count of the rest.
    """
    if not path.is_file():
        raise CheckFailed(f"there is no file {path}", do="name a JSONL file, relative to the project folder", source=name)
    report = use.report(path)
    beside = compare(use.report(Path(use.training)), report) if use.training and Path(use.training).is_file() else []
    total = report.count("error") + _count(beside, "error")
    if total:
        raise CheckFailed(
            f"{path} has {total} error{'s' if total > 1 else ''}",
            "\n       ".join(_shown(path, [*report.findings, *beside], "error", total)),
            f"mend the file; `finetune validate {path} --method {use.method}` shows everything",
            source=name,
        )
    return _shown(path, [*report.findings, *beside], "warning", report.count("warning") + _count(beside, "warning"))


def _count(findings: Sequence[Finding], severity: str) -> int:
    return sum(found.severity == severity for found in findings)


def _shown(path: Path, findings: Sequence[Finding], severity: str, total: int) -> list[str]:
    """The first findings of a severity as lines, and a line for the rest."""
    lines = [_line(path, found) for found in findings if found.severity == severity][:SHOWN]
    return [*lines, f"and {total - len(lines)} more"] if total > len(lines) else lines


def _line(path: Path, found: Finding) -> str:
    place = f"{path}:{found.line}" if found.line else str(path)
    inside = f" {found.path}:" if found.path else ""
    return f"{place}:{inside} {found.message} [{found.code}]"
