"""Key Vault's data plane, at ``https://{vault}.vault.azure.net``: secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import jwt

from local_azure.arm.keyvault import DOMAIN
from local_azure.http import Call, Principal, Routes, Service, ServiceError
from local_azure.keyvault import permissions, secrets
from local_azure.keyvault.operations import API_VERSIONS, NEEDED, ROUTES

if TYPE_CHECKING:
    from local_azure.world import World

AUDIENCE = "https://vault.azure.net"


class KeyVault(Service):
    name = "keyvault"
    hosts = (f"*{DOMAIN}",)
    audiences = (AUDIENCE,)
    routes = Routes(ROUTES)
    events: Mapping[str, Callable[[World, str], None]] = {secrets.PURGE_EVENT: secrets.purge_due}

    def authenticate(self, world: World, call: Call) -> Principal:
        """Answers a request without a good token with a challenge that tells where to get one.

        Raises:
            ServiceError: 404 VaultNotFound, 401 Unauthorized.
        """
        vault = secrets.find_vault(world, call.host)
        tenant = vault["properties"]["tenantId"]
        challenge = f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{AUDIENCE}"'
        try:
            principal: Principal = world.tokens.principal(call, self.audiences)
        except ServiceError as problem:
            text = _in_own_words(call, problem)
            raise ServiceError(401, "Unauthorized", text, headers={"WWW-Authenticate": challenge}) from None
        if principal.tenant_id != tenant:
            text = (
                f"AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{tenant}/, found https://sts.windows.net/{principal.tenant_id}/."
            )
            raise ServiceError(401, "Unauthorized", text, headers={"WWW-Authenticate": challenge})
        return principal

    def authorise(self, world: World, call: Call) -> None:
        """Checks the api-version, the network rules and the vault's permission model.

        Raises:
            ServiceError: 400 BadParameter, 403 Forbidden.
        """
        assert call.route is not None and call.principal is not None
        version = call.query.get("api-version", "")
        if version not in API_VERSIONS:
            newest = API_VERSIONS[-1]
            text = f"The specified version ({version}) is not recognized. Consider using the latest supported version ({newest})."
            raise ServiceError(400, "BadParameter", text)
        vault = secrets.find_vault(world, call.host)
        permissions.check_network(vault, call.principal)
        permissions.check(world, vault, call.principal, NEEDED[call.route.name], call.params.get("name", ""))


def _in_own_words(call: Call, problem: ServiceError) -> str:
    """Key Vault's texts for the refusals of a token. Only the first two are known; the rest keep Resource Manager's (INFERRED)."""
    if problem.code == "AuthenticationFailed":
        return "AKV10000: Request is missing a Bearer or PoP token."
    if problem.code == "InvalidAuthenticationTokenAudience":
        token = call.headers["authorization"].partition(" ")[2]
        audience = jwt.decode(token, options={"verify_signature": False})["aud"]
        return f"AKV10022: Invalid audience. Expected {AUDIENCE}, found: {audience}."
    return problem.message
