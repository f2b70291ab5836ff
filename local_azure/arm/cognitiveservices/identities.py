"""The managed identities of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm import access, refusals, resources
from local_azure.arm.cognitiveservices import problems
from local_azure.arm.resource_type import Put
from local_azure.entra import directory
from local_azure.http import Json

if TYPE_CHECKING:
    from local_azure.world import World

#: identity.type → (system-assigned, user-assigned)
_TYPES = {
    "none": (False, False),
    "systemassigned": (True, False),
    "userassigned": (False, True),
    "systemassigned,userassigned": (True, True),
}
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def _kinds(identity: Json) -> tuple[bool, bool] | None:
    return _TYPES.get(str(identity.get("type", "")).replace(" ", "").lower())


def check_identity(world: World, put: Put) -> None:
    """Refuses unknown identity types and user-assigned identities that are absent or that the caller may not assign."""
    identity = put.resource.get("identity")
    if identity is None:
        return
    kinds = _kinds(identity)
    if kinds is None:
        raise problems.unknown_identity_type(str(identity.get("type")))
    assigned = identity.get("userAssignedIdentities") or {}
    if kinds[1] != bool(assigned):
        raise problems.unknown_identity_type(f"{identity['type']} with {len(assigned)} userAssignedIdentities")
    for id in assigned:
        if resources.find(world, id) is None:
            raise problems.no_such_identity(id)
        if not access.is_allowed(world, put.principal, _ASSIGN, id, data=False):
            raise refusals.link_not_authorised(put.principal, "Microsoft.CognitiveServices/accounts/write", put.id, _ASSIGN, id)


def give_identity(world: World, put: Put) -> None:
    """Fills in principal ids: a system-assigned principal is made once and goes when the identity is taken away."""
    before = ((put.existing or {}).get("identity") or put.resource.get("identity") or {}).get("principalId")
    identity = put.resource.get("identity") or {"type": "None"}
    system, user = _kinds(identity) or (False, False)
    if before and (not system or world.store.get("principal", before) is None):
        directory.remove_principal(world, before)
        before = None
    if not system and not user:
        put.resource.pop("identity", None)
        return
    filled: Json = {"type": identity["type"]}
    if system:
        tenant = world.identity.tenant_id
        filled |= {"principalId": before or directory.add_managed_identity(world, put.id, tenant), "tenantId": tenant}
    if user:
        filled["userAssignedIdentities"] = {id: _ids(world, id) for id in identity["userAssignedIdentities"]}
    put.resource["identity"] = filled


def _ids(world: World, id: str) -> Json:
    properties = (resources.find(world, id) or {"properties": {}})["properties"]
    return {name: properties.get(name) for name in ("principalId", "clientId")}
