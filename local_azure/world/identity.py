"""What survives a reset: the tenant, its subscriptions, the sign-in that ``exec`` gives, and the token signing key."""

from __future__ import annotations

import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

#: Fixed, so that state files and examples made on different machines read alike.
_NAMES = uuid.UUID("6f1c9a52-6d0b-4e0e-9a35-7d0f3c1f8a11")


def stable_guid(name: str) -> str:
    """A GUID that is the same in every local Azure."""
    return str(uuid.uuid5(_NAMES, name))


@dataclass(frozen=True, slots=True)
class Identity:
    """The sign-in of a state folder. ``client_secret`` and ``signing_key`` (PEM) never leave the folder and the environment of ``exec``."""

    tenant_id: str
    subscriptions: tuple[str, ...]
    client_id: str
    object_id: str
    client_secret: str
    wandb_key: str
    signing_key: str

    @classmethod
    def load(cls, folder: Path) -> Identity:
        """Reads ``identity.json``, or makes it (readable by its owner only)."""
        path = folder / "identity.json"
        if path.exists():
            values = json.loads(path.read_text())
            return cls(**{**values, "subscriptions": tuple(values["subscriptions"])})
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        identity = cls(
            tenant_id=stable_guid("tenant"),
            subscriptions=(stable_guid("subscription 1"), stable_guid("subscription 2")),
            client_id=stable_guid("deployer application"),
            object_id=stable_guid("deployer principal"),
            client_secret=secrets.token_urlsafe(32),
            wandb_key=secrets.token_hex(20),
            signing_key=pem.decode(),
        )
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(identity), file)
        return identity
