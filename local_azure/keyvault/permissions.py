"""Who may do what with a vault's secrets: by role assignments or by access policies, as the vault is set; and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_azure.arm import access
from local_azure.http import Json, Principal, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World


@dataclass(frozen=True, slots=True)
class Permission:
    """What an operation needs: a data action in the RBAC model, a word in an access policy.

    Source: azure-docs articles/key-vault/general/rbac-guide.md and secrets/about-secrets.md.
    """

    action: str
    policy: str


_SECRETS = "Microsoft.KeyVault/vaults/secrets"

GET = Permission(f"{_SECRETS}/getSecret/action", "get")
SET = Permission(f"{_SECRETS}/setSecret/action", "set")
LIST = Permission(f"{_SECRETS}/readMetadata/action", "list")
UPDATE = Permission(f"{_SECRETS}/update/action", "set")
DELETE = Permission(f"{_SECRETS}/delete", "delete")
GET_DELETED = Permission(f"{_SECRETS}/readMetadata/action", "get")
RECOVER = Permission(f"{_SECRETS}/recover/action", "recover")
PURGE = Permission(f"{_SECRETS}/purge/action", "purge")


def check(world: World, vault: Json, principal: Principal, permission: Permission, secret: str = "") -> None:
    """Refuses what the vault's permission model does not grant.

    Args:
        vault: the ARM resource.
        secret: name of the secret, empty for operations on all of them.

    Raises:
        ServiceError: 403 Forbidden with ForbiddenByRbac or AccessDenied inside.
    """
    if vault["properties"]["enableRbacAuthorization"]:
        _check_roles(world, vault, principal, permission, secret)
    else:
        _check_policies(vault, principal, permission)


def check_network(vault: Json, principal: Principal) -> None:
    """Every request comes from this machine, so a vault that is closed to public networks is closed.

    Raises:
        ServiceError: 403 Forbidden with ForbiddenByConnection or ForbiddenByFirewall inside.
    """
    tail = f"Caller: {caller(principal)}\r\nVault: {_named(vault)}"
    if str(vault["properties"].get("publicNetworkAccess", "")).lower() == "disabled":
        text = "Public network access is disabled and request is not from a trusted service nor via an approved private link."
        raise forbidden("ForbiddenByConnection", f"{text}\r\n{tail}")
    rules = vault["properties"].get("networkAcls") or {}
    if str(rules.get("defaultAction", "Allow")).lower() == "deny":
        text = "Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1"
        raise forbidden("ForbiddenByFirewall", f"{text}\r\n{tail}")


def forbidden(inner: str, text: str) -> ServiceError:
    return ServiceError(403, "Forbidden", text, innererror={"code": inner})


def caller(principal: Principal) -> str:
    return f"appid={principal.client_id};oid={principal.object_id};iss=https://sts.windows.net/{principal.tenant_id}/"


def _check_roles(world: World, vault: Json, principal: Principal, permission: Permission, secret: str) -> None:
    scope = f"{vault['id']}/secrets/{secret}" if secret else str(vault["id"])
    if access.is_allowed(world, principal, permission.action, scope, data=True):
        return
    raise forbidden(
        "ForbiddenByRbac",
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, "
        f"please observe propagation time.\r\nCaller: {caller(principal)}\r\nAction: '{permission.action}'\r\nResource: '{scope.lower()}'\r\n"
        f"Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {_named(vault)}\r\n",
    )


def _check_policies(vault: Json, principal: Principal, permission: Permission) -> None:
    for policy in vault["properties"]["accessPolicies"]:
        granted = {str(word).lower() for word in policy["permissions"].get("secrets") or ()}
        if str(policy["objectId"]).lower() == principal.object_id and granted & {permission.policy, "all"}:
            return
    raise forbidden(
        "AccessDenied",
        f"The user, group or application '{caller(principal)}' does not have secrets {permission.policy} permission on key vault '{_named(vault)}'. "
        "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
    )


def _named(vault: Json) -> str:
    return f"{vault['name']};location={vault['location']}"
