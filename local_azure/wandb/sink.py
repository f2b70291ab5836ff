"""Runs as W&B keeps them, and whose key is whose.

A run is a document of kind ``wandb-run`` with the key ``<entity>/<project>/<run>``: config, summary, history, tags, state.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from local_azure.http import Call, Reply, Route, Routes, ServiceError
from local_azure.world import World

RUN, KEY = "wandb-run", "wandb-key"
#: The entity of the key that ``exec`` gives.
DEFAULT_ENTITY = "local"


def entity_of_key(world: World, key: str) -> str | None:
    """The default entity of a key, or None for a key that W&B does not know."""
    if key == world.identity.wandb_key:
        return DEFAULT_ENTITY
    known = world.store.get(KEY, _fingerprint(key))
    return known["entity"] if known else None


def add_key(world: World, key: str, entity: str) -> None:
    """Makes a further key known; only its fingerprint is stored."""
    world.store.put(KEY, _fingerprint(key), {"entity": entity})


def list_runs(world: World, call: Call) -> Reply:
    """``GET /api/runs/{entity}/{project}``, basic sign-in ``api:<key>``: the project's runs, oldest first."""
    entity, project = call.params["entity"], call.params["project"]
    if entity_of_key(world, _key(call)) is None:
        raise ServiceError(401, "unauthorized", "user is not logged in")
    return Reply(200, {"runs": [run for _, run in world.store.list(RUN, f"{entity}/{project}/")]})


def _key(call: Call) -> str:
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    try:
        user, _, key = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return key if scheme.lower() == "basic" and user == "api" else ""


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def save_run(world: World, run: dict[str, Any]) -> None:
    world.store.put(RUN, f"{run['entity']}/{run['project']}/{run['id']}", run)


def find_run(world: World, path: str) -> dict[str, Any] | None:
    """A run by ``<entity>/<project>/<run>``."""
    return world.store.get(RUN, path)


ROUTES = Routes((Route("GET", "/api/runs/{entity}/{project}", list_runs),))
