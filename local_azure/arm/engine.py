"""The engine under the table of resource types: PUT, PATCH, GET, DELETE and list, for every row alike."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from local_azure.arm import checks, operations, refusals, resources, states
from local_azure.arm.providers import ROWS
from local_azure.arm.resource_id import ResourceId, pairs, parse
from local_azure.arm.resource_type import Put, ResourceType
from local_azure.http import Call, Json, Reply, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World

CREATED, DELETED = "arm-resource-written", "arm-resource-deleted"


def row_of(type: str) -> ResourceType | None:
    return ROWS.get(type.lower())


def addressed(call: Call) -> tuple[ResourceType, ResourceId]:
    """The row and the id of a request that the generic routes took."""
    id = parse(call.path)
    assert id is not None
    return ROWS[id.type.lower()], id


def get_resource(world: World, call: Call) -> Reply:
    row, id = addressed(call)
    resource = resources.find(world, id.text)
    if resource is None:
        checks.check_scope(world, row, id, "read")
        raise refusals.resource_not_found(id)
    return Reply(200, _shown(world, call, row, resource))


def head_resource(world: World, call: Call) -> Reply:
    return Reply(204 if resources.find(world, call.path) else 404)


def list_resources(world: World, call: Call) -> Reply:
    """Lists by parent, by resource group or by subscription."""
    row, id = addressed(call)
    if id.parent or id.group:
        checks.check_scope(world, row, id, "read")
    found = resources.of_type(world, row.type, under=id.parent or id.scope)
    return Reply(200, {"value": [_shown(world, call, row, resource) for resource in found]})


def put_resource(world: World, call: Call) -> Reply:
    row, id = addressed(call)
    body = call.json()
    checks.check_name(row, id.name)
    scope = checks.check_scope(world, row, id, "write")
    checks.check_members(row, body, call.query["api-version"])
    return _write(world, call, row, canonical(world, row, id, scope), body)


def patch_resource(world: World, call: Call) -> Reply:
    """Merges the body into what exists, then goes the way of a PUT. Tags are replaced as a whole, as ARM does."""
    row, id = addressed(call)
    checks.check_scope(world, row, id, "write")
    existing = resources.find(world, id.text)
    if existing is None:
        raise refusals.resource_not_found(id)
    body = call.json()
    if not row.patch:
        raise refusals.no_such_method("PATCH", row.type)
    for name in body:
        if name not in row.patch:
            raise refusals.unknown_member(name, "ResourcePatch")
    checks.check_members(row, body, call.query["api-version"])
    return _write(world, call, row, parse_known(existing["id"]), _merged(row, existing, body))


def delete_resource(world: World, call: Call) -> Reply:
    row, id = addressed(call)
    existing = resources.find(world, id.text)
    if existing is None:
        if not id.parent or resources.find(world, id.parent):
            checks.check_scope(world, row, id, "delete")
        return Reply(204)
    key = id.key
    locked = row.lock(existing["id"])
    operations.check_unlocked(world, locked)
    row.before_delete(world, key)
    call.effect = f"deleted {existing['id']}"
    seconds = row.delete_seconds(world.settings)
    if seconds <= 0:
        remove(world, existing)
        return Reply(200, _shown(world, call, row, existing) if row.returns_deleted else None)
    states.move(existing, "Deleting", before=existing["properties"]["provisioningState"])
    resources.save(world, existing)
    operation = _start(world, DELETED, call, row, existing, locked, seconds)
    return Reply(202, None, operations.headers(world, operation, location=True))


def canonical(world: World, row: ResourceType, id: ResourceId, scope: str) -> ResourceId:
    """The id as it will be returned: the casing of the scope, the type and the parent that exist."""
    if id.parent:
        parent = resources.find(world, id.parent)
        assert parent is not None
        return parse_known(f"{parent['id']}/{row.path.rpartition('/')[2]}/{id.name}")
    return parse_known(f"{scope}/providers/{row.namespace}{pairs(tuple(row.path.split('/')), id.names)}")


def parse_known(id: str) -> ResourceId:
    found = parse(id)
    assert found is not None
    return found


def _merged(row: ResourceType, existing: Json, patch: Json) -> Json:
    body = {name: copy.deepcopy(existing[name]) for name in row.top_level if name in existing}
    body["properties"] = {name: value for name, value in existing["properties"].items() if name in row.writable}
    body.update({name: value for name, value in patch.items() if name != "properties"})
    body["properties"].update(patch.get("properties") or {})
    return body


def _write(world: World, call: Call, row: ResourceType, id: ResourceId, body: Json) -> Reply:
    existing = resources.find(world, id.text)
    checks.check_required(row, body)
    put = _put(world, call, row, id, body, existing)
    locked = row.lock(id.text)
    operations.check_unlocked(world, locked)
    row.validate(world, put)
    row.begin(world, put)
    seconds = row.create_seconds(world.settings) if existing is None or row.update_seconds is None else row.update_seconds(world.settings)
    status = row.created_status if existing is None else row.updated_status
    call.effect = f"{'created' if existing is None else 'updated'} {id.text}"
    if row.provisioned:
        state = "Succeeded" if seconds <= 0 else row.updating if existing else row.creating
        states.move(put.resource, state, before=existing["properties"]["provisioningState"] if existing else None)
    resources.save(world, put.resource)
    if seconds <= 0:
        row.complete(world, id.key)
        return Reply(status, _shown(world, call, row, resources.find(world, id.text) or put.resource))
    operation = _start(world, CREATED, call, row, put.resource, locked, seconds)
    return Reply(status, _shown(world, call, row, put.resource), operations.headers(world, operation, location=False))


def _put(world: World, call: Call, row: ResourceType, id: ResourceId, body: Json, existing: Json | None) -> Put:
    assert call.principal is not None
    location = checks.check_location(row, id, body, existing)
    properties = body["properties"] = body.get("properties") or {}
    kept = {name: value for name, value in properties.items() if name in row.writable and name not in row.secret and value is not None}
    resource: Json = {"id": id.text, "name": id.name, "type": row.type}
    for name in row.top_level:
        if body.get(name) is not None:
            resource[name] = body[name]
    if location:
        resource["location"] = location
    resource["properties"] = copy.deepcopy(kept)
    resource["systemData"] = resources.system_data(world, call.principal, existing)
    return Put(id.text, id.name, location, body, existing, call.principal, call, resource)


def _start(world: World, event: str, call: Call, row: ResourceType, resource: Json, locked: str, seconds: float) -> Json:
    id = parse_known(resource["id"])
    location = _location(world, id)
    place = f"/subscriptions/{id.subscription}/providers/{row.namespace}/locations/{location}"
    version = call.query.get("api-version", "")
    return operations.start(world, event=event, resource_id=id.text, locked=locked, seconds=seconds, place=place, api_version=version)


def _location(world: World, id: ResourceId) -> str:
    """The region of a resource, or of what it is nested in."""
    resource = resources.find(world, id.text) or {}
    if not resource.get("location") and id.parent:
        return _location(world, parse_known(id.parent))
    return str(resource.get("location") or "global")


def _shown(world: World, call: Call, row: ResourceType, resource: Json) -> Json:
    shown = row.shown(world, resource) if row.shown else resource
    return checks.known_to(row, shown, call.query["api-version"]) if row.since else shown


def remove(world: World, resource: Json) -> None:
    """Takes a resource away, what is nested in it first, and lets the rows know."""
    for nested in reversed(resources.inside(world, resource["id"])):
        if resources.find(world, nested["id"]) is not None:
            remove(world, nested)
    resources.remove(world, resource["id"])
    if row := row_of(resource["type"]):
        row.deleted(world, resource)


def finish_writing(world: World, operation_id: str) -> None:
    """The end of a long PUT: Succeeded, or Failed with the reason that the row's ``complete`` gives."""
    operation = world.store.get(operations.KIND, operation_id)
    if operation is None:
        return
    resource = resources.find(world, operation["resource"])
    if resource is None:
        operations.end(world, operation, refusals.resource_not_found(parse_known(operation["resource"])))
        return
    row = ROWS[resource["type"].lower()]
    before = resource["properties"]["provisioningState"]
    states.move(resource, "Succeeded", before=before)
    resources.save(world, resource)
    try:
        row.complete(world, resource["id"].lower())
    except ServiceError as problem:
        states.move(resource, "Failed", before=before)
        resources.save(world, resource)
        operations.end(world, operation, problem)
        return
    operations.end(world, operation)


def finish_deleting(world: World, operation_id: str) -> None:
    operation = world.store.get(operations.KIND, operation_id)
    if operation is None:
        return
    if resource := resources.find(world, operation["resource"]):
        remove(world, resource)
    operations.end(world, operation)


EVENTS = {CREATED: finish_writing, DELETED: finish_deleting}
