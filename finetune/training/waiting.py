"""Waiting for jobs in the program: one poller an account, any number of jobs, progress told when something changes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openai import AsyncOpenAI

from finetune.azure import jobs
from finetune.azure.openai_clients import async_client
from finetune.errors import ServiceBusy, ServiceRefused
from finetune.training.lifecycle import stage

#: Seconds between two looks: at first, at most, and the growth from look to look.
FIRST, MOST, GROWTH = 1.0, 30.0, 1.3


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
    name: str
    done: asyncio.Future[dict[str, Any]]
    told: str = ""
    tell: Reporter = lambda progress: None


@dataclass
class JobWaiter:
    """Waits for jobs of any number of accounts on one event loop.

    Args:
        first, most: seconds between two looks at an account's jobs.
    """

    first: float = FIRST
    most: float = MOST
    _accounts: dict[str, dict[str, _Watched]] = field(default_factory=dict)
    _pollers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def wait(self, endpoint: str, job_id: str, name: str, tell: Reporter) -> dict[str, Any]:
        """Returns the job once it is terminal, whatever the end.

        Raises:
            ServiceRefused: when the account refuses to show the job.
        """
        watched = self._accounts.setdefault(endpoint, {})
        if job_id not in watched:
            watched[job_id] = _Watched(name, asyncio.get_running_loop().create_future(), tell=tell)
        waiting = watched[job_id].done
        if endpoint not in self._pollers:
            self._pollers[endpoint] = asyncio.create_task(self._poll(endpoint))
        return await asyncio.shield(waiting)

    async def _poll(self, endpoint: str) -> None:
        watched, pause = self._accounts[endpoint], self.first
        async with async_client(endpoint) as service:
            while watched:
                changed = await asyncio.gather(*(self._look(service, watched, job_id) for job_id in list(watched)))
                pause = self.first if any(changed) else min(pause * GROWTH, self.most)
                if watched:
                    await asyncio.sleep(pause * random.uniform(0.8, 1.2))
        del self._pollers[endpoint]

    async def _look(self, service: AsyncOpenAI, watched: dict[str, _Watched], job_id: str) -> bool:
        """One look at one job; True if it had something new to tell."""
        entry = watched[job_id]
        try:
            job = await jobs.look(service, job_id)
            if stage(job["status"]).terminal:
                del watched[job_id]
                entry.tell(Progress(job_id, entry.name, job["status"]))
                entry.done.set_result(job)
                return True
            progress = await _progress(service, job, entry.name)
        except ServiceBusy:
            return False  # the next look may do better
        except ServiceRefused as error:
            del watched[job_id]
            entry.done.set_exception(error)
            return True
        said = f"{progress.status} {progress.step}"
        if said == entry.told:
            return False
        entry.told = said
        entry.tell(progress)
        return True


async def _progress(service: AsyncOpenAI, job: dict[str, Any], name: str) -> Progress:
    step, loss = None, None
    if job["status"] == "running":
        for event in await jobs.latest_events(service, job["id"]):
            data = event.get("data") or {}
            if event.get("type") == "metrics" and "step" in data:
                step, loss = int(data["step"]), data.get("train_loss")
    return Progress(job["id"], name, job["status"], step, loss, job.get("estimated_finish"))
