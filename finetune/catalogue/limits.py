"""The service's limits: ``limits.yaml``, each with its unit, source and what other sources say."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Args:
        value: in ``unit``.
        source: short name of the source; the head of ``limits.yaml`` has it in full.
        also: what other sources say; empty when they agree.
    """

    name: str
    value: int
    unit: str
    source: str
    also: str = ""


@functools.cache
def limits() -> dict[str, Limit]:
    """All limits by name."""
    text = Path(__file__).with_name("limits.yaml").read_text(encoding="utf-8")
    return {row["name"]: Limit(**row) for row in yaml.safe_load(text)["limits"]}


def limit(name: str) -> int:
    """The value of a limit. Raises ``KeyError`` for an unknown name."""
    return limits()[name].value
