"""What a restart of local Azure in the middle of a training changes: nothing. And what is left running when it stops: nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_azure import process
from local_azure.environment import command_environment
from local_azure.process import Door, Running
from local_azure.world.identity import Identity
from tests.conftest import Cloud
from tests.local_azure.conftest import chat_lines, finish_job, make_account, start_job, upload


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The state folder of a local Azure of this test's own."""
    place = tmp_path / "private" / "azure"
    yield place
    process.stop(place)


def started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    running = process.start(folder)
    environment = command_environment(folder, running)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Cloud(folder, running, Door(running), Identity.load(folder), environment)


def descendants(pid: int) -> list[int]:
    """All processes below one, whichever of its threads began them."""
    children = [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]
    return children + [below for child in children for below in descendants(child)]


def workers(running: Running) -> list[int]:
    """The processes that train, once they are there."""
    deadline = time.monotonic() + 30
    while len(found := descendants(running.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int]) -> bool:
    """Whether all processes end within a few seconds."""
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


def test_a_job_goes_on_after_a_restart_with_the_same_results(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = started(folder, monkeypatch)
    account = make_account(cloud, "restarted")
    cloud.door.settings(job_queue=10, job_train=100)
    client = account.v1()
    file = upload(client, chat_lines(20))
    jobs = [start_job(client, file, seed=3) for _ in range(2)]
    account.close()
    process.stop(folder)
    cloud = started(folder, monkeypatch)
    account.cloud = cloud
    cloud.door.advance(60)
    assert account.v1().fine_tuning.jobs.retrieve(jobs[0].id).status == "running"
    process.stop(folder)
    cloud = started(folder, monkeypatch)
    account.cloud = cloud
    done = [finish_job(account, job.id) for job in jobs]
    assert [job.status for job in done] == ["succeeded", "succeeded"]
    first, second = (account.v1().files.content(job.result_files[0]).text for job in done)
    assert first == second
    account.close()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc to see processes")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_local_azure(folder: Path, monkeypatch: pytest.MonkeyPatch, end: signal.Signals) -> None:
    cloud = started(folder, monkeypatch)
    account = make_account(cloud, "stopped")
    client = account.v1()
    file = upload(client, chat_lines(500))
    for _ in range(4):
        start_job(client, file, hyperparameters={"n_epochs": 20, "batch_size": 1})
    found = workers(cloud.running)
    assert len(found) >= 3
    os.kill(cloud.running.pid, end)
    assert gone([cloud.running.pid, *found])
    account.close()
