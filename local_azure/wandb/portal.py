"""Fine-tuning > Manage integrations: what a person clicks in the portal to link an account to its W&B key.

Azure has no public API for it (azure.md section 2).
"""

from __future__ import annotations

from typing import Any

from local_azure.arm import resources
from local_azure.http import ServiceError
from local_azure.world import World

KIND = "wandb-link"
_ACCOUNT_TYPE = "Microsoft.CognitiveServices/accounts"


def link(world: World, account: str, vault_url: str, secret_name: str) -> None:
    """Links an account to the secret that holds its W&B key. Whether the key can be read shows when a job uses it.

    Args:
        account: an account's name or ARM id.
        vault_url: for example ``https://math-tutor.vault.azure.net``.

    Raises:
        ServiceError: 404 when there is no such account, 400 for a URL or a name that cannot be right.
    """
    if not vault_url.startswith("https://") or not secret_name:
        raise ServiceError(400, "BadRequest", "a vault URL (https://NAME.vault.azure.net) and the name of a secret are needed")
    found = _find(world, account)
    world.store.put(KIND, found["id"].lower(), {"vaultUrl": vault_url.rstrip("/"), "secretName": secret_name})


def find_link(world: World, account_id: str) -> dict[str, Any] | None:
    """``{vaultUrl, secretName}`` of an account, or None."""
    return world.store.get(KIND, account_id.lower())


def unlink(world: World, account_id: str) -> None:
    world.store.delete(KIND, account_id.lower())


def _find(world: World, account: str) -> dict[str, Any]:
    wanted = account.strip("/").lower()
    for resource in resources.of_type(world, _ACCOUNT_TYPE):
        if wanted in (resource["id"].strip("/").lower(), resource["name"].lower()):
            return resource
    raise ServiceError(404, "NotFound", f"there is no Azure OpenAI account {account}")
