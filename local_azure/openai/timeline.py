"""When each step of a training happens, on the world's clock, with pauses left out.

A job has a ``length`` (seconds of training in all) and ``legs``: the spans ``[from, to]`` in which it was running, the last
one open while it runs.
"""

from __future__ import annotations

from typing import Any


def trained(job: dict[str, Any], now: float) -> float:
    """Seconds of training until now."""
    return float(min(job["length"], sum((end if end is not None else max(now, start)) - start for start, end in job["legs"])))


def finish(job: dict[str, Any], now: float) -> float:
    """When the training ends if it runs on from now."""
    return now + float(job["length"]) - trained(job, now)


def moment(job: dict[str, Any], seconds: float) -> float:
    """When the job had trained for so many seconds."""
    left = seconds
    for start, end in job["legs"]:
        if end is None or left <= end - start:
            return float(start) + left
        left -= end - start
    return float(job["legs"][-1][1]) if job["legs"] else 0.0


def step_moment(job: dict[str, Any], step: int, steps: int) -> float:
    """When a step (from 1) is done. The last one is a little before the end, so that nothing happens at once with it."""
    return moment(job, (step - 0.5) / steps * float(job["length"]))


def steps_done(job: dict[str, Any], steps: int, now: float) -> int:
    length = float(job["length"])
    share = trained(job, now) / length if length else 1.0
    return min(steps, int(share * steps + 0.5))
