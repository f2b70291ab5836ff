"""Microsoft.Storage: accounts for blobs, and their containers.

Store kind ``storage-name``: account name → id of the account that has it now; names are unique in all of Azure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm import resources
from local_azure.arm.resource_id import segment_after
from local_azure.arm.resource_type import AT_ONCE, Put, ResourceType
from local_azure.http import Json, Route, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World

TYPE = "Microsoft.Storage/storageAccounts"
CONTAINER_TYPE = f"{TYPE}/blobServices/containers"
DOMAIN = ".blob.core.windows.net"
BLOBS = "storage-blob"

_NAMES = "storage-name"
_SKUS = (
    *("Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS"),
    *("Premium_LRS", "Premium_ZRS", "StandardV2_LRS", "StandardV2_GRS", "StandardV2_ZRS", "StandardV2_GZRS"),
)
#: Kinds that serve block blobs.
_KINDS = ("StorageV2", "BlobStorage", "BlockBlobStorage", "Storage")
_API_VERSIONS = ("2022-09-01", "2023-01-01", "2023-04-01", "2023-05-01", "2024-01-01", "2025-01-01", "2025-06-01", "2025-08-01")
#: How long a container's public access is written.
_PUBLIC = ("None", "Blob", "Container")


def by_host(world: World, host: str) -> Json | None:
    """The account that answers at a host name, or None while there is none."""
    holder = world.store.get(_NAMES, host.lower().removesuffix(DOMAIN))
    account = resources.find(world, holder["id"]) if holder else None
    return account if account and account["properties"]["provisioningState"] == "Succeeded" else None


def container_id(account: Json, name: str) -> str:
    return f"{account['id']}/blobServices/default/containers/{name}"


def validate_account(world: World, put: Put) -> None:
    sku, kind = str((put.body["sku"] or {}).get("name")), put.body["kind"]
    if sku not in _SKUS:
        raise ServiceError(400, "InvalidAccountSku", f"The sku {sku} is not valid: it is one of {', '.join(_SKUS)}.")  # INFERRED code
    if kind not in _KINDS:
        raise ServiceError(400, "InvalidAccountKind", f"The kind {kind} is not valid: it is one of {', '.join(_KINDS)}.")  # INFERRED code
    if put.existing is None and world.store.get(_NAMES, put.name):
        raise ServiceError(409, "StorageAccountAlreadyTaken", f"The storage account named {put.name} is already taken.")


def begin_account(world: World, put: Put) -> None:
    before = (put.existing or {}).get("properties", {})
    world.store.put(_NAMES, put.name, {"id": put.id})
    defaults = {
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": True,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "publicNetworkAccess": "Enabled",
        "creationTime": resources.iso(world.now()),
    }
    kept = {name: before[name] for name in defaults if name in before}
    fixed = {
        "primaryLocation": put.location,
        "statusOfPrimary": "available",
        "primaryEndpoints": {"blob": f"https://{put.name}{DOMAIN}/"},
    }
    put.resource["properties"] = {**defaults, **kept, **put.properties, **fixed}


def open_blob_service(world: World, id: str) -> None:
    """Every account has one, which nobody makes."""
    account = resources.find(world, id)
    assert account is not None
    service = f"{account['id']}/blobServices/default"
    if resources.find(world, service) is None:
        properties = {"deleteRetentionPolicy": {"enabled": False}, "isVersioningEnabled": False}
        resources.save(world, {"id": service, "name": "default", "type": f"{TYPE}/blobServices", "properties": properties})


def forget_account(world: World, account: Json) -> None:
    world.store.delete(_NAMES, account["name"])
    _forget_blobs(world, f"{account['name']}/")


def validate_container(world: World, put: Put) -> None:
    access = put.body["properties"].get("publicAccess", "None")
    if access not in _PUBLIC:
        raise ServiceError(400, "InvalidRequestPropertyValue", f"The value '{access}' is not allowed for property publicAccess.")
    if access != "None" and not _account_of(world, put.id)["properties"]["allowBlobPublicAccess"]:
        raise ServiceError(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")


def begin_container(world: World, put: Put) -> None:
    put.resource["properties"] = {"publicAccess": "None", **put.properties, "lastModifiedTime": resources.iso(world.now())}


def forget_container(world: World, container: Json) -> None:
    _forget_blobs(world, f"{segment_after(container['id'], 'storageaccounts')}/{container['name']}/")


def _account_of(world: World, id: str) -> Json:
    account = resources.find(world, id.lower().partition("/blobservices/")[0])
    assert account is not None
    return account


def _forget_blobs(world: World, prefix: str) -> None:
    for key, _ in world.store.list(BLOBS, prefix):
        world.store.delete(BLOBS, key)
        world.store.delete_blob(BLOBS, key)


STORAGE_ACCOUNTS = ResourceType(
    type=TYPE,
    api_versions=_API_VERSIONS,
    name_pattern="[a-z0-9]{3,24}",
    top_level=("location", "tags", "sku", "kind", "identity"),
    writable=(
        "accessTier",
        "allowBlobPublicAccess",
        "allowCrossTenantReplication",
        "allowSharedKeyAccess",
        "defaultToOAuthAuthentication",
        "minimumTlsVersion",
        "publicNetworkAccess",
        "supportsHttpsTrafficOnly",
    ),
    read_only=(
        "accountMigrationInProgress",
        "blobRestoreStatus",
        "creationTime",
        "failoverInProgress",
        "geoReplicationStats",
        "isSkuConversionBlocked",
        "keyCreationTime",
        "lastGeoFailoverTime",
        "primaryEndpoints",
        "primaryLocation",
        "privateEndpointConnections",
        "secondaryEndpoints",
        "secondaryLocation",
        "statusOfPrimary",
        "statusOfSecondary",
        "storageAccountSkuConversionStatus",
    ),
    not_emulated=(
        "allowedCopyScope",
        "azureFilesIdentityBasedAuthentication",
        "customDomain",
        "dnsEndpointType",
        "enableExtendedGroups",
        "encryption",
        "immutableStorageWithVersioning",
        "isHnsEnabled",
        "isLocalUserEnabled",
        "isNfsV3Enabled",
        "isSftpEnabled",
        "keyPolicy",
        "largeFileSharesState",
        "networkAcls",
        "routingPreference",
        "sasPolicy",
    ),
    required=("location", "sku", "kind"),
    patch=("tags", "properties"),
    create_seconds=lambda settings: settings.storage_create,
    update_seconds=AT_ONCE,
    created_status=202,
    validate=validate_account,
    begin=begin_account,
    complete=open_blob_service,
    deleted=forget_account,
)

BLOB_SERVICES = ResourceType(
    type=f"{TYPE}/blobServices",
    api_versions=_API_VERSIONS,
    name_pattern="default",
    top_level=(),
    writable=("deleteRetentionPolicy", "isVersioningEnabled"),
    not_emulated=(
        "automaticSnapshotPolicyEnabled",
        "changeFeed",
        "containerDeleteRetentionPolicy",
        "cors",
        "defaultServiceVersion",
        "lastAccessTimeTrackingPolicy",
        "restorePolicy",
    ),
    patch=(),
    provisioned=False,
    created_status=200,
)

CONTAINERS = ResourceType(
    type=CONTAINER_TYPE,
    api_versions=_API_VERSIONS,
    name_pattern="[a-z0-9](-?[a-z0-9]){2,62}",
    top_level=(),
    writable=("publicAccess", "metadata"),
    read_only=(
        "deleted",
        "deletedTime",
        "hasImmutabilityPolicy",
        "hasLegalHold",
        "immutabilityPolicy",
        "lastModifiedTime",
        "leaseDuration",
        "leaseState",
        "leaseStatus",
        "legalHold",
        "remainingRetentionDays",
        "version",
    ),
    not_emulated=(
        "defaultEncryptionScope",
        "denyEncryptionScopeOverride",
        "enableNfsV3AllSquash",
        "enableNfsV3RootSquash",
        "immutableStorageWithVersioning",
    ),
    patch=("properties",),
    provisioned=False,
    validate=validate_container,
    begin=begin_container,
    deleted=forget_container,
)

TYPES = (STORAGE_ACCOUNTS, BLOB_SERVICES, CONTAINERS)
ROUTES: tuple[Route, ...] = ()
