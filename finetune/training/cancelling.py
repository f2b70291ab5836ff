"""Ending a job that is not over: cancel it, and wait until its files and its place in the queue are free."""

from __future__ import annotations

import time

from finetune.azure import jobs
from finetune.errors import FinetuneError
from finetune.training.lifecycle import stage


def cancel_and_wait(endpoint: str, job_id: str, seconds: float = 600) -> None:
    """Cancels a job unless it is over or gone, and waits until it is.

    Raises:
        FinetuneError: when it is not over in time.
    """
    asked, end, pause = False, time.monotonic() + seconds, 0.3
    while (job := jobs.get(endpoint, job_id)) is not None and not stage(job["status"]).terminal:
        if not asked:
            jobs.cancel(endpoint, job_id)
            asked = True
            continue
        if time.monotonic() > end:
            raise FinetuneError(f"job {job_id} is still {job['status']} {seconds / 60:.0f} minutes after it was cancelled", do="run again later")
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)
