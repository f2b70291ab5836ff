"""listKeys and regenerateKey. Keys of an account without local sign-in are listed too, and refused by the data plane. INFERRED."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm import operations, refusals, resources
from local_azure.arm.cognitiveservices import accounts, problems
from local_azure.arm.resource_id import parse
from local_azure.http import Call, Json, Reply, Route

if TYPE_CHECKING:
    from local_azure.world import World


def find_account(world: World, call: Call) -> Json:
    """The account that a route with {subscription}, {group} and {account} names.

    Raises:
        ServiceError: 404 ResourceGroupNotFound or ResourceNotFound.
    """
    group = f"/subscriptions/{call.params['subscription']}/resourceGroups/{call.params['group']}"
    if resources.find(world, group) is None:
        raise refusals.group_not_found(call.params["group"])
    id = parse(f"{group}/providers/{accounts.TYPE}/{call.params['account']}")
    assert id is not None
    account = resources.find(world, id.text)
    if account is None:
        raise refusals.resource_not_found(id)
    return account


def list_keys(world: World, call: Call) -> Reply:
    return _shown(world, find_account(world, call))


def regenerate_key(world: World, call: Call) -> Reply:
    """Body: ``{"keyName": "Key1"}``. The old key stops to work at once."""
    account = find_account(world, call)
    operations.check_unlocked(world, account["id"])
    wanted = call.json().get("keyName")
    if wanted not in ("Key1", "Key2"):
        raise problems.invalid_key_name(wanted)
    stored = world.store.get(accounts.KEYS, account["id"].lower()) or {}
    world.store.put(accounts.KEYS, account["id"].lower(), {**stored, wanted.lower(): accounts.new_key()})
    call.effect = f"regenerated {wanted} of {account['id']}"
    return _shown(world, account)


def _shown(world: World, account: Json) -> Reply:
    first, second = accounts.keys(world, account["id"])
    return Reply(200, {"key1": first, "key2": second})


ACCOUNT = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.CognitiveServices/accounts/{account}"

ROUTES = (
    Route("POST", ACCOUNT + "/listKeys", list_keys, accounts.TYPE + "/listKeys/action"),
    Route("POST", ACCOUNT + "/regenerateKey", regenerate_key, accounts.TYPE + "/regenerateKey/action"),
)
