"""Resource groups, and what their deletion takes along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local_azure.arm import checks, engine, operations, refusals, resources
from local_azure.arm.regions import REGIONS, short_name
from local_azure.arm.resource_type import ResourceType
from local_azure.http import Call, Json, Reply, Route, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World

TYPE = "Microsoft.Resources/resourceGroups"
DELETED = "arm-resource-group-deleted"
#: Seconds that the deletion of a group takes beyond that of its slowest resource.
EMPTYING_SECONDS = 0.2

#: Only for the check of bodies: groups have no ``/providers/`` in their ids, so the engine does not serve them.
_ROW = ResourceType(
    type=TYPE,
    api_versions=(),
    name_pattern=r"[\w\-.()]{0,89}[\w\-()]",
    required=("location",),
    top_level=("location", "tags", "managedBy"),
)


def _key(call: Call) -> str:
    return f"/subscriptions/{call.params['subscription']}/resourceGroups/{call.params['group']}"


def _find(world: World, call: Call) -> Json:
    group = resources.find(world, _key(call))
    if group is None:
        raise refusals.group_not_found(call.params["group"])
    return group


def get_resource_group(world: World, call: Call) -> Reply:
    return Reply(200, _find(world, call))


def check_resource_group(world: World, call: Call) -> Reply:
    return Reply(204 if resources.find(world, _key(call)) else 404)


def list_resource_groups(world: World, call: Call) -> Reply:
    return Reply(200, {"value": resources.of_type(world, TYPE, under=f"/subscriptions/{call.params['subscription']}")})


def create_or_update_resource_group(world: World, call: Call) -> Reply:
    body, name = call.json(), call.params["group"]
    checks.check_members(_ROW, body, call.query["api-version"])
    checks.check_required(_ROW, body)
    if not re.fullmatch(_ROW.name_pattern, name):
        text = f"The provided resource group name '{name}' has these invalid characters or a wrong length; it must match '{_ROW.name_pattern}'."
        raise ServiceError(400, "InvalidResourceGroup", text)
    location = short_name(body["location"])
    if location not in REGIONS:
        text = f"The provided location '{body['location']}' is not available for resource group. List of available regions is '{','.join(REGIONS)}'."
        raise ServiceError(400, "LocationNotAvailableForResourceGroup", text)
    existing = resources.find(world, _key(call))
    if existing:
        _check_update(existing, name, location)
    group: Json = {
        "id": existing["id"] if existing else _key(call),
        "name": existing["name"] if existing else name,
        "type": TYPE,
        "location": location,
    }
    group |= {member: body[member] for member in ("tags", "managedBy") if body.get(member) is not None}
    group["properties"] = {"provisioningState": "Succeeded"}
    resources.save(world, group)
    call.effect = f"{'updated' if existing else 'created'} {group['id']}"
    return Reply(200 if existing else 201, group)


def _check_update(existing: Json, name: str, location: str) -> None:
    if existing["properties"]["provisioningState"] == "Deleting":
        raise refusals.group_being_deleted(name)
    if existing["location"] != location:
        text = f"Invalid resource group location '{location}'. The Resource group already exists in location '{existing['location']}'."
        raise ServiceError(409, "InvalidResourceGroupLocation", text)


def update_resource_group(world: World, call: Call) -> Reply:
    """PATCH: tags only."""
    group, body = _find(world, call), call.json()
    for name in body:
        if name not in ("tags", "managedBy", "name", "properties"):
            raise refusals.unknown_member(name, "ResourceGroupPatchable")
    group.update({member: body[member] for member in ("tags", "managedBy") if member in body})
    resources.save(world, group)
    call.effect = f"updated {group['id']}"
    return Reply(200, group)


def list_resources_in_group(world: World, call: Call) -> Reply:
    """The top-level resources, as short entries; ``$filter=resourceType eq '…'`` is understood."""
    return Reply(200, {"value": _entries(world, _find(world, call)["id"], call.query.get("$filter", ""))})


def list_all_resources(world: World, call: Call) -> Reply:
    return Reply(200, {"value": _entries(world, f"/subscriptions/{call.params['subscription']}", call.query.get("$filter", ""))})


_TYPE_FILTER = re.compile(r"\s*resourceType\s+eq\s+'([^']+)'\s*", re.IGNORECASE)


def _entries(world: World, under: str, condition: str) -> list[Json]:
    match = _TYPE_FILTER.fullmatch(condition)
    if condition and not match:
        raise ServiceError(400, "InvalidFilterInQueryString", f"Local Azure does not emulate the filter {condition!r}; it knows resourceType eq '…'.")
    wanted = match.group(1).lower() if match else ""
    members = ("id", "name", "type", "kind", "location", "sku", "identity", "tags")
    return [
        {member: resource[member] for member in members if member in resource}
        for resource in resources.inside(world, under)
        if _is_tracked(resource) and (not wanted or resource["type"].lower() == wanted)
    ]


def _is_tracked(resource: Json) -> bool:
    """A top-level resource of a group: with a location, not nested, not on another resource."""
    return resource["type"].count("/") == 1 and "location" in resource and resource["type"] != TYPE


def delete_resource_group(world: World, call: Call) -> Reply:
    """Answers 202 with ``Location``. A group that holds an account with deployments is rolled back (azure.md section 6)."""
    group = _find(world, call)
    if group["properties"]["provisioningState"] == "Deleting":
        raise refusals.group_being_deleted(group["name"])
    seconds = EMPTYING_SECONDS + max((_seconds(world, each) for each in resources.inside(world, group["id"]) if _is_tracked(each)), default=0.0)
    group["properties"]["provisioningState"] = "Deleting"
    resources.save(world, group)
    operation = operations.start(
        world,
        event=DELETED,
        resource_id=group["id"],
        locked=group["id"],
        seconds=seconds,
        place=f"/subscriptions/{call.params['subscription']}",
        api_version=call.query["api-version"],
    )
    call.effect = f"deleted {group['id']}"
    address = f"{operations.HOST}{operation['place']}/operationresults/{operation['id']}?api-version={operation['apiVersion']}"
    return Reply(202, None, {"Location": address, **operations.retry_after(world)})


def _seconds(world: World, resource: Json) -> float:
    row = engine.row_of(resource["type"])
    return row.delete_seconds(world.settings) if row else 0.0


def finish_deleting_group(world: World, operation_id: str) -> None:
    """Deletes resource by resource; what refuses stays, and so does the group."""
    operation = world.store.get(operations.KIND, operation_id)
    group = resources.find(world, operation["resource"]) if operation else None
    if operation is None or group is None:
        return
    refused = [
        (each["id"], problem) for each in resources.inside(world, group["id"]) if _is_tracked(each) and (problem := _try_to_delete(world, each))
    ]
    if refused:
        group["properties"]["provisioningState"] = "Succeeded"
        resources.save(world, group)
        operations.end(world, operation, _blocked(group["name"], operation_id, refused))
        return
    engine.remove(world, group)
    operations.end(world, operation)


def _try_to_delete(world: World, resource: Json) -> ServiceError | None:
    row = engine.row_of(resource["type"])
    try:
        if row:
            operations.check_unlocked(world, row.lock(resource["id"]))
            row.before_delete(world, resource["id"].lower())
    except ServiceError as problem:
        return problem
    engine.remove(world, resource)
    return None


def _blocked(group: str, tracking: str, refused: list[tuple[str, ServiceError]]) -> ServiceError:
    names = ", ".join(f"'{id.split('/providers/', 1)[1]}'" for id, _ in refused)
    text = (
        f"Deletion of resource group '{group}' failed as resources with identifiers {names} could not be deleted. "
        f"The provisioning state of the resource group will be rolled back. The tracking Id is '{tracking}'. "
        "Please check audit logs for more details."
    )
    details = [{"code": problem.code, "target": id, "message": problem.message} for id, problem in refused]
    return ServiceError(409, "ResourceGroupDeletionBlocked", text, details=details)


EVENTS = {DELETED: finish_deleting_group}

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_ACTION = "Microsoft.Resources/subscriptions/resourceGroups/"

ROUTES = (
    Route("GET", "/subscriptions/{subscription}/resourceGroups", list_resource_groups, _ACTION + "read"),
    Route("GET", "/subscriptions/{subscription}/resources", list_all_resources, "Microsoft.Resources/subscriptions/resources/read"),
    Route("GET", _GROUP, get_resource_group, _ACTION + "read"),
    Route("HEAD", _GROUP, check_resource_group, _ACTION + "read"),
    Route("PUT", _GROUP, create_or_update_resource_group, _ACTION + "write"),
    Route("PATCH", _GROUP, update_resource_group, _ACTION + "write"),
    Route("DELETE", _GROUP, delete_resource_group, _ACTION + "delete"),
    Route("GET", _GROUP + "/resources", list_resources_in_group, "Microsoft.Resources/subscriptions/resourceGroups/resources/read"),
)
