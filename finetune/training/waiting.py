"""Waiting for jobs in the program: one poller an account, any number of jobs, progress told when something changes."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from finetune.azure import jobs
from finetune.azure.openai_clients import async_client
from finetune.azure.openai_package import openai
from finetune.errors import ServiceBusy
from finetune.training.lifecycle import stage

#: Seconds between two looks: at first, at most, and the growth from look to look.
FIRST, MOST, GROWTH = 1.0, 30.0, 1.3

#: Seconds without an answer after which waiting ends; the job goes on, and the next run waits again.
PATIENCE = 3600.0


@dataclass(frozen=True)
class Progress:
    """Where a job stands."""

    job: str
    name: str
    status: str
    step: int | None = None
    loss: float | None = None
    estimated_finish: float | None = None

    def __str__(self) -> str:
        parts = [f"{self.name}: {self.job} {stage(self.status).told}"]
        if self.step is not None:
            parts.append(f"step {self.step}" + (f", loss {self.loss:.3f}" if self.loss is not None else ""))
        if self.estimated_finish and not stage(self.status).terminal:
            parts.append(f"about {_span(self.estimated_finish - time.time())} to go")
        return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


Reporter = Callable[[Progress], None]


@dataclass
class _Watched:
    """A job that somebody waits for: what was last told, and when it was last seen on the monotonic clock."""

    name: str
    done: asyncio.Future[dict[str, Any]]
    tell: Reporter
    status: str = ""
    step: int | None = None
    reached_at: float = field(default_factory=time.monotonic)

    def heard(self, progress: Progress) -> bool:
        """Tells what is new; True if the status is. Steps come all the time and are no reason to look more often."""
        before = (self.status, self.step)
        self.status, self.step = progress.status, progress.step
        if before != (self.status, self.step):
            self.tell(progress)
        return before[0] != self.status


@dataclass(frozen=True)
class _Look:
    """What a look gave: whether the status is new, the pause that the service asks for, and seconds until the estimated end."""

    news: bool
    asked: float = 0.0
    due: float = math.inf


#: Where jobs are watched: an account, seen from one event loop (two programs of a process have two).
_Place = tuple[asyncio.AbstractEventLoop, str]


@dataclass
class JobWaiter:
    """Waits for jobs of any number of accounts on one event loop.

    Args:
        first, most: seconds between two looks at an account's jobs.
        patience: seconds for which a job may be out of reach (busy service, no connection) before waiting for it ends.
    """

    first: float = FIRST
    most: float = MOST
    patience: float = PATIENCE
    _watched: dict[_Place, dict[str, _Watched]] = field(default_factory=dict)
    _pollers: set[asyncio.Task[None]] = field(default_factory=set)

    async def wait(self, endpoint: str, job_id: str, name: str, tell: Reporter) -> dict[str, Any]:
        """Returns the job once it is terminal, whatever the end.

        Raises:
            ServiceRefused: when the account refuses to show the job, or was out of reach for too long.
        """
        loop = asyncio.get_running_loop()
        place = (loop, endpoint)
        if place not in self._watched:
            self._watched[place] = {}
            poller = loop.create_task(self._poll(place))
            self._pollers.add(poller)
            poller.add_done_callback(self._pollers.discard)
        watched = self._watched[place]
        if job_id not in watched:
            watched[job_id] = _Watched(name, loop.create_future(), tell)
        return await asyncio.shield(watched[job_id].done)

    async def _poll(self, place: _Place) -> None:
        watched, pause = self._watched[place], self.first
        async with async_client(place[1]) as service:
            while watched:
                looks = await asyncio.gather(*(self._look(service, watched, job_id) for job_id in list(watched)))
                pause = self.first if any(look.news for look in looks) else min(pause * GROWTH, self.most)
                if watched:
                    soon = max(self.first, min(pause, *(look.due for look in looks)))
                    await asyncio.sleep(max(soon * random.uniform(0.8, 1.2), *(look.asked for look in looks)))
            del self._watched[place]  # nothing is awaited since the last look at it: whoever comes now starts a poller of his own

    async def _look(self, service: openai.AsyncOpenAI, watched: dict[str, _Watched], job_id: str) -> _Look:
        """One look at one job. Whatever goes wrong ends this job's waiting alone: nobody waits for a poller that died."""
        entry = watched[job_id]
        try:
            job = await jobs.look(service, job_id)
            progress = await _progress(service, job, entry.name)
            entry.reached_at = time.monotonic()
            if stage(job["status"]).terminal:
                entry.done.set_result(job)
            return _Look(news=entry.heard(progress), due=_due(progress))
        except ServiceBusy as error:
            if time.monotonic() - entry.reached_at < self.patience:
                return _Look(news=False, asked=error.retry_after)
            entry.done.set_exception(error)
        except Exception as error:  # raised where the job is waited for
            if not entry.done.done():
                entry.done.set_exception(error)
        finally:
            if entry.done.done():
                del watched[job_id]
        return _Look(news=True)


def _due(progress: Progress) -> float:
    """Seconds until a job's estimated end; an estimate that has passed tells nothing."""
    left = (progress.estimated_finish or 0.0) - time.time()
    return left if left > 0 else math.inf


async def _progress(service: openai.AsyncOpenAI, job: dict[str, Any], name: str) -> Progress:
    step, loss = None, None
    if job["status"] == "running":
        for event in await jobs.latest_events(service, job["id"]):
            data = event.get("data") or {}
            if event.get("type") == "metrics" and "step" in data:
                step, loss = int(data["step"]), data.get("train_loss")
    return Progress(job["id"], name, job["status"], step, loss, job.get("estimated_finish"))
