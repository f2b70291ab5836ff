"""Long operations: their documents, what they lock, and the headers by which clients follow them."""

from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING

from local_azure.arm import refusals
from local_azure.arm.resources import iso
from local_azure.http import Json, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World

HOST = "https://management.azure.com"
KIND, LOCKS = "arm-operation", "arm-lock"
IN_PROGRESS, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"


def check_unlocked(world: World, locked: str) -> None:
    """Refuses a write while a long operation holds the lock.

    Raises:
        ServiceError: 409 RequestConflict.
    """
    if world.store.get(LOCKS, locked.lower()) is not None:
        raise refusals.request_conflict(locked)


def start(world: World, *, event: str, resource_id: str, locked: str, seconds: float, place: str, api_version: str) -> Json:
    """Plans the end of a long operation and takes its lock.

    Args:
        event: the agenda event that ends it; its key is the operation's id.
        locked: id that other writes are refused on meanwhile.
        place: path prefix of the status pages, for example ``/subscriptions/s/providers/Namespace/locations/swedencentral``.
    """
    operation = {
        "id": str(uuid.uuid4()),
        "resource": resource_id,
        "locked": locked,
        "status": IN_PROGRESS,
        "startTime": iso(world.now()),
        "place": place,
        "apiVersion": api_version,
    }
    world.store.put(KIND, operation["id"], operation)
    world.store.put(LOCKS, locked.lower(), {"operation": operation["id"]})
    world.agenda.at(world.now() + seconds, event, operation["id"])
    return operation


def end(world: World, operation: Json, problem: ServiceError | None = None) -> None:
    """Writes the outcome and gives the lock back."""
    operation["status"] = FAILED if problem else SUCCEEDED
    operation["endTime"] = iso(world.now())
    if problem:
        operation["error"] = {"code": problem.code, "message": problem.message, **problem.extra}
        operation["httpStatus"] = problem.status
    world.store.put(KIND, operation["id"], operation)
    world.store.delete(LOCKS, operation["locked"].lower())


def headers(world: World, operation: Json, *, location: bool) -> dict[str, str]:
    """``Azure-AsyncOperation`` (and ``Location`` for a DELETE) with the pause that ARM asks for."""
    address = f"{HOST}{operation['place']}/{{kind}}/{operation['id']}?api-version={operation['apiVersion']}"
    found = {"Azure-AsyncOperation": address.format(kind="operationStatuses"), **retry_after(world)}
    if location:
        found["Location"] = address.format(kind="operationResults")
    return found


def retry_after(world: World) -> dict[str, str]:
    """The pause in milliseconds, and in seconds when it has whole ones: clients prefer ``Retry-After``, which cannot say less than 1.

    Never 0: azure-core takes that for no answer, and waits 30 seconds.
    """
    seconds = world.settings.retry_after
    found = {"x-ms-retry-after-ms": str(max(math.ceil(seconds * 1000), 1))}
    return {"Retry-After": str(math.ceil(seconds)), **found} if seconds >= 1 else found
