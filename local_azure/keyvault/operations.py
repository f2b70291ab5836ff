"""The secret operations of the data plane: what clients send, and the bundles that they get back.

The table at the end names for each operation what its caller needs.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_azure.arm.keyvault import is_purge_protected, retention_days
from local_azure.http import Call, Handler, Json, Reply, Route, ServiceError
from local_azure.keyvault import permissions, secrets
from local_azure.keyvault.permissions import Permission
from local_azure.wandb import portal

if TYPE_CHECKING:
    from local_azure.world import World

API_VERSIONS = ("2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01")

#: Largest page, and largest value in bytes (azure-docs articles/key-vault/secrets/about-secrets.md).
_PAGE, _VALUE_BYTES = 25, 25 * 1024

_ATTRIBUTES = ("enabled", "nbf", "exp")


def set_secret(world: World, call: Call) -> Reply:
    vault, name, body = _vault(world, call), call.params["name"], call.json()
    if not re.fullmatch("[0-9a-zA-Z-]{1,127}", name):
        raise _bad_parameter(f"The request URI contains an invalid name: {name}")
    value = body.get("value")
    if not isinstance(value, str):
        raise _bad_parameter("Property value is required and must be a string.")
    if len(value.encode()) > _VALUE_BYTES:
        raise _bad_parameter(f"The secret value is too large: at most {_VALUE_BYTES} bytes are allowed.")
    version = secrets.put(world, vault, name, {**_changes(body), "value": value})
    call.effect = f"set secret {name} in {vault['name']}"
    account = (body.get("tags") or {}).get("wandb-account")
    if account and world.settings.operator_links_wandb:
        with contextlib.suppress(ServiceError):  # somebody else's tag; a secret is written all the same
            portal.link(world, account, f"https://{call.host}", name)
    return Reply(200, {"value": value, **_bundle(call, vault, name, version)})


def get_secret(world: World, call: Call) -> Reply:
    vault, name = _vault(world, call), call.params["name"]
    version = secrets.get(world, vault, name, call.params.get("version", ""))
    return Reply(200, {"value": version["value"], **_bundle(call, vault, name, version)})


def update_secret(world: World, call: Call) -> Reply:
    vault, name = _vault(world, call), call.params["name"]
    version = secrets.update(world, vault, name, call.params.get("version", ""), _changes(call.json()))
    call.effect = f"updated secret {name} in {vault['name']}"
    return Reply(200, _bundle(call, vault, name, version))


def delete_secret(world: World, call: Call) -> Reply:
    vault, name = _vault(world, call), call.params["name"]
    secret = secrets.delete(world, vault, name)
    call.effect = f"deleted secret {name} in {vault['name']}"
    return Reply(200, _deleted_bundle(call, vault, secret))


def list_secrets(world: World, call: Call) -> Reply:
    vault = _vault(world, call)
    return _page(call, secrets.names(world, vault, deleted=False), lambda secret: _item(call, vault, secret))


def list_secret_versions(world: World, call: Call) -> Reply:
    vault, name = _vault(world, call), call.params["name"]
    return _page(call, secrets.versions(world, vault, name), lambda version: _bundle(call, vault, name, version))


def list_deleted_secrets(world: World, call: Call) -> Reply:
    vault = _vault(world, call)
    return _page(call, secrets.names(world, vault, deleted=True), lambda secret: {**_item(call, vault, secret), **_deletion(call, secret)})


def get_deleted_secret(world: World, call: Call) -> Reply:
    vault = _vault(world, call)
    return Reply(200, _deleted_bundle(call, vault, secrets.find_deleted(world, vault, call.params["name"])))


def recover_deleted_secret(world: World, call: Call) -> Reply:
    vault, name = _vault(world, call), call.params["name"]
    version = secrets.recover(world, vault, name)
    call.effect = f"recovered secret {name} in {vault['name']}"
    return Reply(200, _bundle(call, vault, name, version))


def purge_deleted_secret(world: World, call: Call) -> Reply:
    vault, name = _vault(world, call), call.params["name"]
    assert call.principal is not None
    secrets.purge(world, vault, name, call.principal)
    call.effect = f"purged secret {name} in {vault['name']}"
    return Reply(204)


def _vault(world: World, call: Call) -> Json:
    return secrets.find_vault(world, call.host)


def _changes(body: Json) -> Json:
    """What a request may set beside the value; unknown attributes are read-only ones that clients send back."""
    attributes = {name: value for name, value in (body.get("attributes") or {}).items() if name in _ATTRIBUTES and value is not None}
    return {"contentType": body.get("contentType"), "tags": body.get("tags"), "attributes": attributes}


def _bundle(call: Call, vault: Json, name: str, version: Json) -> Json:
    """A version without its value."""
    bundle = {"id": f"https://{call.host}/secrets/{name}/{version['version']}", "attributes": {**version["attributes"], **_recovery(vault)}}
    bundle.update({member: version[member] for member in ("contentType", "tags") if member in version})
    return bundle


def _item(call: Call, vault: Json, secret: Json) -> Json:
    """A secret in a list: the newest version, under the id without version."""
    return {**_bundle(call, vault, secret["name"], secret["versions"][-1]), "id": f"https://{call.host}/secrets/{secret['name']}"}


def _deleted_bundle(call: Call, vault: Json, secret: Json) -> Json:
    return {**_bundle(call, vault, secret["name"], secret["versions"][-1]), **_deletion(call, secret)}


def _deletion(call: Call, secret: Json) -> Json:
    return {"recoveryId": f"https://{call.host}/deletedsecrets/{secret['name']}", **secret["deleted"]}


def _recovery(vault: Json) -> Json:
    days = retention_days(vault)
    level = ("" if days == 90 else "Customized") + ("Recoverable" if is_purge_protected(vault) else "Recoverable+Purgeable")
    return {"recoveryLevel": level, "recoverableDays": days}


def _page(call: Call, found: list[Json], shown: Callable[[Json], Json]) -> Reply:
    """One page of a list, with the address of the next one."""
    size, start = _number(call, "maxresults", _PAGE), _number(call, "$skiptoken", 0)
    if not 1 <= size <= _PAGE:
        raise _bad_parameter(f"The maxresults value must be between 1 and {_PAGE}.")
    query = {"api-version": call.query["api-version"], "$skiptoken": start + size, "maxresults": size}
    more = f"{call.url}?{urlencode(query)}" if start + size < len(found) else None
    return Reply(200, {"value": [shown(one) for one in found[start : start + size]], "nextLink": more})


def _number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name, str(default))
    if not value.isdecimal():
        raise _bad_parameter(f"The value of {name} is not a number.")
    return int(value)


def _bad_parameter(text: str) -> ServiceError:
    return ServiceError(400, "BadParameter", text)


_OPERATIONS: tuple[tuple[str, str, Handler, Permission], ...] = (
    ("PUT", "/secrets/{name}", set_secret, permissions.SET),
    ("GET", "/secrets", list_secrets, permissions.LIST),
    ("GET", "/secrets/{name}", get_secret, permissions.GET),
    ("GET", "/secrets/{name}/versions", list_secret_versions, permissions.LIST),
    ("GET", "/secrets/{name}/{version}", get_secret, permissions.GET),
    ("PATCH", "/secrets/{name}", update_secret, permissions.UPDATE),
    ("PATCH", "/secrets/{name}/{version}", update_secret, permissions.UPDATE),
    ("DELETE", "/secrets/{name}", delete_secret, permissions.DELETE),
    ("GET", "/deletedsecrets", list_deleted_secrets, permissions.LIST),
    ("GET", "/deletedsecrets/{name}", get_deleted_secret, permissions.GET_DELETED),
    ("DELETE", "/deletedsecrets/{name}", purge_deleted_secret, permissions.PURGE),
    ("POST", "/deletedsecrets/{name}/recover", recover_deleted_secret, permissions.RECOVER),
)

ROUTES = tuple(Route(method, template, handler, needed.action) for method, template, handler, needed in _OPERATIONS)

#: Operation (the handler's name) → what its caller needs.
NEEDED: dict[str, Permission] = {handler.__name__: needed for _, _, handler, needed in _OPERATIONS}
