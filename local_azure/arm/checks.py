"""What the engine asks of every request before a provider's own rules: version, members, name, location, parents."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from local_azure.arm import refusals, resources
from local_azure.arm.regions import REGIONS, short_name
from local_azure.arm.resource_id import ResourceId
from local_azure.arm.resource_type import ResourceType
from local_azure.http import Call, Json

if TYPE_CHECKING:
    from local_azure.world import World

#: Accepted beside ``properties`` on every PUT, because clients send back what they read.
_READ_BACK = ("id", "name", "type", "systemData", "etag", "properties")

_VERSION = re.compile(r"\d{4}-\d\d-\d\d(-preview)?")


def check_version(call: Call, versions: tuple[str, ...], type: ResourceType | None) -> None:
    """Refuses a missing or unknown ``api-version``.

    Raises:
        ServiceError: 400 or 404, in ARM's words, with the supported versions.
    """
    version = call.query.get("api-version")
    if not version:
        raise refusals.missing_api_version()
    if version in versions:
        return
    if type is None or not _VERSION.fullmatch(version):
        raise refusals.invalid_api_version(version, versions)
    if call.method == "PUT":
        raise refusals.no_registered_provider(str(call.json().get("location", "")), version, type.path, versions, type.regions or REGIONS)
    raise refusals.invalid_resource_type(type.path, type.namespace, version, versions)


def check_members(row: ResourceType, body: Json, version: str) -> None:
    """Refuses members that the type (at this version) does not know, and values that are not objects where objects belong.

    Raises:
        ServiceError: 400 InvalidRequestContent.
    """
    if not isinstance(body.get("properties") or {}, dict):
        raise refusals.wrong_kind("properties", "an object")
    if not isinstance(tags := body.get("tags") or {}, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise refusals.wrong_kind("tags", "an object of strings")
    for name in row.not_emulated:
        if (body.get("properties") or {}).get(name):
            raise refusals.not_emulated(f"properties.{name}", row.type)
    for path, allowed in _members(row):
        value = _at(body, path)
        if value is not None and not isinstance(value, dict):
            raise refusals.wrong_kind(path, "an object")
        for name in value or {}:
            full = f"{path}.{name}" if path else name
            if name not in allowed or _too_new(row.since, full, version):
                raise refusals.unknown_member(full, f"{row.type.rpartition('/')[2]}.{path}" if path else "ResourceDefinition")


def check_required(row: ResourceType, body: Json) -> None:
    """Refuses a body that lacks what the type needs.

    Raises:
        ServiceError: 400 InvalidRequestContent or LocationRequired.
    """
    for path in row.required:
        if _at(body, path) in (None, ""):
            raise refusals.missing_member(path)


def known_to(row: ResourceType, resource: Json, version: str) -> Json:
    """The resource as an api-version shows it: without the members that came later."""
    newer = [path for path in row.since if _too_new(row.since, path, version) and _at(resource, path) is not None]
    if not newer:
        return resource
    shown = copy.deepcopy(resource)
    for path in newer:
        holder, _, name = path.rpartition(".")
        _at(shown, holder).pop(name)
    return shown


def _members(row: ResourceType) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "", (*row.top_level, *_READ_BACK)
    yield "properties", (*row.writable, *row.read_only, *row.not_emulated, *(("provisioningState",) if row.provisioned else ()))
    yield from row.members.items()


def _too_new(since: Mapping[str, str], path: str, version: str) -> bool:
    """Dates compare as text; "-preview" does not matter, since previews come first."""
    return path in since and version[:10] < since[path]


def _at(body: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        if not isinstance(body, dict):
            return None
        body = body.get(step)
    return body


def check_name(row: ResourceType, name: str) -> None:
    if not re.fullmatch(row.name_pattern, name):
        raise refusals.invalid_name(name, row.type, row.name_pattern)


def check_location(row: ResourceType, id: ResourceId, body: Json, existing: Json | None) -> str:
    """The short name of the region, or "" for a type without one.

    Raises:
        ServiceError: 400 LocationNotAvailableForResourceType, 409 InvalidResourceLocation.
    """
    if "location" not in row.top_level:
        return ""
    sent = body.get("location")
    location = short_name(str(sent)) if sent else str((existing or {}).get("location", ""))
    regions = row.regions or tuple(REGIONS)
    if location and location not in regions:
        raise refusals.location_not_available(str(sent), row.type, regions)
    if existing and location != existing["location"]:
        raise refusals.other_location(id, existing["location"], location)
    return location


def check_scope(world: World, row: ResourceType, id: ResourceId, verb: str) -> str:
    """Sees that what the resource stands in exists; returns the canonical scope, in the casing of what is there.

    Raises:
        ServiceError: 404 ResourceGroupNotFound, ParentResourceNotFound or ResourceNotFound; 409 ResourceGroupBeingDeleted.
    """
    scope = id.scope
    if id.group:
        scope = check_group(world, id, writing=verb != "read") + scope[len(f"/subscriptions/{id.subscription}/resourceGroups/{id.group}") :]
    if row.scope == "extension" and "/providers/" in scope.lower() and resources.find(world, scope) is None:
        raise refusals.parent_not_found(verb, row.path, scope)
    if id.parent and resources.find(world, id.parent) is None:
        raise refusals.parent_not_found(verb, row.path, id.parent)
    return scope


def check_group(world: World, id: ResourceId, *, writing: bool) -> str:
    group = resources.find(world, f"/subscriptions/{id.subscription}/resourceGroups/{id.group}")
    if group is None:
        raise refusals.group_not_found(id.group)
    if writing and group["properties"]["provisioningState"] == "Deleting":
        raise refusals.group_being_deleted(id.group)
    return str(group["id"])
