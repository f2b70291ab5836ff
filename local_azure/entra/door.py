"""What an administrator of the directory does by hand, for tests: further principals, and keys for assertions."""

from __future__ import annotations

from dataclasses import asdict

from local_azure.entra import directory
from local_azure.http import Call, Reply, Route, ServiceError
from local_azure.world import World


def add_principal(world: World, call: Call) -> Reply:
    """Body: ``{"name": "reader", "tenant": "<id, optional>"}``. Answers client_id, client_secret, object_id, tenant_id; it holds no role."""
    body = call.json()
    new = directory.add_service_principal(world, str(body.get("name", "principal")), str(body.get("tenant") or world.identity.tenant_id))
    return Reply(201, asdict(new))


def remove_principal(world: World, call: Call) -> Reply:
    if not directory.remove_principal(world, call.params["object_id"]):
        raise ServiceError(404, "NotFound", f"the directory has no principal {call.params['object_id']}")
    return Reply(204)


def add_federated_credential(world: World, call: Call) -> Reply:
    """Body: client_id, name, public_key (PEM); issuer, subject and audience of the assertion.

    Without issuer and subject it stands for a certificate: both are the client id, and the audience is the token endpoint.
    """
    body = call.json()
    try:
        client_id, name, public_key = body["client_id"], body["name"], body["public_key"]
    except KeyError as error:
        raise ServiceError(400, "BadRequest", f"{error} is missing") from None
    issuer, subject = str(body.get("issuer", client_id)), str(body.get("subject", client_id))
    directory.add_federated_credential(world, client_id, name, issuer, subject, str(body.get("audience", "")), public_key)
    return Reply(201, {"client_id": client_id, "name": name})


ROUTES = (
    Route("POST", "/principals", add_principal),
    Route("DELETE", "/principals/{object_id}", remove_principal),
    Route("POST", "/federated-credentials", add_federated_credential),
)
