"""Validation data beside training data: nothing in both, the same system message, similar lengths."""

from __future__ import annotations

from finetune.datasets.findings import Case, Cases
from finetune.datasets.report import Report

#: Medians that differ by more than this factor are worth a warning.
_FACTOR = 3


def check_pair(training: Report, validation: Report, leaked: list[int]) -> Cases:
    """Two examined files.

    Args:
        leaked: lines of the validation file that are in the training file too.
    """
    if leaked:
        lines = ", ".join(str(line) for line in leaked[:5]) + (", …" if len(leaked) > 5 else "")
        yield Case("validation-leak", "", {"count": len(leaked), "all": validation.statistics.sound, "lines": lines})
    yield from _system(training, validation)
    yield from _length(training, validation)


def _system(training: Report, validation: Report) -> Cases:
    here, there = training.statistics, validation.statistics
    if not here.sound or not there.sound:
        return
    if bool(here.with_system) != bool(there.with_system):
        names = ("training examples", "validation examples")
        first, second = names if here.with_system else names[::-1]
        yield Case("validation-system", "", {"first": first, "second": second})
    elif here.with_system and not set(training.systems) & set(validation.systems) and here.system_messages < 1000:
        yield Case("validation-system-differs")


def _length(training: Report, validation: Report) -> Cases:
    counted = training.statistics.tokens is not None and validation.statistics.tokens is not None
    unit = "tokens" if counted else "bytes"
    here, there = (
        (report.statistics.tokens_per_example if counted else report.statistics.bytes_per_example).median for report in (training, validation)
    )
    if here and there and max(here, there) > _FACTOR * min(here, there):
        yield Case("validation-length", "", {"training": here, "validation": there, "unit": unit})
