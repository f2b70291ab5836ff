"""Secrets of a Key Vault. Values come from the environment and go into the vault; only a salted fingerprint leaves this module."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient

from finetune.azure import sign_in
from finetune.azure.patience import persist
from finetune.azure.refusals import refused


def fingerprint(value: str, like: str = "") -> str:
    """``<salt>:<hash>`` of a secret: tells whether it changed, and nothing else.

    Args:
        like: an earlier fingerprint whose salt is taken, so that the same value gives the same text.
    """
    salt = like.partition(":")[0] or secrets.token_hex(8)
    digest = hashlib.scrypt(value.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1, dklen=16)
    return f"{salt}:{digest.hex()}"


def same(value: str, earlier: str) -> bool:
    """Whether a secret is the one that the fingerprint was made of."""
    return hmac.compare_digest(fingerprint(value, earlier), earlier)


def _client(vault_url: str) -> SecretClient:
    return SecretClient(vault_url, sign_in.current().credential)


def write(vault_url: str, name: str, value: str, tags: dict[str, str], role_seconds: float) -> str:
    """Writes a secret and returns its version; a soft-deleted one of that name is recovered first."""

    def once() -> str:
        try:
            with _client(vault_url) as client:
                try:
                    return str(client.set_secret(name, value, tags=tags).properties.version)
                except HttpResponseError as error:
                    if error.status_code != 409:
                        raise
                    client.begin_recover_deleted_secret(name).result()
                    return str(client.set_secret(name, value, tags=tags).properties.version)
        except AzureError as error:
            raise refused(error, f"write secret {name} to {vault_url}") from None

    return persist(once, role_seconds=role_seconds)


def read(vault_url: str, name: str) -> str | None:
    """A secret's value, or None if there is none."""

    def once() -> str | None:
        try:
            with _client(vault_url) as client:
                return client.get_secret(name).value
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise refused(error, f"read secret {name} of {vault_url}") from None

    return persist(once)


def delete(vault_url: str, name: str) -> None:
    """Deletes a secret (it stays recoverable); one that is gone already is fine."""

    def once() -> None:
        try:
            with _client(vault_url) as client:
                client.begin_delete_secret(name)
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise refused(error, f"delete secret {name} of {vault_url}") from None

    persist(once)
