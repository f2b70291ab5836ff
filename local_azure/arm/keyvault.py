"""Microsoft.KeyVault: vaults, their access policies, and what stays of a vault after its deletion.

Store kinds: ``vault-name`` (name → id of the vault that has it now), ``deleted-vault`` by name, ``secret`` by vault and secret name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local_azure.arm import resources
from local_azure.arm.resource_id import segment_after
from local_azure.arm.resource_type import AT_ONCE, Put, ResourceType
from local_azure.http import Call, Json, Reply, Route, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World

TYPE = "Microsoft.KeyVault/vaults"
DOMAIN = ".vault.azure.net"
SECRETS = "secret"

_NAMES, _DELETED = "vault-name", "deleted-vault"
_PURGE_EVENT = "vault-purge"
_DAY = 86400.0
#: From this api-version on a vault is made for RBAC unless it says otherwise (azure.md section 1.3).
_RBAC_BY_DEFAULT = "2026-02-01"
_SOFT_DELETE_LINK = "https://go.microsoft.com/fwlink/?linkid=2149745"


def by_host(world: World, host: str) -> Json | None:
    """The vault that answers at a host name, or None while there is none (unknown, deleted, or its name not yet registered)."""
    name = host.lower().removesuffix(DOMAIN)
    holder = world.store.get(_NAMES, name)
    vault = resources.find(world, holder["id"]) if holder else None
    return vault if vault and vault["properties"]["provisioningState"] != "RegisteringDns" else None


def retention_days(vault: Json) -> int:
    return int(vault["properties"]["softDeleteRetentionInDays"])


def is_purge_protected(vault: Json) -> bool:
    return bool(vault["properties"].get("enablePurgeProtection"))


# -- what PUT checks and does -----------------------------------------------------------------------------------------


def validate_vault(world: World, put: Put) -> None:
    wanted, before = put.body["properties"], (put.existing or {}).get("properties", {})
    _check_name(put.name)
    _check_sku(wanted["sku"])
    _check_protection(wanted, before)
    if put.existing is None:
        _check_name_is_free(world, put)
    uses_policies = not wanted.get("enableRbacAuthorization", before.get("enableRbacAuthorization", _rbac_by_default(put)))
    if uses_policies and not _recovers(put) and wanted.get("accessPolicies") is None:
        raise _bad_request("The parameter accessPolicies is not specified.")  # INFERRED wording
    _check_policies(wanted.get("accessPolicies") or [])


def _check_name(name: str) -> None:
    if not _is_name(name):
        raise ServiceError(400, "VaultNameNotValid", _name_rule(name))


def _is_name(name: str) -> bool:
    return re.fullmatch(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]", name) is not None


def _name_rule(name: str) -> str:
    return (
        f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, "
        "end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742"
    )


def _check_sku(sku: Json) -> None:
    if sku.get("family") != "A" or str(sku.get("name", "")).lower() not in ("standard", "premium"):
        raise _bad_request(f"The sku {sku.get('family')} {sku.get('name')} is not valid: the family is A, the name standard or premium.")


def _check_protection(wanted: Json, before: Json) -> None:
    """Protection goes one way only."""
    if wanted.get("enablePurgeProtection") is False:
        raise _bad_request(
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.'
        )
    if wanted.get("enableSoftDelete") is False:  # INFERRED for new vaults, which cannot opt out since 2025
        raise _bad_request(
            'The property "enableSoftDelete" can be set to false only for creating new vault. '
            "Enabling the 'soft delete' functionality is an irreversible action."
        )
    days = wanted.get("softDeleteRetentionInDays")
    if days is not None and not (isinstance(days, int) and 7 <= days <= 90):
        raise _bad_request('The property "softDeleteRetentionInDays" must be between 7 and 90.')
    if days is not None and before and days != before["softDeleteRetentionInDays"]:
        raise _bad_request('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.')


def _check_name_is_free(world: World, put: Put) -> None:
    deleted = world.store.get(_DELETED, put.name.lower())
    if _recovers(put):
        if deleted is None or deleted["id"].lower() != put.id.lower() or deleted["location"] != put.location:
            raise ServiceError(
                404,
                "SoftDeletedVaultDoesNotExist",
                "A soft deleted vault with the given name does not exist. Ensure that the name for the vault that is being attempted to "
                "recover is in a recoverable state. For more information on soft delete please follow this link "
                f"{_SOFT_DELETE_LINK}",
            )
        return
    if deleted and _subscription(deleted["id"]) == _subscription(put.id):
        raise ServiceError(
            409,
            "ConflictError",
            "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. "
            f"Follow this link {_SOFT_DELETE_LINK} for more information on soft delete.",
        )
    if deleted or world.store.get(_NAMES, put.name.lower()):
        raise ServiceError(409, "VaultAlreadyExists", _taken(put.name))


def _taken(name: str) -> str:
    return (
        f"The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you "
        "are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after "
        "being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. "
        "For more information about VaultAlreadyExists, soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."
    )


def _check_policies(policies: list[Json]) -> None:
    for policy in policies:
        for name in ("tenantId", "objectId", "permissions"):
            if not policy.get(name):
                raise _bad_request(f"An access policy entry is invalid: {name} is missing.")


def begin_vault(world: World, put: Put) -> None:
    """Completes the properties; a recovered vault comes back as it was."""
    world.store.put(_NAMES, put.name.lower(), {"id": put.id})
    if put.existing is None and _recovers(put):
        before = world.store.get(_DELETED, put.name.lower()) or {}
        world.store.delete(_DELETED, put.name.lower())
        world.agenda.cancel(_PURGE_EVENT, put.name.lower())
        put.resource.update({name: before[name] for name in ("properties", "tags") if name in before})
        return
    before = (put.existing or {}).get("properties", {})
    defaults = {
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": _rbac_by_default(put),
        "publicNetworkAccess": "Enabled",
        "vaultUri": f"https://{put.name.lower()}{DOMAIN}/",
    }
    kept = {name: before[name] for name in (*defaults, "enablePurgeProtection") if name in before}
    put.resource["properties"] = {**defaults, **kept, **put.properties, "vaultUri": defaults["vaultUri"]}


def _rbac_by_default(put: Put) -> bool:
    return put.api_version[:10] >= _RBAC_BY_DEFAULT


def _recovers(put: Put) -> bool:
    return str(put.body["properties"].get("createMode", "default")).lower() == "recover"


def _subscription(id: str) -> str:
    return segment_after(id, "subscriptions").lower()


def _bad_request(text: str) -> ServiceError:
    return ServiceError(400, "BadRequest", text)


# -- after the deletion -----------------------------------------------------------------------------------------------


def keep_deleted(world: World, vault: Json) -> None:
    """A deleted vault waits, secrets and all, to be recovered or purged; its role assignments are gone for good."""
    name, purge_at = vault["name"].lower(), world.now() + retention_days(vault) * _DAY
    world.store.delete(_NAMES, name)
    world.store.put(_DELETED, name, {**vault, "deletionDate": world.now(), "scheduledPurgeDate": purge_at})
    world.agenda.at(purge_at, _PURGE_EVENT, name)


def purge_vault(world: World, name: str) -> None:
    """Forgets a deleted vault and its secrets."""
    if world.store.delete(_DELETED, name):
        for key, _ in world.store.list(SECRETS, f"{name}|"):
            world.store.delete(SECRETS, key)


def list_deleted_vaults(world: World, call: Call) -> Reply:
    subscription = call.params["subscription"].lower()
    found = [vault for _, vault in world.store.list(_DELETED) if _subscription(vault["id"]) == subscription]
    return Reply(200, {"value": [_shown_deleted(vault) for vault in found]})


def get_deleted_vault(world: World, call: Call) -> Reply:
    return Reply(200, _shown_deleted(_find_deleted(world, call)))


def purge_deleted_vault(world: World, call: Call) -> Reply:
    vault = _find_deleted(world, call)
    if is_purge_protected(vault):
        raise ServiceError(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
    purge_vault(world, vault["name"].lower())
    world.agenda.cancel(_PURGE_EVENT, vault["name"].lower())
    call.effect = f"purged {vault['id']}"
    return Reply(200)


def _find_deleted(world: World, call: Call) -> Json:
    name, location = call.params["name"], call.params["location"].lower()
    vault = world.store.get(_DELETED, name.lower())
    if vault is None or vault["location"] != location or _subscription(vault["id"]) != call.params["subscription"].lower():
        raise ServiceError(404, "DeletedVaultNotFound", f"The specified deleted vault '{name}' does not exist.")  # INFERRED code
    return vault


def _shown_deleted(vault: Json) -> Json:
    place = f"/subscriptions/{segment_after(vault['id'], 'subscriptions')}/providers/Microsoft.KeyVault/locations/{vault['location']}"
    properties = {
        "vaultId": vault["id"],
        "location": vault["location"],
        "tags": vault.get("tags", {}),
        "deletionDate": resources.iso(vault["deletionDate"]),
        "scheduledPurgeDate": resources.iso(vault["scheduledPurgeDate"]),
    }
    if is_purge_protected(vault):
        properties["purgeProtectionEnabled"] = True
    return {
        "id": f"{place}/deletedVaults/{vault['name']}",
        "name": vault["name"],
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": properties,
    }


# -- operations beside the table --------------------------------------------------------------------------------------


def check_name_availability(world: World, call: Call) -> Reply:
    name = str(call.json().get("name", ""))
    if not _is_name(name):
        return Reply(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": _name_rule(name)})
    if world.store.get(_NAMES, name.lower()) or world.store.get(_DELETED, name.lower()):
        return Reply(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": _taken(name)})
    return Reply(200, {"nameAvailable": True})


def update_access_policies(world: World, call: Call) -> Reply:
    """``PUT …/accessPolicies/add|remove|replace``: merges permissions, takes them away, or sets the list anew."""
    verb = call.params["verb"].lower()
    vault = resources.find(world, call.path.rsplit("/", 2)[0])
    if vault is None:
        raise ServiceError(404, "VaultNotFound", f"The specified vault '{call.params['vault']}' could not be found.")  # INFERRED wording
    if verb not in _POLICY_VERBS:
        raise _bad_request(f"The access policy operation '{verb}' is not valid: it is add, remove or replace.")
    entries: list[Json] = (call.json().get("properties") or {}).get("accessPolicies") or []
    _check_policies(entries)
    vault["properties"]["accessPolicies"] = _POLICY_VERBS[verb](vault["properties"]["accessPolicies"], entries)
    resources.save(world, vault)
    call.effect = f"updated {vault['id']}"
    shown = {"accessPolicies": vault["properties"]["accessPolicies"]}
    return Reply(200, {"id": f"{vault['id']}/accessPolicies/", "type": f"{TYPE}/accessPolicies", "location": vault["location"], "properties": shown})


def _added(policies: list[Json], entries: list[Json]) -> list[Json]:
    merged = {_who(policy): policy for policy in policies}
    for entry in entries:
        before = merged.get(_who(entry), {}).get("permissions", {})
        kinds = {**before, **entry["permissions"]}
        permissions = {kind: _union(before.get(kind), entry["permissions"].get(kind)) for kind in kinds}
        merged[_who(entry)] = {**entry, "permissions": permissions}
    return list(merged.values())


def _removed(policies: list[Json], entries: list[Json]) -> list[Json]:
    gone, found = {_who(entry): entry["permissions"] for entry in entries}, []
    for policy in policies:
        less = gone.get(_who(policy), {})
        permissions = {kind: [verb for verb in verbs if verb not in (less.get(kind) or ())] for kind, verbs in policy["permissions"].items()}
        if any(permissions.values()):
            found.append({**policy, "permissions": permissions})
    return found


def _union(first: Any, second: Any) -> list[str]:
    return list(dict.fromkeys([*(first or ()), *(second or ())]))


def _who(policy: Json) -> tuple[str, str]:
    return str(policy["objectId"]).lower(), str(policy.get("applicationId") or "").lower()


def _replaced(policies: list[Json], entries: list[Json]) -> list[Json]:
    return entries


_POLICY_VERBS: dict[str, Callable[[list[Json], list[Json]], list[Json]]] = {"add": _added, "remove": _removed, "replace": _replaced}

EVENTS = {_PURGE_EVENT: purge_vault}

TYPES = (
    ResourceType(
        type=TYPE,
        api_versions=(
            "2021-10-01",
            "2022-07-01",
            "2023-02-01",
            "2023-07-01",
            "2024-11-01",
            "2025-05-01",
            "2026-02-01",
            "2026-03-01-preview",
            "2026-04-01",
            "2026-04-01-preview",
            "2026-05-15",
        ),
        name_pattern=".+",  # the rule and its words are the provider's own: validate_vault
        writable=(
            "tenantId",
            "sku",
            "accessPolicies",
            "vaultUri",
            "enabledForDeployment",
            "enabledForDiskEncryption",
            "enabledForTemplateDeployment",
            "enableSoftDelete",
            "softDeleteRetentionInDays",
            "enableRbacAuthorization",
            "createMode",
            "enablePurgeProtection",
            "networkAcls",
            "publicNetworkAccess",
        ),
        secret=("createMode",),
        read_only=("hsmPoolResourceId", "privateEndpointConnections"),
        required=("location", "properties.tenantId", "properties.sku"),
        members={
            "properties.sku": ("family", "name"),
            "properties.networkAcls": ("bypass", "defaultAction", "ipRules", "virtualNetworkRules"),
        },
        patch=("tags", "properties"),
        creating="RegisteringDns",
        create_seconds=lambda settings: settings.vault_create,
        update_seconds=AT_ONCE,
        created_status=200,
        validate=validate_vault,
        begin=begin_vault,
        deleted=keep_deleted,
    ),
)

_PROVIDER = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
_DELETED_VAULT = f"{_PROVIDER}/locations/{{location}}/deletedVaults/{{name}}"
_POLICIES = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{vault}/accessPolicies/{verb}"

ROUTES: tuple[Route, ...] = (
    Route("POST", f"{_PROVIDER}/checkNameAvailability", check_name_availability, "Microsoft.KeyVault/checkNameAvailability/read"),
    Route("GET", f"{_PROVIDER}/deletedVaults", list_deleted_vaults, "Microsoft.KeyVault/deletedVaults/read"),
    Route("GET", _DELETED_VAULT, get_deleted_vault, "Microsoft.KeyVault/locations/deletedVaults/read"),
    Route("POST", f"{_DELETED_VAULT}/purge", purge_deleted_vault, "Microsoft.KeyVault/locations/deletedVaults/purge/action"),
    Route("PUT", _POLICIES, update_access_policies, "Microsoft.KeyVault/vaults/accessPolicies/write"),
)
