"""Repeating what is safe to repeat: back-off with jitter, an end, and a word about what is waited for."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from finetune.azure.refusals import is_role_lag
from finetune.errors import ServiceBusy

T = TypeVar("T")

#: Seconds between two tries: at least, and at most.
FIRST, MOST = 0.3, 20.0
#: Pause as a share of the time waited so far: the end of a wait is noticed late by about that share at most.
SHARE = 0.15
#: Seconds for which a busy service is asked again.
BUSY_SECONDS = 180.0


def persist(
    call: Callable[[], T],
    *,
    role_seconds: float = 0.0,
    busy_seconds: float = BUSY_SECONDS,
    say: Callable[[str], None] = print,
) -> T:
    """Calls until it succeeds, the time is up, or the refusal is no matter of time.

    Args:
        call: safe to repeat.
        role_seconds: how long a missing right may be a role assignment that does not count yet.
        busy_seconds: how long to ask a service again that is busy all the while.
        say: told once, when waiting for a role begins.

    Raises:
        ServiceRefused: the last refusal.
    """
    since: dict[str, float] = {}

    def passes(error: BaseException) -> bool:
        return isinstance(error, ServiceBusy) or (is_role_lag(error) and role_seconds > 0)

    def stop(state: RetryCallState) -> bool:
        now = state.outcome_timestamp or state.start_time
        if not is_role_lag(_error(state)):
            return now - since.setdefault("busy", now) >= busy_seconds
        since.pop("busy", None)  # it answered: what comes later is another trouble
        if "role" not in since:
            since["role"] = state.start_time
            say(f"waiting for a role assignment to take effect (up to {role_seconds / 60:.0f} minutes)")
        return now - since["role"] >= role_seconds

    return Retrying(retry=retry_if_exception(passes), wait=_pause, stop=stop, reraise=True)(call)


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: what the service asks for, at least."""
    growing = min(max(FIRST, SHARE * (state.seconds_since_start or 0.0)), MOST)
    return max(growing * random.uniform(0.7, 1.3), getattr(_error(state), "retry_after", 0.0))


def _error(state: RetryCallState) -> BaseException:
    """Why a try failed; only asked of tries that did."""
    error = state.outcome.exception() if state.outcome else None
    return error or RuntimeError("the try did not fail")
