"""Fine-tuned models and checkpoints of an account, and the list of all models that it sees.

A model is a document of kind ``fine-tuned-model`` with the key ``<account id>|<model name>``, all in lower case.
"""

from __future__ import annotations

from typing import Any

from local_azure.arm.cognitiveservices.catalogue import BASE_MODELS, BaseModel
from local_azure.http import Call, Reply
from local_azure.openai.errors import refuse
from local_azure.openai.sign_in import owner
from local_azure.world import World

KIND = "fine-tuned-model"
WEIGHTS = "weights"


def find_model(world: World, account_id: str, name: str) -> dict[str, Any] | None:
    """The fine-tuned model of that name, or the checkpoint of that id (``ftchkpt-…``), or None."""
    return world.store.get(KIND, _key(account_id, name))


def add_model(world: World, model: dict[str, Any]) -> None:
    """Stores a model: name, base, account, job, created_at, weights, unsafe; for a checkpoint also checkpoint_of, step and metrics."""
    world.store.put(KIND, _key(model["account"], model["name"]), model)


def of_account(world: World, account_id: str) -> list[dict[str, Any]]:
    """Models and checkpoints, oldest first."""
    return [model for _, model in world.store.list(KIND, f"{account_id.lower()}|")]


def weights(world: World, model: dict[str, Any]) -> bytes | None:
    return world.store.get_blob(WEIGHTS, model["weights"])


def list_models(world: World, call: Call) -> Reply:
    return Reply(200, {"object": "list", "data": _all(world, owner(call))})


def get_model(world: World, call: Call) -> Reply:
    wanted = call.params["model_id"].lower()
    found = next((row for row in _all(world, owner(call)) if row["id"].lower() == wanted), None)
    if found is None:
        raise refuse("no model", id=call.params["model_id"])
    return Reply(200, found)


def _all(world: World, account: str) -> list[dict[str, Any]]:
    mine = [_fine_tuned(model) for model in of_account(world, account) if not model.get("checkpoint_of")]
    return [_base(model) for model in BASE_MODELS] + mine


def _base(model: BaseModel) -> dict[str, Any]:
    return _row(model.id, 0, fine_tune=bool(model.methods), inference=True)


def _fine_tuned(model: dict[str, Any]) -> dict[str, Any]:
    return _row(model["name"], int(model["created_at"]), fine_tune=True, inference=True) | {"fine_tune": model["job"], "model": model["base"]}


def _row(id: str, created: int, *, fine_tune: bool, inference: bool) -> dict[str, Any]:
    return {
        "id": id,
        "object": "model",
        "status": "succeeded",
        "created_at": created,
        "updated_at": created,
        "lifecycle_status": "generally-available",
        "deprecation": {},
        "capabilities": {"fine_tune": fine_tune, "inference": inference, "completion": False, "chat_completion": inference, "embeddings": False},
    }


def _key(account_id: str, name: str) -> str:
    return f"{account_id.lower()}|{name.lower()}"
