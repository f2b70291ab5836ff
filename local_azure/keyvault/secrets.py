"""A vault's secrets: versions, deletion with recovery, purging. Knows no HTTP.

Store kind ``secret``, key = vault name and secret name in lower case: {name, versions (oldest first), deleted}.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local_azure.arm.keyvault import SECRETS, by_host, is_purge_protected, retention_days
from local_azure.http import Json, Principal, ServiceError
from local_azure.keyvault import permissions

if TYPE_CHECKING:
    from local_azure.world import World

PURGE_EVENT = "secret-purge"
_DAY = 86400.0


def read_secret(world: World, vault_url: str, name: str, principal: Principal) -> str:
    """The value of a secret, for a service that reads it with an identity of its own.

    Raises:
        ServiceError: 404 VaultNotFound or SecretNotFound, 403 Forbidden; in Key Vault's words.
    """
    host = urlsplit(vault_url if "://" in vault_url else f"https://{vault_url}").hostname or ""
    vault = find_vault(world, host)
    permissions.check(world, vault, principal, permissions.GET, name)
    return str(get(world, vault, name)["value"])


def find_vault(world: World, host: str) -> Json:
    """The vault at a host name.

    Raises:
        ServiceError: 404 VaultNotFound. (On Azure the name would not resolve.)
    """
    vault = by_host(world, host)
    if vault is None:
        raise ServiceError(404, "VaultNotFound", f"There is no vault at https://{host}/: it was never made, is deleted, or is still being made.")
    return vault


def put(world: World, vault: Json, name: str, content: Json) -> Json:
    """Adds a version. ``content``: value, contentType, tags, attributes.

    Raises:
        ServiceError: 409 Conflict (ObjectIsDeletedButRecoverable).
    """
    secret = _load(world, vault, name) or {"name": name, "versions": [], "deleted": None}
    if secret["deleted"]:
        raise ServiceError(
            409,
            "Conflict",
            f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be "
            "recovered or purged.",
            innererror={"code": "ObjectIsDeletedButRecoverable"},
        )
    now = int(world.now())
    attributes = {"enabled": True, **(content.get("attributes") or {}), "created": now, "updated": now}
    version = {"version": uuid.uuid4().hex, "value": content["value"], "attributes": attributes}
    version.update({member: content[member] for member in ("contentType", "tags") if content.get(member) is not None})
    secret["versions"].append(version)
    _save(world, vault, secret)
    return version


def get(world: World, vault: Json, name: str, version: str = "") -> Json:
    """A version, the newest by default, with its value.

    Raises:
        ServiceError: 404 SecretNotFound; 403 for a version that is disabled.
    """
    found = _version(_existing(world, vault, name), name, version)
    if not found["attributes"]["enabled"]:
        raise permissions.forbidden("SecretDisabled", "Operation get is not allowed on a disabled secret.")
    return found


def update(world: World, vault: Json, name: str, version: str, content: Json) -> Json:
    """Changes contentType, tags and attributes of a version, never its value."""
    secret = _existing(world, vault, name)
    found = _version(secret, name, version)
    found.update({member: content[member] for member in ("contentType", "tags") if content.get(member) is not None})
    found["attributes"] = {**found["attributes"], **(content.get("attributes") or {}), "updated": int(world.now())}
    _save(world, vault, secret)
    return found


def versions(world: World, vault: Json, name: str) -> list[Json]:
    return list(_existing(world, vault, name)["versions"])


def names(world: World, vault: Json, *, deleted: bool) -> list[Json]:
    """The secrets that are there, or those that wait for recovery."""
    found = world.store.list(SECRETS, _key(vault, ""))
    return [secret for _, secret in found if bool(secret["deleted"]) is deleted]


def delete(world: World, vault: Json, name: str) -> Json:
    """Puts a secret aside; after the vault's retention it is purged."""
    secret = _existing(world, vault, name)
    purge_at = world.now() + retention_days(vault) * _DAY
    secret["deleted"] = {"deletedDate": int(world.now()), "scheduledPurgeDate": int(purge_at)}
    _save(world, vault, secret)
    world.agenda.at(purge_at, PURGE_EVENT, _key(vault, name))
    return secret


def find_deleted(world: World, vault: Json, name: str) -> Json:
    """Raises ServiceError: 404 SecretNotFound."""
    secret = _load(world, vault, name)
    if secret is None or not secret["deleted"]:
        raise ServiceError(404, "SecretNotFound", f"Deleted Secret not found: {name}")
    return secret


def recover(world: World, vault: Json, name: str) -> Json:
    """Brings a deleted secret back with all its versions; returns the newest."""
    secret = find_deleted(world, vault, name)
    secret["deleted"] = None
    _save(world, vault, secret)
    world.agenda.cancel(PURGE_EVENT, _key(vault, name))
    return dict(secret["versions"][-1])


def purge(world: World, vault: Json, name: str, principal: Principal) -> None:
    """Forgets a deleted secret.

    Raises:
        ServiceError: 404 SecretNotFound, 403 while the vault is protected against purging.
    """
    find_deleted(world, vault, name)
    if is_purge_protected(vault):
        text = (
            'Operation "purge" is not allowed because purge protection is enabled for this vault. '
            "Key Vault service will automatically purge it after the retention period has passed."
        )
        where = f"Caller: {permissions.caller(principal)}\r\nVault: {vault['name']};location={vault['location']}"
        raise permissions.forbidden("ForbiddenByPolicy", f"{text}\r\n{where}")  # the inner code is INFERRED
    purge_due(world, _key(vault, name))
    world.agenda.cancel(PURGE_EVENT, _key(vault, name))


def purge_due(world: World, key: str) -> None:
    """The end of a deleted secret's retention."""
    world.store.delete(SECRETS, key)


def _existing(world: World, vault: Json, name: str) -> Json:
    secret = _load(world, vault, name)
    if secret is None or secret["deleted"]:
        raise _not_found(name)
    return secret


def _version(secret: Json, name: str, version: str) -> Json:
    found: list[Json] = [one for one in secret["versions"] if not version or one["version"] == version.lower()]
    if not found:
        raise _not_found(f"{name}/{version}")
    return found[-1]


def _not_found(name: str) -> ServiceError:
    return ServiceError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using "
        "the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def _key(vault: Json, name: str) -> str:
    return f"{vault['name']}|{name}".lower()


def _load(world: World, vault: Json, name: str) -> Json | None:
    return world.store.get(SECRETS, _key(vault, name))


def _save(world: World, vault: Json, secret: Json) -> None:
    world.store.put(SECRETS, _key(vault, secret["name"]), secret)
