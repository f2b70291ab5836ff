"""A data file's facts and its fitness, from the one examination that is kept for an unchanged file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from finetune.catalogue.models import find
from finetune.datasets import Finding, Method, Report
from finetune.datasets.cache import examined
from finetune.errors import CheckFailed

#: How many findings an error shows; the rest is counted.
SHOWN = 5


@dataclass(frozen=True)
class Facts:
    """What a resource records of a file; zeros and an empty hash when it cannot be read (``require_good`` says why)."""

    content_hash: str = ""
    size: int = 0
    examples: int = 0
    tokens: int = 0


def facts(path: Path, method: str, base: str) -> Facts:
    """Hash, size, examples and tokens; a file that was examined before and has not changed is not read again."""
    if not path.is_file():
        return Facts()
    report = _report(path, method, base)
    return Facts(report.sha256, report.size, report.statistics.examples, report.statistics.tokens or 0)


def _report(path: Path, method: str, base: str) -> Report:
    known = base if find(base) else None  # a model of the user's own table: checked without a limit for an example
    return examined(path, method=cast(Method, method), base=known)


def require_good(path: Path, method: str, base: str, name: str) -> Report:
    """The report of a file that the service will accept.

    Raises:
        CheckFailed: with the first findings, each with its line, and the count of the rest.
    """
    if not path.is_file():
        raise CheckFailed(f"there is no file {path}", do="name a JSONL file, relative to the project folder", source=name)
    report = _report(path, method, base)
    total = report.count("error")
    if total:
        shown = [found for found in report.findings if found.severity == "error"][:SHOWN]
        lines = [_line(path, found) for found in shown]
        if total > len(shown):
            lines.append(f"and {total - len(shown)} more")
        raise CheckFailed(
            f"{path} has {total} error{'s' if total > 1 else ''}",
            "\n       ".join(lines),
            f"mend the file; `finetune validate {path} --method {method}` shows everything",
            source=name,
        )
    return report


def _line(path: Path, found: Finding) -> str:
    place = f"{path}:{found.line}" if found.line else str(path)
    inside = f" {found.path}:" if found.path else ""
    return f"{place}:{inside} {found.message} [{found.code}]"
