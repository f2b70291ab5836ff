"""Microsoft.ManagedIdentity: user-assigned identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm.resource_type import Put, ResourceType
from local_azure.entra import directory
from local_azure.http import Json, Route

if TYPE_CHECKING:
    from local_azure.world import World


def begin_identity(world: World, put: Put) -> None:
    """A new identity gets its principal, which others see in the directory after a lag."""
    if put.existing:
        put.properties.update(put.existing["properties"])
        return
    tenant = world.identity.tenant_id
    object_id = directory.add_managed_identity(world, put.id, tenant)
    principal = world.store.get("principal", object_id) or {}
    put.properties.update({"tenantId": tenant, "principalId": object_id, "clientId": principal.get("client_id", "")})


def forget_identity(world: World, identity: Json) -> None:
    directory.remove_principal(world, identity["properties"]["principalId"])


TYPES = (
    ResourceType(
        type="Microsoft.ManagedIdentity/userAssignedIdentities",
        api_versions=("2018-11-30", "2022-01-31-preview", "2023-01-31", "2023-07-31-preview", "2024-11-30"),
        name_pattern="[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}",
        writable=("isolationScope",),
        read_only=("tenantId", "principalId", "clientId"),
        required=("location",),
        provisioned=False,
        begin=begin_identity,
        deleted=forget_identity,
    ),
)
ROUTES: tuple[Route, ...] = ()
