"""The resources that exist, by id."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local_azure.http import Json, Principal

if TYPE_CHECKING:
    from local_azure.world import World

KIND = "arm"


def find(world: World, id: str) -> Json | None:
    """The resource as ARM returns it, or None. Ids are compared without regard to case."""
    return world.store.get(KIND, id.rstrip("/").lower())


def of_type(world: World, type: str, under: str = "") -> list[Json]:
    """Resources of a type whose id lies under ``under`` (all of them by default), oldest first."""
    start = under.rstrip("/").lower()
    # "0" is the character after "/": the range holds what starts with "start/", and the index finds it.
    query = "SELECT body FROM documents WHERE kind = ? AND key > ? AND key < ? AND lower(json_extract(body, '$.type')) = ? ORDER BY seq"
    return [json.loads(body) for (body,) in world.store.execute(query, (KIND, f"{start}/", f"{start}0", type.lower()))]


def inside(world: World, id: str) -> list[Json]:
    """Everything whose id lies under ``id``, oldest first; not the thing itself."""
    return [resource for _, resource in world.store.list(KIND, f"{id.rstrip('/').lower()}/")]


def save(world: World, resource: Json) -> None:
    world.store.put(KIND, resource["id"].lower(), resource)


def remove(world: World, id: str) -> None:
    world.store.delete(KIND, id.lower())


def iso(moment: float) -> str:
    """Seconds since the epoch as ARM writes a time."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def system_data(world: World, principal: Principal, existing: Json | None) -> Json:
    """Who made a resource and who changed it last."""
    who, now = principal.client_id or principal.object_id, iso(world.now())
    made = (existing or {}).get("systemData") or {"createdBy": who, "createdByType": "Application", "createdAt": now}
    return {**made, "lastModifiedBy": who, "lastModifiedByType": "Application", "lastModifiedAt": now}
