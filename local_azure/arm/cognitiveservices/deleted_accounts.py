"""Soft-deleted accounts: kept for a time, restored by a PUT, purged by hand or by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm import resources
from local_azure.entra import directory
from local_azure.http import Call, Json, Reply, Route, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World

KIND = "deleted-account"
PURGE = "cognitive-account-purged"


def find(world: World, account_id: str) -> Json | None:
    """The account as it was, or None."""
    return world.store.get(KIND, account_id.lower())


def keep(world: World, account: Json) -> None:
    """Keeps a deleted account for ``settings.account_retention_days`` (Azure: 48 hours)."""
    until = world.now() + world.settings.account_retention_days * 86400
    properties = {**account["properties"], "provisioningState": "Succeeded"}
    properties |= {"deletionDate": resources.iso(world.now()), "scheduledPurgeDate": resources.iso(until)}
    world.store.put(KIND, account["id"].lower(), {**account, "properties": properties})
    world.agenda.at(until, PURGE, account["id"].lower())


def unlist(world: World, account_id: str) -> None:
    """A restored account is no longer a deleted one."""
    world.store.delete(KIND, account_id.lower())
    world.agenda.cancel(PURGE, account_id.lower())


def purge(world: World, account_id: str) -> None:
    """Forgets an account with its keys, its name, its identity and its data (whatever is stored under ``account id|…``)."""
    account = find(world, account_id)
    if account is None:
        return
    unlist(world, account_id)
    key = account_id.lower()
    if subdomain := account["properties"].get("customSubDomainName"):
        world.store.delete("account-subdomain", subdomain.lower())
    if principal := (account.get("identity") or {}).get("principalId"):
        directory.remove_principal(world, principal)
    for kind in ("account-keys", "wandb-link"):
        world.store.delete(kind, key)
    for table in ("documents", "blobs"):
        world.store.execute(f"DELETE FROM {table} WHERE substr(key, 1, ?) = ?", (len(key) + 1, f"{key}|"))


def _shown(account: Json) -> Json:
    _, _, subscription, _, group, *_ = account["id"].split("/")
    place = f"locations/{account['location']}/resourceGroups/{group}/deletedAccounts/{account['name']}"
    id = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/{place}"
    return {**account, "id": id, "type": "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts"}


def _addressed(world: World, call: Call) -> Json | None:
    names = call.params
    id = f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}/providers/Microsoft.CognitiveServices/accounts/{names['account']}"
    account = find(world, id)
    return account if account and account["location"] == names["location"].lower() else None


def list_deleted_accounts(world: World, call: Call) -> Reply:
    found = world.store.list(KIND, f"/subscriptions/{call.params['subscription'].lower()}/")
    return Reply(200, {"value": [_shown(account) for _, account in found]})


def get_deleted_account(world: World, call: Call) -> Reply:
    account = _addressed(world, call)
    if account is None:
        text = f"The deleted account '{call.params['account']}' under resource group '{call.params['group']}' was not found."
        raise ServiceError(404, "ResourceNotFound", text)
    return Reply(200, _shown(account))


def purge_deleted_account(world: World, call: Call) -> Reply:
    account = _addressed(world, call)
    if account is None:
        return Reply(204)
    purge(world, account["id"])
    call.effect = f"purged {account['id']}"
    return Reply(200)


_ONE = "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}/resourceGroups/{group}/deletedAccounts/{account}"
_ACTION = "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/"

ROUTES = (
    Route(
        "GET",
        "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/deletedAccounts",
        list_deleted_accounts,
        "Microsoft.CognitiveServices/deletedAccounts/read",
    ),
    Route("GET", _ONE, get_deleted_account, _ACTION + "read"),
    Route("DELETE", _ONE, purge_deleted_account, _ACTION + "delete"),
)
EVENTS = {PURGE: purge}
