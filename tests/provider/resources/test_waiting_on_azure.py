"""Waiting for jobs of a real account, so to speak: tokens that end, answers that get lost."""

from __future__ import annotations

import asyncio
from typing import Any

from finetune.training.waiting import JobWaiter
from tests.local_azure.conftest import Account, chat_lines, start_job, upload
from tests.provider.conftest import forget_clients


async def test_waiting_outlives_its_tokens_and_troubles_on_the_wire(account: Account) -> None:
    door = account.cloud.door
    door.settings(token_lifetime=2, job_train=4)
    forget_clients()
    client = account.v1()
    file = upload(client, chat_lines(12))
    ids = [start_job(client, file, seed=seed).id for seed in range(3)]
    troubles: dict[str, dict[str, Any]] = {"busy": {"status": 429}, "broken": {"status": 500}, "cut": {"cut": True}}
    for nth, (name, action) in enumerate(troubles.items(), 2):
        door.fault(name=name, path="operation:retrieve_job", nth=nth, **action)
    told: list[str] = []
    waiter = JobWaiter(first=0.1, most=0.3)
    before = len(token_requests(account))
    jobs = await asyncio.gather(*(waiter.wait(account.url, id, id, lambda progress: told.append(progress.status)) for id in ids))
    assert [job["status"] for job in jobs] == ["succeeded"] * 3
    assert "running" in told
    assert len(token_requests(account)) >= before + 2


def token_requests(account: Account) -> list[dict[str, Any]]:
    return [row for row in account.cloud.door.journal() if row["service"] == "entra" and row["method"] == "POST"]
