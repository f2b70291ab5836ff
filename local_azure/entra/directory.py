"""The directory: service principals and managed identities, their secrets and the assertions that they may sign in with.

Store kinds: ``principal`` by object id, ``application`` by client id (what signs in), ``federated-credential`` by client id and name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass

from local_azure.http import Json
from local_azure.world import World


@dataclass(frozen=True, slots=True)
class NewPrincipal:
    """A service principal just made; ``client_secret`` is shown this once and kept as a hash."""

    object_id: str
    client_id: str
    client_secret: str
    tenant_id: str


def plant(world: World) -> None:
    """Seeds the principal of the sign-in that ``exec`` gives."""
    identity = world.identity
    _add(world, identity.object_id, identity.tenant_id, "deployer", identity.client_id)
    _add_application(world, identity.client_id, identity.object_id, identity.tenant_id, identity.client_secret)


def add_service_principal(world: World, name: str, tenant: str) -> NewPrincipal:
    """Registers an application with its service principal and one secret; it holds no role and is visible at once."""
    new = NewPrincipal(str(uuid.uuid4()), str(uuid.uuid4()), secrets.token_urlsafe(30), tenant)
    _add(world, new.object_id, tenant, name, new.client_id)
    _add_application(world, new.client_id, new.object_id, tenant, new.client_secret)
    return new


def add_managed_identity(world: World, resource_id: str, tenant: str) -> str:
    """Gives a resource an identity and returns its principal id; the directory shows it after ``settings.directory_lag`` seconds."""
    object_id = str(uuid.uuid4())
    name = resource_id.rsplit("/", 1)[-1]
    _add(world, object_id, tenant, name, str(uuid.uuid4()), visible_at=world.now() + world.settings.directory_lag)
    return object_id


def remove_principal(world: World, object_id: str) -> bool:
    """Forgets a principal and its sign-in. Its role assignments stay behind without an owner, as on Azure."""
    principal = world.store.get("principal", object_id)
    if principal is None:
        return False
    world.store.delete("principal", object_id)
    world.store.delete("application", principal["client_id"])
    for key, _ in world.store.list("federated-credential", f"{principal['client_id']}|"):
        world.store.delete("federated-credential", key)
    return True


def find_principal(world: World, object_id: str) -> Json | None:
    """A principal that the directory shows by now, or None."""
    principal = world.store.get("principal", object_id.lower())
    return principal if principal and principal["visible_at"] <= world.now() else None


def find_application(world: World, client_id: str) -> Json | None:
    """What signs in with this client id: {client_id, object_id, tenant_id, secret_hash}, or None."""
    return world.store.get("application", client_id.lower())


def has_secret(application: Json, secret: str) -> bool:
    return hmac.compare_digest(application["secret_hash"], _hash(secret))


def tenant_exists(world: World, tenant: str) -> bool:
    """A tenant is known by its id: the one of the subscriptions, or one that holds a principal."""
    if tenant.lower() == world.identity.tenant_id:
        return True
    return any(principal["tenant_id"] == tenant.lower() for _, principal in world.store.list("principal"))


def add_federated_credential(world: World, client_id: str, name: str, issuer: str, subject: str, audience: str, public_key: str) -> None:
    """Lets an application sign in with assertions of this issuer, subject and audience, verified by a public key (PEM).

    A certificate is the same with the client id as issuer and subject and the token endpoint as audience.
    """
    credential = {"client_id": client_id.lower(), "issuer": issuer, "subject": subject, "audience": audience, "public_key": public_key}
    world.store.put("federated-credential", f"{client_id.lower()}|{name}", credential)


def federated_credentials(world: World, client_id: str) -> list[Json]:
    return [credential for _, credential in world.store.list("federated-credential", f"{client_id.lower()}|")]


def _add(world: World, object_id: str, tenant: str, name: str, client_id: str, visible_at: float = 0.0) -> None:
    principal = {"object_id": object_id, "tenant_id": tenant.lower(), "client_id": client_id, "name": name}
    world.store.put("principal", object_id, {**principal, "type": "ServicePrincipal", "visible_at": visible_at})


def _add_application(world: World, client_id: str, object_id: str, tenant: str, secret: str) -> None:
    application = {"client_id": client_id, "object_id": object_id, "tenant_id": tenant.lower(), "secret_hash": _hash(secret)}
    world.store.put("application", client_id, application)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
