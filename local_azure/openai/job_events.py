"""What a job says about itself: notes that were written as they happened, and one event for every tenth step."""

from __future__ import annotations

import hashlib
from typing import Any

from local_azure.openai import products, timeline
from local_azure.world import World

KIND = "job-event"
_EVERY = 10


def note(world: World, job: dict[str, Any], message: str, level: str = "info") -> None:
    """Writes an event of type ``message`` at the world's time."""
    number = world.store.next_number("job-event")
    world.store.put(KIND, f"{_prefix(job)}{number}", {"at": world.now(), "level": level, "message": message, "type": "message", "data": None})


def newest_first(world: World, job: dict[str, Any]) -> list[dict[str, Any]]:
    """All events that are visible by now, as the service shows them."""
    events = [event for _, event in world.store.list(KIND, _prefix(job))] + _steps(world, job)
    events.sort(key=lambda event: event["at"])
    return [_shown(job, at, event) for at, event in enumerate(events)][::-1]


def erase(world: World, job: dict[str, Any]) -> None:
    for key, _ in world.store.list(KIND, _prefix(job)):
        world.store.delete(KIND, key)


def _prefix(job: dict[str, Any]) -> str:
    return f"{job['account']}|{job['id']}|"


def _steps(world: World, job: dict[str, Any]) -> list[dict[str, Any]]:
    training = products.training(world, job)
    if training is None:
        return []
    steps = len(training["steps"])
    done = training["steps"][: timeline.steps_done(job, steps, world.now())]
    return [_step_event(job, row, steps) for row in done if row["step"] % _EVERY == 0 or row["step"] == steps]


def _step_event(job: dict[str, Any], row: dict[str, Any], steps: int) -> dict[str, Any]:
    message = f"Step {row['step']}: training loss={row['train_loss']:.2f}"
    if row["valid_loss"] is not None:
        message += f", validation loss={row['valid_loss']:.2f}"
    data = {name: value for name, value in row.items() if value is not None} | {"total_steps": steps}
    return {"at": timeline.step_moment(job, row["step"], steps), "level": "info", "message": message, "type": "metrics", "data": data}


def _shown(job: dict[str, Any], number: int, event: dict[str, Any]) -> dict[str, Any]:
    name = hashlib.md5(f"{job['id']}:{event['at']}:{event['message']}:{number}".encode(), usedforsecurity=False).hexdigest()
    shown = {key: value for key, value in event.items() if key != "at"}
    return {"id": f"ftevent-{name}", "object": "fine_tuning.job.event", "created_at": int(event["at"]), **shown}
