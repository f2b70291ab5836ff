"""How a fine-tuning job reports to W&B: the account's link, its identity's right to the secret, the key; then the run."""

from __future__ import annotations

from typing import Any

from local_azure.arm import resources
from local_azure.arm.cognitiveservices import accounts
from local_azure.http import Principal, ServiceError
from local_azure.keyvault.secrets import read_secret
from local_azure.wandb import portal, sink
from local_azure.world import World

Job = dict[str, Any]


class NotReported(Exception):
    """Why a job cannot report; the text never holds the key."""


def open_run(world: World, job: Job, wish: dict[str, Any]) -> str:
    """Opens a run for a job that starts.

    Args:
        wish: the job's ``integrations[].wandb``: project, and optionally name (default: the job's id), entity (default: the
            key's) and tags.

    Returns:
        ``<entity>/<project>/<run>``.

    Raises:
        NotReported: when the account is not linked, the secret cannot be read or W&B does not know the key.
    """
    entity = sink.entity_of_key(world, _key(world, job["account_id"]))
    if entity is None:
        raise NotReported("Weights & Biases refused the API key (401).")
    run = {
        "entity": wish.get("entity") or entity,
        "project": wish["project"],
        "id": job["id"],
        "name": wish.get("name") or job["id"],
        "state": "running",
        "tags": [*(wish.get("tags") or ()), "openai/finetune", f"openai/{job['base']}", f"openai/{job['id']}"],
        "created_at": int(world.now()),
        "config": {name: job[name] for name in ("model", "training_file", "validation_file", "seed", "method", "suffix")},
        "summary": {},
        "history": [],
    }
    sink.save_run(world, run)
    return f"{run['entity']}/{run['project']}/{run['id']}"


def close_run(world: World, job: Job, steps: list[dict[str, Any]]) -> None:
    """Writes what the job came to: hyperparameters as resolved, the metrics of ``steps``, the model."""
    run = sink.find_run(world, job["wandb_run"])
    if run is None:
        return
    finished = job["status"] == "succeeded"
    run["state"] = {"succeeded": "finished", "cancelled": "killed"}.get(job["status"], "failed")
    run["config"] |= {"hyperparameters": job.get("resolved", {})}
    run["history"] = [{name: value for name, value in row.items() if value is not None} for row in steps]
    run["summary"] = {name: value for row in run["history"] for name, value in row.items()}
    if finished:
        run["summary"] |= {"fine_tuned_model": job["fine_tuned_model"], "trained_tokens": job["trained_tokens"]}
    sink.save_run(world, run)


def _key(world: World, account_id: str) -> str:
    """The key, read as the service does: with the account's own identity."""
    link = portal.find_link(world, account_id)
    if link is None:
        raise NotReported("the account is not linked to a Key Vault secret (Fine-tuning > Manage integrations).")
    account = resources.find(world, account_id)
    identity = accounts.principal_id(account) if account else None
    if identity is None:
        raise NotReported("the account has no managed identity.")
    try:
        return read_secret(world, link["vaultUrl"], link["secretName"], Principal(identity, world.identity.tenant_id)).strip()
    except ServiceError as problem:
        where = f"secret '{link['secretName']}' of {link['vaultUrl']}"
        raise NotReported(f"{where} could not be read with the account's identity: {problem.code}: {problem.message}") from None
