"""Microsoft.Authorization: role assignments on any scope, and the built-in role definitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local_azure.arm import access, refusals, resources
from local_azure.arm.resource_type import Put, ResourceType
from local_azure.arm.role_definitions import BY_GUID, OWNER, ROLE_DEFINITIONS, RoleDefinition
from local_azure.entra import directory
from local_azure.http import Call, Json, Reply, Route, ServiceError
from local_azure.world.identity import stable_guid

if TYPE_CHECKING:
    from local_azure.world import World

TYPE = "Microsoft.Authorization/roleAssignments"

_WRITE = f"{TYPE}/write"
_GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DEFINITION_ID = re.compile(rf"(/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/({_GUID})", re.IGNORECASE)
_FILTERS = {
    "at scope": re.compile(r"atScope\(\)", re.IGNORECASE),
    "principal": re.compile(rf"(?:principalId eq|assignedTo\()\s*'({_GUID})'\)?", re.IGNORECASE),
    "role name": re.compile(r"roleName eq '([^']*)'", re.IGNORECASE),
    "role type": re.compile(r"type eq '([^']*)'", re.IGNORECASE),
}


def plant(world: World) -> None:
    """The sign-in that ``exec`` gives owns each subscription, at once."""
    for subscription in world.identity.subscriptions:
        scope = f"/subscriptions/{subscription}"
        name = stable_guid(f"owner of {subscription}")
        properties = {
            "roleDefinitionId": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{OWNER.guid}",
            "principalId": world.identity.object_id,
            "principalType": "ServicePrincipal",
            "scope": scope,
        }
        id = f"{scope}/providers/{TYPE}/{name}"
        resources.save(world, {"id": id, "name": name, "type": TYPE, "properties": properties})
        access.grant(world, world.identity.object_id, id, scope, OWNER.guid, lag=0)


# -- what PUT checks and does -----------------------------------------------------------------------------------------


def validate_assignment(world: World, put: Put) -> None:
    """The rules of azure.md section 6, in the order in which people meet them."""
    wanted = put.body["properties"]
    if wanted.get("condition"):
        raise ServiceError(400, "NotEmulated", "Local Azure does not emulate conditions of role assignments. See DIFFERENCES.md.")
    role = _definition(str(wanted["roleDefinitionId"]))
    if put.existing:
        _check_unchanged(put.existing["properties"], wanted)
        return
    _check_may_assign(world, put, role)
    scope, principal_id = _scope(put.id), str(wanted["principalId"]).lower()
    if standing := access.standing(world, principal_id, scope, role.guid):
        name = standing.rpartition("/")[2].replace("-", "")
        raise ServiceError(409, "RoleAssignmentExists", f"The role assignment already exists. The ID of the existing role assignment is {name}.")
    _check_principal(world, principal_id, wanted.get("principalType"))


def _check_unchanged(before: Json, wanted: Json) -> None:
    if any(str(before[name]).lower() != str(wanted[name]).lower() for name in ("principalId", "roleDefinitionId")):
        text = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise ServiceError(400, "RoleAssignmentUpdateNotPermitted", text)


def _check_may_assign(world: World, put: Put, role: RoleDefinition) -> None:
    """Some roles let their holder assign certain other roles only."""
    holders = access.granting(world, put.principal, _WRITE, put.id, data=False)
    if not any(not holder.assigns or role.guid in holder.assigns for holder in holders):
        raise refusals.not_authorised(put.principal, _WRITE, put.id)


def _check_principal(world: World, principal_id: str, principal_type: Any) -> None:
    principal, home = directory.find_principal(world, principal_id), world.identity.tenant_id
    if principal is None or principal["tenant_id"] != home:
        raise ServiceError(
            400,
            "PrincipalNotFound",
            f"Principal {principal_id.replace('-', '')} does not exist in the directory {home}. Check that you have the correct principal ID. "
            "If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. "
            "In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        )
    if principal_type and principal_type != principal["type"]:
        raise ServiceError(
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal_id.replace('-', '')}' has type '{principal['type']}' , which is different from specified PrinciaplType "
            f"'{principal_type}'.",
        )


def _definition(role_definition_id: str) -> RoleDefinition:
    """The role of an id. The status of the refusal is INFERRED."""
    match = _DEFINITION_ID.fullmatch(role_definition_id)
    if match is None:
        raise ServiceError(400, "InvalidRoleDefinitionId", f"The role definition ID '{role_definition_id}' is not valid.")
    return _known(match[2], 400)


def _known(guid: str, status: int) -> RoleDefinition:
    if guid.lower() not in BY_GUID:
        raise ServiceError(status, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{guid.replace('-', '')}' does not exist.")
    return BY_GUID[guid.lower()]


def begin_assignment(world: World, put: Put) -> None:
    before, now = (put.existing or {}).get("properties", {}), resources.iso(world.now())
    put.properties.update(
        {
            "scope": _scope(put.id),
            "principalType": before.get("principalType") or put.properties.get("principalType") or "ServicePrincipal",
            "condition": None,
            "conditionVersion": None,
            "createdOn": before.get("createdOn", now),
            "updatedOn": now,
            "createdBy": before.get("createdBy", put.principal.object_id),
            "updatedBy": put.principal.object_id,
        }
    )


def complete_assignment(world: World, id: str) -> None:
    assignment = resources.find(world, id)
    assert assignment is not None
    properties = assignment["properties"]
    role = _definition(properties["roleDefinitionId"])
    access.grant(world, properties["principalId"], id, properties["scope"], role.guid, lag=world.settings.role_lag)


def forget_assignment(world: World, assignment: Json) -> None:
    access.withdraw(world, assignment["properties"]["principalId"], assignment["id"], lag=world.settings.role_lag)


def _scope(assignment_id: str) -> str:
    return assignment_id[: assignment_id.lower().rindex("/providers/microsoft.authorization/")]


# -- lists ------------------------------------------------------------------------------------------------------------


def list_role_assignments(world: World, call: Call) -> Reply:
    """Those on the scope, above it and, without ``atScope()``, below it; ``principalId eq`` and ``assignedTo()`` narrow them down."""
    scope, only_at, principal = f"/{call.params['scope'].lower()}", _asks(call, "at scope"), _filter(call, "principal")
    found = [assignment for assignment in resources.of_type(world, TYPE) if _related(assignment["properties"]["scope"].lower(), scope, only_at)]
    if principal:
        found = [assignment for assignment in found if assignment["properties"]["principalId"].lower() == principal.lower()]
    return Reply(200, {"value": found})


def _related(assigned: str, scope: str, only_at: bool) -> bool:
    above = f"{scope}/".startswith(f"{assigned}/")
    return above or (not only_at and assigned.startswith(f"{scope}/"))


def list_role_definitions(world: World, call: Call) -> Reply:
    """All built-in roles, or those of a name or type by ``$filter``."""
    name, kind = _filter(call, "role name"), _filter(call, "role type")
    found = [role for role in ROLE_DEFINITIONS if not name or role.name.lower() == name.lower()]
    if kind and kind.lower() != "builtinrole":
        found = []
    return Reply(200, {"value": [role.shown(_subscription(call)) for role in found]})


def get_role_definition(world: World, call: Call) -> Reply:
    return Reply(200, _known(call.params["name"], 404).shown(_subscription(call)))


def _asks(call: Call, name: str) -> bool:
    return _FILTERS[name].search(call.query.get("$filter", "")) is not None


def _filter(call: Call, name: str) -> str:
    """The value that ``$filter`` compares with, or an empty string."""
    match = _FILTERS[name].search(call.query.get("$filter", ""))
    return match[1] if match else ""


def _subscription(call: Call) -> str:
    match = re.match(r"subscriptions/([^/]+)", call.params.get("scope", ""), re.IGNORECASE)
    return match[1] if match else ""


TYPES = (
    ResourceType(
        type=TYPE,
        api_versions=(
            "2015-07-01",
            "2018-01-01-preview",
            "2018-09-01-preview",
            "2020-04-01-preview",
            "2020-08-01-preview",
            "2020-10-01-preview",
            "2022-04-01",
        ),
        name_pattern=_GUID,
        writable=(
            "roleDefinitionId",
            "principalId",
            "principalType",
            "condition",
            "conditionVersion",
            "delegatedManagedIdentityResourceId",
            "description",
        ),
        read_only=("scope", "createdOn", "updatedOn", "createdBy", "updatedBy"),
        required=("properties.roleDefinitionId", "properties.principalId"),
        top_level=(),
        patch=(),
        scope="extension",
        provisioned=False,
        listed=False,
        returns_deleted=True,
        validate=validate_assignment,
        begin=begin_assignment,
        complete=complete_assignment,
        deleted=forget_assignment,
    ),
)

_DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"

ROUTES: tuple[Route, ...] = (
    Route("GET", f"/{{scope:path}}/providers/{TYPE}", list_role_assignments, f"{TYPE}/read"),
    Route("GET", f"/{{scope:path}}/{_DEFINITIONS}", list_role_definitions, "Microsoft.Authorization/roleDefinitions/read"),
    Route("GET", f"/{{scope:path}}/{_DEFINITIONS}/{{name}}", get_role_definition, "Microsoft.Authorization/roleDefinitions/read"),
    Route("GET", f"/{_DEFINITIONS}", list_role_definitions),
    Route("GET", f"/{_DEFINITIONS}/{{name}}", get_role_definition),
)
