"""The administrator's door, on a host name of its own: for tests and for people who try things out.

Nothing like it exists on Azure; products under test never use it.
"""

from __future__ import annotations

from dataclasses import asdict

from local_azure.arm.cognitiveservices.door import ROUTES as QUOTA_ROUTES
from local_azure.entra.door import ROUTES as DIRECTORY_ROUTES
from local_azure.http import ADMIN_HOST, Call, Reply, Route, Routes, Service, ServiceError
from local_azure.wandb.door import ROUTES as WANDB_ROUTES
from local_azure.world import World

HOST = ADMIN_HOST


def show_status(world: World, call: Call) -> Reply:
    kinds = world.store.execute("SELECT kind, COUNT(*) FROM documents GROUP BY kind ORDER BY kind").fetchall()
    return Reply(200, {"now": world.now(), "settings": asdict(world.settings), "contents": dict(kinds)})


def advance_clock(world: World, call: Call) -> Reply:
    """Body: ``{"seconds": 3600}``. Everything that falls due happens, each thing at its own time."""
    try:
        world.clock.advance(float(call.json().get("seconds", 0)))
    except ValueError as error:
        raise ServiceError(400, "BadRequest", str(error)) from None
    world.advance()
    return Reply(200, {"now": world.now()})


def change_settings(world: World, call: Call) -> Reply:
    """Body: settings to change, by the names in ``world/settings.py``."""
    try:
        world.update_settings(call.json())
    except ValueError as error:
        raise ServiceError(400, "BadRequest", str(error)) from None
    return Reply(200, asdict(world.settings))


def declare_fault(world: World, call: Call) -> Reply:
    """Body: a fault, by the members of ``world/faults.py``."""
    try:
        return Reply(201, asdict(world.faults.declare(call.json())))
    except (ValueError, TypeError) as error:
        raise ServiceError(400, "BadRequest", str(error)) from None


def clear_faults(world: World, call: Call) -> Reply:
    world.faults.clear()
    return Reply(204)


def read_journal(world: World, call: Call) -> Reply:
    return Reply(200, {"rows": world.journal.rows(int(call.query.get("after", 0)))})


def reset_world(world: World, call: Call) -> Reply:
    """Forgets everything but the sign-in; ``?settings=true`` forgets the settings too."""
    if call.query.get("settings") == "true":
        world.settings = type(world.settings)()
        world.settings.save(world.store)
    world.reset()
    world.faults.reload()
    world.agenda.refresh()
    return Reply(204)


class AdminDoor(Service):
    name = "admin"
    hosts = (HOST,)
    routes = Routes(
        (
            Route("GET", "/status", show_status),
            Route("POST", "/clock", advance_clock),
            Route("PATCH", "/settings", change_settings),
            Route("POST", "/faults", declare_fault),
            Route("DELETE", "/faults", clear_faults),
            Route("GET", "/journal", read_journal),
            Route("POST", "/reset", reset_world),
            *DIRECTORY_ROUTES,
            *QUOTA_ROUTES,
            *WANDB_ROUTES,
        )
    )
