"""The token endpoint: client credentials with a secret or a signed assertion, refused in Entra's words (AADSTS codes)."""

from __future__ import annotations

import time
from urllib.parse import parse_qs

import jwt

from local_azure.entra import directory
from local_azure.http import Call, Json, Reply, ServiceError
from local_azure.world import World

HOST = "login.microsoftonline.com"

_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

#: Resources for which tokens are given out, by application ID URI.
RESOURCES = frozenset(
    (
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://vault.azure.net",
        "https://cognitiveservices.azure.com",
        "https://ai.azure.com",
        "https://ml.azure.com",
        "https://storage.azure.com",
        "https://graph.microsoft.com",
    )
)


def request_token(world: World, call: Call) -> Reply:
    """``POST /{tenant}/oauth2/v2.0/token`` with a form body, for the grant ``client_credentials``."""
    form = {name: values[-1] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
    check_tenant(world, call.params["tenant"])
    if _required(form, "grant_type") != "client_credentials":
        raise refusal(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{form['grant_type']}'.")
    application = _application(world, call.params["tenant"], _required(form, "client_id"))
    audience = _audience(call.params["tenant"], _required(form, "scope"))
    _prove(world, call, application, form)
    lifetime = int(world.settings.token_lifetime)
    token = world.tokens.issue(application["object_id"], audience)
    call.effect = f"signed in {application['client_id']} to {audience}"
    answer = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
    return Reply(200, answer, {"Cache-Control": "no-store"})


def check_tenant(world: World, tenant: str, error: str = "invalid_request") -> None:
    """Raises AADSTS90002 for a tenant that is not there."""
    if not directory.tenant_exists(world, tenant):
        raise refusal(
            400,
            error,
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "
            "Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
        )


def refusal(status: int, error: str, number: int, text: str) -> ServiceError:
    """An error of the token endpoint: ``error`` is OAuth's word, ``number`` Entra's."""
    return ServiceError(status, error, f"AADSTS{number}: {text}", number=number)


def _required(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise refusal(400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'.")
    return form[name]


def _application(world: World, tenant: str, client_id: str) -> Json:
    application = directory.find_application(world, client_id)
    if application is None or application["tenant_id"] != tenant.lower():
        raise refusal(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has not been "
            "installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request "
            "to the wrong tenant.",
        )
    return application


def _audience(tenant: str, scopes: str) -> str:
    """The resource of ``https://x/.default``; the slash that a double slash leaves stays in the audience, as on Azure."""
    scope = next((scope for scope in scopes.split() if scope.endswith("/.default")), None)
    if scope is None:
        raise refusal(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scopes} is not valid. Client credential flows must have a scope value with /.default suffixed to the "
            "resource identifier (application ID URI).",
        )
    resource = scope.removesuffix("/.default")
    if resource.rstrip("/").lower() not in RESOURCES:
        raise refusal(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been "
            "installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request "
            "to the wrong tenant.",
        )
    return resource


def _prove(world: World, call: Call, application: Json, form: dict[str, str]) -> None:
    client_id = application["client_id"]
    if "client_assertion" in form:
        _check_assertion(world, call, client_id, form)
    elif "client_secret" not in form:
        raise refusal(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    elif not directory.has_secret(application, form["client_secret"]):
        raise refusal(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, "
            f"for a secret added to app '{client_id}'.",
        )


def _check_assertion(world: World, call: Call, client_id: str, form: dict[str, str]) -> None:
    assertion = form["client_assertion"]
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        claims = None
    if claims is None or form.get("client_assertion_type") != _JWT_BEARER:
        raise refusal(401, "invalid_client", 50027, "JWT token is invalid or malformed.")
    if claims.get("exp", 0) <= time.time():
        raise refusal(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
    if not any(_signed_by(assertion, credential, call.url) for credential in directory.federated_credentials(world, client_id)):
        raise _no_record(client_id, claims)


def _signed_by(assertion: str, credential: Json, endpoint: str) -> bool:
    """Whether an assertion carries the issuer, subject and audience of a credential, and its key's signature."""
    try:
        jwt.decode(
            assertion,
            credential["public_key"],
            algorithms=["RS256", "PS256"],
            audience=credential["audience"] or endpoint,
            issuer=credential["issuer"],
            subject=credential["subject"],
        )
    except jwt.InvalidTokenError:
        return False
    return True


def _no_record(client_id: str, claims: Json) -> ServiceError:
    if claims.get("iss") == client_id:
        return refusal(
            401,
            "invalid_client",
            700027,
            f"The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., "
            f"Please visit the Azure Portal to view the certificates of application '{client_id}'.]",
        )
    return refusal(
        401,
        "invalid_client",
        700213,
        f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}'. Check your federated identity "
        "credential Subject, Audience and Issuer against the presented assertion.",
    )
