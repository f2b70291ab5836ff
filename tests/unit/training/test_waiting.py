"""Waiting for jobs: one poller an account, news told once, and no trouble that leaves anybody waiting for ever."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI

from finetune.errors import ServiceBusy, ServiceRefused
from finetune.training import waiting
from finetune.training.waiting import JobWaiter, Progress

ACCOUNT = "https://a.openai.azure.com"
REAL_SLEEP = asyncio.sleep


@dataclass
class Account:
    """An account whose jobs end at their times on a clock that the waiter's pauses move. Real clients speak to it."""

    ends: dict[str, float] = field(default_factory=dict)
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    clients: int = 0
    closed: int = 0
    requests: list[str] = field(default_factory=list)
    #: Looks that fail, by their number from 1.
    trouble: dict[int, Callable[[httpx2.Request], httpx2.Response]] = field(default_factory=dict)
    estimate: int | None = None
    closing: Callable[[], Any] = lambda: None

    @asynccontextmanager
    async def client(self, endpoint: str) -> AsyncIterator[AsyncOpenAI]:
        self.clients += 1
        transport = httpx2.MockTransport(self.answer)
        service = AsyncOpenAI(api_key="none", base_url=f"{endpoint}/openai/v1", max_retries=0, http_client=httpx2.AsyncClient(transport=transport))
        try:
            yield service
        finally:
            self.closing()
            await REAL_SLEEP(0.01)  # closing a client gives way to others
            await service.close()
            self.closed += 1

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request.url.path)
        if failing := self.trouble.get(len(self.looks)):
            return failing(request)
        id = request.url.path.split("/jobs/")[1].split("/")[0]
        if request.url.path.endswith("/events"):
            event = {"id": "e", "object": "fine_tuning.job.event", "level": "info", "message": "", "created_at": 1, "type": "metrics"}
            return httpx2.Response(
                200, json={"object": "list", "data": [{**event, "data": {"step": int(self.now), "train_loss": 1.5}}], "has_more": False}
            )
        if id not in self.ends:
            return httpx2.Response(404, json={"error": {"code": "notFound", "message": "no such job"}})
        status = "succeeded" if self.now >= self.ends[id] else "running"
        return httpx2.Response(200, json={"id": id, "status": status, "estimated_finish": self.estimate})

    @property
    def looks(self) -> list[str]:
        return [path for path in self.requests if not path.endswith("/events")]

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await REAL_SLEEP(0)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    monkeypatch.setattr(waiting, "async_client", made.client)
    monkeypatch.setattr(asyncio, "sleep", made.sleep)
    return made


async def wait(waiter: JobWaiter, *ids: str, endpoint: str = ACCOUNT, tell: Callable[[Progress], None] = lambda progress: None) -> list[Any]:
    """Waits for all; a hang is a failure, not a stop."""
    waits = (waiter.wait(endpoint, id, id, tell) for id in ids)
    return await asyncio.wait_for(asyncio.gather(*waits, return_exceptions=True), 20)


async def test_twenty_jobs_of_an_account_share_one_poller_and_take_as_long_as_the_slowest(account: Account) -> None:
    account.ends = {f"ftjob-{number}": 5.0 * number for number in range(1, 21)}
    done = await wait(JobWaiter(), *account.ends)
    assert [job["id"] for job in done] == list(account.ends)
    assert account.clients == 1
    assert account.now <= 100 + 36
    assert len(account.pauses) == len(set(account.pauses)), "every pause has jitter"


async def test_accounts_are_watched_side_by_side(account: Account) -> None:
    account.ends = {"ftjob-1": 50.0, "ftjob-2": 50.0}
    waiter = JobWaiter()
    await asyncio.gather(wait(waiter, "ftjob-1"), wait(waiter, "ftjob-2", endpoint="https://b.openai.azure.com"))
    assert account.clients == 2


async def test_two_who_wait_for_one_job_cost_one_look(account: Account) -> None:
    account.ends = {"ftjob-1": 0.0}
    assert len(await wait(JobWaiter(), "ftjob-1", "ftjob-1")) == 2
    assert len(account.looks) == 1


async def test_pauses_grow_to_half_a_minute_and_start_again_with_news(account: Account) -> None:
    account.ends = {"ftjob-1": 600.0}
    account.trouble = {number: lambda request: httpx2.Response(503) for number in range(1, 21)}
    await wait(JobWaiter(), "ftjob-1")
    assert account.pauses[0] <= 1.3 * 1.2
    assert 24 <= account.pauses[18] <= 36
    assert account.pauses[20] <= 1.2, "it was seen to run"
    assert account.pauses[-2] > 10, "steps alone are no reason to look more often"


async def test_an_estimated_end_is_looked_at_when_it_comes(account: Account) -> None:
    account.ends = {"ftjob-1": 600.0}
    account.estimate = int(time.time()) + 5
    await wait(JobWaiter(), "ftjob-1")
    assert max(account.pauses) <= 6


async def test_an_estimate_that_has_passed_does_not_hurry_the_looks(account: Account) -> None:
    account.ends = {"ftjob-1": 600.0}
    account.estimate = int(time.time()) - 5
    await wait(JobWaiter(), "ftjob-1")
    assert max(account.pauses) > 20


