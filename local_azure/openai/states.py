"""The lives of a file, of an upload and of a fine-tuning job, as tables of allowed moves. What a row lacks is refused."""

from __future__ import annotations

from collections.abc import Mapping

Moves = Mapping[str, Mapping[str, str]]

#: A file: state → what happens → next state. ``uploaded`` and ``deleting`` are not returned by Azure.
FILE: Moves = {
    "pending": {"begin": "running", "refuse": "error"},
    "running": {"accept": "processed", "refuse": "error"},
    "processed": {},
    "error": {},
}

#: An upload of parts: state → what happens → next state.
UPLOAD: Moves = {
    "pending": {"complete": "completed", "cancel": "cancelled", "expire": "expired"},
    "completed": {},
    "cancelled": {},
    "expired": {},
}

#: A job: state → what happens → next state.
JOB: Moves = {
    "pending": {"start": "running", "cancel": "cancelled", "fail": "failed"},
    "running": {"pause": "pausing", "cancel": "cancelled", "fail": "failed", "succeed": "succeeded"},
    "pausing": {"rest": "paused", "cancel": "cancelled"},
    "paused": {"resume": "resuming", "cancel": "cancelled"},
    "resuming": {"start": "running", "cancel": "cancelled"},
    "succeeded": {},
    "failed": {},
    "cancelled": {},
}

#: Jobs that hold a place among the running ones.
TRAINING = ("running", "pausing")
#: Jobs that wait for such a place.
WAITING = ("pending", "resuming")


def may(moves: Moves, state: str, happening: str) -> bool:
    return happening in moves[state]


def after(moves: Moves, state: str, happening: str) -> str:
    """The next state. Raises ``KeyError`` for a move that the table lacks: ask :func:`may` first."""
    return moves[state][happening]


def is_over(state: str) -> bool:
    """Whether a job in this state will never move again."""
    return not JOB[state]
