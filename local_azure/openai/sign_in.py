"""Who may call an account's data plane: the account behind the host, its network, a key or a token, then the role."""

from __future__ import annotations

import hmac
from typing import Any

from local_azure.arm import access
from local_azure.arm.cognitiveservices import accounts
from local_azure.http import Call, Principal, ServiceError
from local_azure.openai.errors import is_v1, refuse
from local_azure.world import World

AUDIENCES = ("https://cognitiveservices.azure.com", "https://cognitiveservices.azure.com/", "https://ai.azure.com", "https://ai.azure.com/")

_ACCOUNT = "account"


def admit(world: World, call: Call) -> Principal:
    """Finds the account and reads the caller's key or token.

    Raises:
        ServiceError: 404 when no account has this host, 403 when its network or its keys are closed, 401 for a bad key or token.
    """
    account = accounts.by_host(world, call.host)
    if account is None:
        raise refuse("no such host", host=call.host)
    call.params[_ACCOUNT] = account["id"]
    properties = account["properties"]
    if properties.get("publicNetworkAccess", "Enabled") == "Disabled":
        raise refuse("network closed")
    key = call.headers.get("api-key") or _key_as_bearer(world, call, account)
    if key is None:
        return _token(world, call)
    if properties.get("disableLocalAuth"):
        raise refuse("keys off")
    if not _is_key(world, account, key):
        raise refuse("key refused")
    return Principal(object_id="", tenant_id=world.identity.tenant_id, key_of=account["id"])


def _key_as_bearer(world: World, call: Call, account: dict[str, Any]) -> str | None:
    """On the v1 routes an account key may come as the bearer, which is how the plain OpenAI client sends it."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    return value if is_v1(call) and scheme.lower() == "bearer" and _is_key(world, account, value) else None


def _is_key(world: World, account: dict[str, Any], key: str) -> bool:
    return any(hmac.compare_digest(key.encode(), known.encode()) for known in accounts.keys(world, account["id"]))


def _token(world: World, call: Call) -> Principal:
    try:
        principal: Principal = world.tokens.principal(call, AUDIENCES)
    except ServiceError as problem:
        raise refuse("token refused") from problem
    return principal


def check_role(world: World, call: Call) -> None:
    """Checks the data action of the operation at the account.

    Raises:
        ServiceError: 401 ``PermissionDenied``, which is the status that Azure sends here.
    """
    assert call.route is not None and call.principal is not None
    action = call.route.action
    if action is None or access.is_allowed(world, call.principal, action, account_id(call), data=True):
        return
    raise refuse("no right", principal=call.principal.object_id, action=action, operation=f"{call.method} {call.route.template}")


def account_id(call: Call) -> str:
    """The ARM id of the account that the call is for, as ARM writes it."""
    return call.params[_ACCOUNT]


def owner(call: Call) -> str:
    """The key under which the account's files, jobs and models stand."""
    return account_id(call).lower()
