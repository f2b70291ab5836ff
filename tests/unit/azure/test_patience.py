"""What is repeated, for how long, and with which pauses. Time is counted, not waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from finetune.azure.patience import MOST as BEFORE_JITTER
from finetune.azure.patience import persist
from finetune.errors import ServiceBusy, ServiceRefused

BUSY = ServiceBusy("could not look", "503: busy", status=503)
ROLE = ServiceRefused("could not look", "401 PermissionDenied: no", status=401, code="PermissionDenied")
#: The longest pause, with its jitter.
MOST = 1.3 * BEFORE_JITTER
NO = ServiceRefused("could not look", "400 BadRequest: no", status=400, code="BadRequest")


@dataclass
class Clock:
    """The time of the repeating code: its pauses move it."""

    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    time = SimpleNamespace(sleep=made.sleep, monotonic=made.monotonic)
    monkeypatch.setattr("tenacity.time", time)
    monkeypatch.setattr("tenacity.nap.time", time)
    return made


def answers(clock: Clock, *outcomes: Exception | str, each: float = 0.1) -> Callable[[], str]:
    """A service that gives these answers, and the last one for ever; an answer takes ``each`` seconds."""
    rest: Iterator[Exception | str] = iter(outcomes)
    last = outcomes[-1]

    def call() -> str:
        clock.now += each
        outcome = next(rest, last)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return call


def test_a_busy_service_is_asked_again_until_it_answers(clock: Clock) -> None:
    assert persist(answers(clock, BUSY, BUSY, BUSY, "done")) == "done"
    assert len(clock.pauses) == 3
    assert all(0 <= pause <= MOST for pause in clock.pauses)


def test_a_service_that_stays_busy_is_given_up_after_its_time_with_the_last_refusal(clock: Clock) -> None:
    with pytest.raises(ServiceBusy) as caught:
        persist(answers(clock, BUSY), busy_seconds=60)
    assert caught.value is BUSY
    assert 60 <= clock.now - 1000 <= 60 + MOST + 1


def test_a_refusal_for_good_is_told_at_once(clock: Clock) -> None:
    with pytest.raises(ServiceRefused):
        persist(answers(clock, NO, "never reached"))
    assert clock.pauses == []


def test_a_fault_of_our_own_is_not_repeated(clock: Clock) -> None:
    with pytest.raises(KeyError):
        persist(answers(clock, KeyError("status"), "never reached"))
    assert clock.pauses == []


def test_a_missing_right_is_final_where_no_role_is_on_its_way(clock: Clock) -> None:
    with pytest.raises(ServiceRefused):
        persist(answers(clock, ROLE, "never reached"))
    assert clock.pauses == []


def test_a_role_on_its_way_is_waited_for_and_told_once(clock: Clock) -> None:
    said: list[str] = []
    assert persist(answers(clock, *[ROLE] * 30, "done"), role_seconds=900, say=said.append) == "done"
    assert clock.now > 1030
    assert said == ["waiting for a role assignment to take effect (up to 15 minutes)"]


def test_a_role_that_never_counts_ends_with_the_services_refusal(clock: Clock) -> None:
    with pytest.raises(ServiceRefused) as caught:
        persist(answers(clock, ROLE), role_seconds=900, say=lambda text: None)
    assert caught.value.code == "PermissionDenied"
    assert 900 <= clock.now - 1000 <= 900 + MOST + 1


def test_a_busy_moment_after_a_long_wait_for_a_role_has_its_own_time(clock: Clock) -> None:
    call = answers(clock, *[ROLE] * 40, BUSY, BUSY, "done")
    assert persist(call, role_seconds=3600, busy_seconds=30, say=lambda text: None) == "done"
    assert clock.now > 1000 + 30


def test_two_troubles_in_turn_do_not_go_on_for_ever(clock: Clock) -> None:
    with pytest.raises(ServiceRefused):
        persist(answers(clock, *[ROLE, BUSY] * 500), role_seconds=300, busy_seconds=30, say=lambda text: None)
    assert clock.now < 1000 + 300 + 2 * MOST + 1


@pytest.mark.parametrize("asked", [25.0, 90.0])
def test_the_pause_that_the_service_asks_for_is_kept(clock: Clock, asked: float) -> None:
    throttled = ServiceBusy("could not look", "429", status=429, retry_after=asked)
    assert persist(answers(clock, throttled, BUSY, "done")) == "done"
    assert clock.pauses[0] >= asked
    assert clock.pauses[1] <= MOST


def test_pauses_grow_and_are_not_in_step_with_others(clock: Clock) -> None:
    with pytest.raises(ServiceBusy):
        persist(answers(clock, BUSY), busy_seconds=3000)
    early, late = clock.pauses[:4], clock.pauses[8:]
    assert max(early) < 3
    assert max(late) > 5
    assert len(set(late)) == len(late)
