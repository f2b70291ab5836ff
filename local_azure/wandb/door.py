"""The portal's click and further W&B keys, on the administrator's door."""

from __future__ import annotations

from local_azure.http import Call, Reply, Route, ServiceError
from local_azure.wandb import portal, sink
from local_azure.world import World


def link_account(world: World, call: Call) -> Reply:
    """Body: ``{"account": "<name or ARM id>", "vaultUrl": "https://…", "secretName": "…"}``."""
    account, vault_url, secret_name = _texts(call, "account", "vaultUrl", "secretName")
    portal.link(world, account, vault_url, secret_name)
    call.effect = f"linked {account} to Weights & Biases"
    return Reply(204)


def add_key(world: World, call: Call) -> Reply:
    """Body: ``{"key": "…", "entity": "team"}``: W&B knows this key from now on, as one of that entity."""
    key, entity = _texts(call, "key", "entity")
    sink.add_key(world, key, entity)
    return Reply(204)


def _texts(call: Call, *names: str) -> list[str]:
    body = call.json()
    missing = [name for name in names if not isinstance(body.get(name), str)]
    if missing:
        raise ServiceError(400, "BadRequest", f"{', '.join(missing)}: a text is needed")
    return [body[name] for name in names]


ROUTES = (Route("POST", "/portal/wandb-link", link_account), Route("POST", "/wandb/keys", add_key))