async def test_progress_is_told_when_something_changed_and_the_end_once(account: Account) -> None:
    account.ends = {"ftjob-1": 5.0}
    told: list[str] = []
    await wait(JobWaiter(), "ftjob-1", tell=lambda progress: told.append(str(progress)))
    assert told[0] == "ftjob-1: ftjob-1 trains, step 0, loss 1.500"
    assert told[-1] == "ftjob-1: ftjob-1 succeeded"
    assert max(Counter(told).values()) == 1


def cut(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadError("cut", request=request)


TROUBLE = {
    "429": lambda request: httpx2.Response(429, json={"error": {"code": "tooManyRequests"}}),
    "500": lambda request: httpx2.Response(500, json={"error": {"code": "internalFailure"}}),
    "gateway": lambda request: httpx2.Response(502, text="<html>"),
    "cut": cut,
}


@pytest.mark.parametrize("kind", TROUBLE)
async def test_a_look_that_fails_by_itself_is_repeated(account: Account, kind: str) -> None:
    account.ends = {"ftjob-1": 10.0, "ftjob-2": 10.0}
    account.trouble = dict.fromkeys((1, 2, 5), TROUBLE[kind])
    assert [job["status"] for job in await wait(JobWaiter(), "ftjob-1", "ftjob-2")] == ["succeeded", "succeeded"]


async def test_the_pause_that_the_service_asks_for_is_kept(account: Account) -> None:
    account.ends = {"ftjob-1": 0.0}
    account.trouble = {1: lambda request: httpx2.Response(429, headers={"retry-after": "45"})}
    await wait(JobWaiter(), "ftjob-1")
    assert account.pauses == [45.0]


async def test_an_account_out_of_reach_for_too_long_ends_the_waiting_with_its_reason(account: Account) -> None:
    account.ends = {"ftjob-1": 0.0}
    account.trouble = dict.fromkeys(range(1, 100), cut)
    (error,) = await wait(JobWaiter(patience=0.0), "ftjob-1")
    assert isinstance(error, ServiceBusy)
    assert "cut" in error.why


async def test_a_job_that_is_gone_fails_alone(account: Account) -> None:
    account.ends = {"ftjob-1": 100.0}
    error, job = await wait(JobWaiter(), "ftjob-0", "ftjob-1")
    assert isinstance(error, ServiceRefused)
    assert (error.status, job["status"]) == (404, "succeeded")


def broken(progress: Progress) -> None:
    raise RuntimeError("the terminal is gone")


@pytest.mark.parametrize("ends", [0.0, 100.0])
async def test_a_reporter_that_breaks_leaves_nobody_waiting(account: Account, ends: float) -> None:
    account.ends = {"ftjob-1": ends, "ftjob-2": 100.0}
    waiter = JobWaiter()
    (first,), (second,) = await asyncio.gather(wait(waiter, "ftjob-1", tell=broken), wait(waiter, "ftjob-2"))
    assert isinstance(first, RuntimeError) or first["status"] == "succeeded"
    assert second["status"] == "succeeded"


async def test_an_answer_that_nobody_understands_leaves_nobody_waiting(account: Account) -> None:
    account.trouble = {1: lambda request: httpx2.Response(200, json={"object": "surprise"})}
    (error,) = await wait(JobWaiter(), "ftjob-1")
    assert isinstance(error, Exception)


async def test_a_job_that_comes_while_the_poller_closes_is_watched_too(account: Account) -> None:
    account.ends = {"ftjob-1": 0.0, "ftjob-2": 0.0}
    waiter = JobWaiter()
    late: list[asyncio.Future[list[Any]]] = []

    def come_late() -> None:
        if not late:
            late.append(asyncio.ensure_future(wait(waiter, "ftjob-2")))

    account.closing = come_late
    await wait(waiter, "ftjob-1")
    while not late:
        await REAL_SLEEP(0.001)
    assert (await late[0])[0]["status"] == "succeeded"
    assert account.clients == 2


def test_one_waiter_serves_two_programs_of_a_process(account: Account) -> None:
    """The first program is interrupted while it waits; the second has an event loop of its own."""
    account.ends = {"ftjob-1": 1e9}
    waiter = JobWaiter()

    async def interrupted() -> None:
        task = asyncio.ensure_future(waiter.wait(ACCOUNT, "ftjob-1", "ftjob-1", lambda progress: None))
        while not account.looks:
            await REAL_SLEEP(0.001)
        task.cancel()

    asyncio.run(interrupted())
    account.ends = {"ftjob-1": 0.0}
    assert asyncio.run(wait(waiter, "ftjob-1"))[0]["status"] == "succeeded"


async def test_one_who_gives_up_does_not_end_the_others_waiting(account: Account) -> None:
    account.ends = {"ftjob-1": 30.0}
    waiter = JobWaiter()
    impatient = asyncio.ensure_future(waiter.wait(ACCOUNT, "ftjob-1", "ftjob-1", lambda progress: None))
    patient = asyncio.ensure_future(wait(waiter, "ftjob-1"))
    await REAL_SLEEP(0)
    impatient.cancel()
    assert (await patient)[0]["status"] == "succeeded"


@pytest.mark.parametrize(("seconds", "text"), [(-5, "1 s"), (40, "40 s"), (600, "10 min"), (7300, "2.0 h")])
def test_the_time_to_go_is_told_in_round_numbers(seconds: float, text: str) -> None:
    assert f"about {text} to go" in str(Progress("ftjob-1", "tutor", "running", estimated_finish=time.time() + seconds + 0.2))
