"""Repeating what is safe to repeat: back-off with jitter, an end, and a word about what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from finetune.azure.refusals import is_role_lag
from finetune.errors import ServiceBusy

T = TypeVar("T")

#: Seconds between two tries: at first, and at most.
FIRST, MOST = 0.3, 20.0
#: Seconds for which a busy service is asked again.
BUSY_SECONDS = 180.0


def persist(
    call: Callable[[], T],
    *,
    role_seconds: float = 0.0,
    busy_seconds: float = BUSY_SECONDS,
    also: Callable[[BaseException], bool] = lambda error: False,
    say: Callable[[str], None] = print,
) -> T:
    """Calls until it succeeds, the time is up, or the refusal is no matter of time.

    Args:
        call: safe to repeat.
        role_seconds: how long a missing right may be a role assignment that does not count yet.
        busy_seconds: how long to ask a busy service again.
        also: further errors that may pass within ``busy_seconds``.
        say: told once, when waiting for a role begins.

    Raises:
        ServiceRefused: the last refusal.
    """
    told: set[str] = set()

    def passes(error: BaseException) -> bool:
        if is_role_lag(error) and role_seconds > 0:
            if "role" not in told:
                told.add("role")
                say(f"waiting for a role assignment to take effect (up to {role_seconds / 60:.0f} minutes)")
            return True
        return isinstance(error, ServiceBusy) or also(error)

    def stop(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        limit = role_seconds if error is not None and is_role_lag(error) else busy_seconds
        return stop_after_delay(limit)(state)

    retrying = Retrying(retry=retry_if_exception(passes), wait=wait_random_exponential(FIRST, MOST), stop=stop, reraise=True)
    return retrying(call)
