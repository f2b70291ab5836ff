"""The life of a job as a table: which statuses there are and what each means for us (azure.md §1.2).

OpenAI's own words (validating_files, queued) are accepted beside Azure's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """What a status means: whether it ends the job, and whether a job in it answers for a new intent."""

    terminal: bool
    adoptable: bool
    told: str


STAGES: Mapping[str, Stage] = {
    "created": Stage(False, True, "created"),
    "validating_files": Stage(False, True, "the service checks the data"),
    "pending": Stage(False, True, "waits for jobs ahead"),
    "queued": Stage(False, True, "waits for jobs ahead"),
    "running": Stage(False, True, "trains"),
    "pausing": Stage(False, True, "is being paused"),
    "paused": Stage(False, True, "is paused"),
    "resuming": Stage(False, True, "is being resumed"),
    "succeeded": Stage(True, True, "succeeded"),
    "failed": Stage(True, False, "failed"),
    "cancelled": Stage(True, False, "was cancelled"),
}

#: A status that is not in the table: go on looking, and do not start another job because of it.
UNKNOWN = Stage(False, True, "is in a state that this version does not know")


def stage(status: str) -> Stage:
    return STAGES.get(status, UNKNOWN)
