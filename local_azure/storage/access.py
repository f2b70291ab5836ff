"""Who may do what with blobs: a token with a role, a user delegation SAS of somebody with a role, or anybody when a container is public."""

from __future__ import annotations

from dataclasses import dataclass

from local_azure.arm import access, resources, storage
from local_azure.http import Call, Json, Principal, ServiceError
from local_azure.storage import delegation
from local_azure.storage.refusals import refuse
from local_azure.world import World

AUDIENCES = ("https://storage.azure.com", "https://storage.azure.com/")
#: Tokens are accepted from this version of the protocol on.
_TOKENS_SINCE = "2017-11-09"
_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"


@dataclass(frozen=True, slots=True)
class Need:
    """What an operation needs.

    Args:
        action: the role action.
        data: whether it is an action on data.
        permissions: letters of a SAS of which one is enough; empty when no SAS allows it.
        public: whether anybody may do it where a container is public.
    """

    action: str
    data: bool = True
    permissions: str = ""
    public: bool = False


#: Operation → what it needs ("Permissions for calling data operations", "Create a user delegation SAS").
NEEDS: dict[str, Need] = {
    "get_user_delegation_key": Need(f"{_SERVICE}/generateUserDelegationKey/action", data=False),
    "put_container": Need(f"{_SERVICE}/containers/write", data=False),
    # The letter c allows new blobs only; here it allows none.
    "put_blob": Need(f"{_SERVICE}/containers/blobs/write", permissions="w"),
    "get_blob": Need(f"{_SERVICE}/containers/blobs/read", permissions="r", public=True),
    "get_blob_properties": Need(f"{_SERVICE}/containers/blobs/read", permissions="r", public=True),
    "delete_blob": Need(f"{_SERVICE}/containers/blobs/delete", permissions="d"),
}


@dataclass(frozen=True, slots=True)
class Admission:
    """An admitted caller: by whom it acts, and the letters of its SAS (None without one)."""

    principal: Principal | None
    permissions: str | None = None


def account_of(world: World, host: str) -> Json:
    """The storage account of a host name.

    Raises:
        ServiceError: 404 when there is none, 403 when its network is closed.
    """
    account = storage.by_host(world, host)
    if account is None:
        raise refuse("no such host", host=host)
    if account["properties"]["publicNetworkAccess"] == "Disabled":
        raise refuse("network closed")
    return account


def admit(world: World, call: Call) -> Admission:
    """Reads the token or the signature of a request.

    Raises:
        ServiceError: 401, 403 ``AuthenticationFailed``, 404 or 409 as the blob service words it.
    """
    account = account_of(world, call.host)
    if "authorization" in call.headers:
        return Admission(_token(world, call))
    if "sig" in call.query:
        found = delegation.check(world, call.query, account["name"], call.params.get("container", ""), call.params.get("blob", ""))
        return Admission(found.principal, found.permissions)
    if not account["properties"]["allowBlobPublicAccess"]:
        raise refuse("public access off")
    return Admission(None)


def _token(world: World, call: Call) -> Principal:
    if call.headers.get("x-ms-version", "") < _TOKENS_SINCE:
        raise refuse("not authenticated", "Authentication scheme Bearer is not supported in this version.")
    try:
        principal: Principal = world.tokens.principal(call, (*AUDIENCES, f"https://{call.host}"))
    except ServiceError as problem:
        refusal = refuse("token refused", problem.message)
        authority = f"https://login.microsoftonline.com/{world.identity.tenant_id}/oauth2/authorize"
        refusal.headers["WWW-Authenticate"] = f"Bearer authorization_uri={authority} resource_id={AUDIENCES[0]}"
        raise refusal from None
    return principal


def check(world: World, call: Call, admission: Admission) -> None:
    """Checks the role of whoever acts or has delegated, and the letters of the SAS.

    Raises:
        ServiceError: 403 ``AuthorizationPermissionMismatch``, 404 ``ResourceNotFound``.
    """
    assert call.route is not None
    need, account = NEEDS[call.route.name], account_of(world, call.host)
    container = call.params.get("container", "")
    if admission.principal is None:
        if not (need.public and _is_public(world, account, container)):
            raise refuse("not public")
        return
    if admission.permissions is not None and not set(admission.permissions) & set(need.permissions):
        raise refuse("no right")
    scope = storage.container_id(account, container) if container else account["id"]
    if not access.is_allowed(world, admission.principal, need.action, scope, data=need.data):
        raise refuse("no right")


def _is_public(world: World, account: Json, container: str) -> bool:
    found = resources.find(world, storage.container_id(account, container))
    return found is not None and found["properties"]["publicAccess"] != "None"
