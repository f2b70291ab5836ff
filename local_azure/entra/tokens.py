"""Access tokens: signed with the world's key, for one audience, with an end; read back from the Authorization header.

Tokens age in real time, not on the clock that tests move: clients keep them by their own clock and could not know.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local_azure.http import Call, Principal, ServiceError
from local_azure.world import World

#: The name under which the signing key stands in the key set.
KEY_ID = "local-azure"

#: Verified tokens that are kept; beyond that all are forgotten and verified anew.
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    audience: str
    expires: float


class Tokens:
    """Issues tokens and tells whose a token is."""

    def __init__(self, world: World):
        self._world = world
        key = load_pem_private_key(world.identity.signing_key.encode(), None)
        assert isinstance(key, RSAPrivateKey)
        self._private, self._public = key, key.public_key()
        self._verified: dict[str, _Verified] = {}

    def issue(self, object_id: str, audience: str) -> str:
        """A token for a principal of the directory.

        Args:
            object_id: whose token it is.
            audience: the resource it is for, for example ``https://vault.azure.net``.
        """
        principal = self._world.store.get("principal", object_id)
        assert principal is not None, f"no principal {object_id}"
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": issuer(principal["tenant_id"]),
            "iat": now,
            "nbf": now,
            "exp": now + self._world.settings.token_lifetime,
            "oid": object_id,
            "sub": object_id,
            "tid": principal["tenant_id"],
            "appid": principal["client_id"],
            "idtyp": "app",
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": KEY_ID})

    def principal(self, call: Call, audiences: tuple[str, ...]) -> Principal:
        """Who sends this request, by its bearer token.

        Args:
            audiences: those that the service accepts; a slash at the end makes no difference.

        Raises:
            ServiceError: 401 in Resource Manager's words: ``AuthenticationFailed``, ``InvalidAuthenticationToken``,
                ``ExpiredAuthenticationToken``, ``InvalidAuthenticationTokenAudience`` or ``InvalidAuthenticationTokenTenant``.
        """
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if not scheme:
            raise self._refusal("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        if scheme.lower() != "bearer":
            text = "Authentication failed. The 'Authorization' header is provided in an invalid format."
            raise self._refusal("AuthenticationFailedInvalidHeader", text)
        principal = self.read(token, audiences)
        if principal.tenant_id != self._world.identity.tenant_id:
            raise self._refusal(
                "InvalidAuthenticationTokenTenant",
                f"The access token is from the wrong issuer '{issuer(principal.tenant_id)}'. It must match the tenant "
                f"'{issuer(self._world.identity.tenant_id)}' associated with this subscription. Please use the authority (URL) "
                f"'https://login.windows.net/{self._world.identity.tenant_id}' to get the token.",
            )
        return principal

    def read(self, token: str, audiences: tuple[str, ...]) -> Principal:
        """Whose token this is, of whatever tenant (for the auxiliary tokens of requests across tenants).

        Raises:
            ServiceError: 401, as :meth:`principal`.
        """
        known = self._verified.get(token) or self._verify(token)
        if known.audience.rstrip("/") not in {audience.rstrip("/") for audience in audiences}:
            allowed = ",".join(f"'{audience}'" for audience in audiences)
            raise self._refusal(
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{known.audience}'. "
                f"It should exactly match with one of the allowed audiences {allowed}.",
            )
        if known.expires <= time.time():
            ended, now = (f"{datetime.fromtimestamp(moment, UTC):%m/%d/%Y %I:%M:%S %p}" for moment in (known.expires, time.time()))
            raise self._refusal("ExpiredAuthenticationToken", f"The access token expiry UTC time '{ended}' is earlier than current UTC time '{now}'.")
        return known.principal

    def public_key(self) -> dict[str, str]:
        """The public key as a member of a JSON web key set."""
        members: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._public, as_dict=True)
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": members["n"], "e": members["e"]}

    def _verify(self, token: str) -> _Verified:
        try:
            claims = jwt.decode(token, self._public, algorithms=["RS256"], options={"verify_exp": False, "verify_aud": False, "verify_nbf": False})
        except jwt.InvalidTokenError:
            raise self._refusal("InvalidAuthenticationToken", "The access token is invalid.") from None
        principal = Principal(claims["oid"], claims["tid"], claims["appid"])
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[token] = verified = _Verified(principal, claims["aud"], claims["exp"])
        return verified

    def _refusal(self, code: str, message: str) -> ServiceError:
        authority = f"https://login.windows.net/{self._world.identity.tenant_id}"
        challenge = f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
        return ServiceError(401, code, message, headers={"WWW-Authenticate": challenge})


def issuer(tenant: str) -> str:
    return f"https://sts.windows.net/{tenant}/"
