"""What a training leaves: its steps, weights, checkpoints, the fine-tuned model and the result file."""

from __future__ import annotations

import csv
import io
import uuid
from typing import TYPE_CHECKING, Any

from local_azure.openai import files, models, timeline
from local_azure.world import World

if TYPE_CHECKING:
    from local_azure.openai.learning import Training

#: The columns of results.csv, in the service's order.
COLUMNS = (
    "step",
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "validation_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
)
#: A checkpoint's metrics carry the API's name where the table has the result file's.
_METRIC_NAMES = {"validation_mean_token_accuracy": "valid_mean_token_accuracy"}

KIND = "training"

Job = dict[str, Any]


def training(world: World, job: Job) -> dict[str, Any] | None:
    """``{steps, snapshots, trained_tokens}`` of a job, or None while nothing is computed."""
    return world.store.get(KIND, _key(job))


def trained_tokens(world: World, job: Job) -> int:
    return int(_finished(world, job)["trained_tokens"])


def steps_done(world: World, job: Job) -> list[dict[str, Any]]:
    """The metrics of the steps that are done by now, from the first."""
    trained = training(world, job)
    rows: list[dict[str, Any]] = trained["steps"] if trained else []
    return rows[: timeline.steps_done(job, len(rows), world.now())]


def keep(world: World, job: Job, trained: Training) -> None:
    """Stores a computed training; it becomes visible step by step, by the clock."""
    steps = [vars(step) for step in trained.steps]
    snapshots = [{"step": snapshot.step, "metrics": vars(snapshot.metrics)} for snapshot in trained.checkpoints]
    world.store.put(KIND, _key(job), {"steps": steps, "snapshots": snapshots, "trained_tokens": trained.trained_tokens})
    for snapshot in trained.checkpoints:
        world.store.put_blob(models.WEIGHTS, _weights_key(job, snapshot.step), snapshot.weights)
    world.store.put_blob(models.WEIGHTS, _key(job), trained.weights)


def add_fine_tuned_model(world: World, job: Job, unsafe: str | None) -> dict[str, Any]:
    suffix = f"-{job['suffix']}" if job["suffix"] else ""
    model = _model(world, job, f"{job['base']}.ft-{job['id'].removeprefix('ftjob-')}{suffix}", _key(job), unsafe)
    models.add_model(world, model)
    return model


def add_checkpoints(world: World, job: Job, unsafe: str | None) -> None:
    """Makes the last three snapshots deployable: the final model and the two before it."""
    trained = _finished(world, job)
    for snapshot in trained["snapshots"][-3:]:
        at = timeline.step_moment(job, snapshot["step"], len(trained["steps"]))
        _add_checkpoint(world, job, snapshot["step"], snapshot["metrics"], _weights_key(job, snapshot["step"]), at, unsafe)


def add_paused_checkpoint(world: World, job: Job) -> None:
    """Makes what was trained before a pause deployable.

    Weights exist at the ends of the last epochs only: the checkpoint has those of the nearest one.
    """
    trained = _finished(world, job)
    step = len(steps_done(world, job))
    nearest = min(trained["snapshots"], key=lambda snapshot: abs(int(snapshot["step"]) - step))
    _add_checkpoint(world, job, step, trained["steps"][step - 1], _weights_key(job, nearest["step"]), world.now(), None)


def checkpoints(world: World, job: Job) -> list[dict[str, Any]]:
    """The job's checkpoints as the service lists them, the latest step first."""
    mine = [model for model in models.of_account(world, job["account"]) if model["job"] == job["id"] and model.get("checkpoint_of")]
    return [_shown(model) for model in sorted(mine, key=lambda model: int(model["step"]), reverse=True)]


def add_results(world: World, job: Job) -> dict[str, Any]:
    """Writes results.csv, a row a step; nothing stands where nothing was measured."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_finished(world, job)["steps"])
    return files.add_result(world, job["account"], "results.csv", text.getvalue().encode())


def erase(world: World, job: Job) -> None:
    """Forgets the steps of a job that is deleted; its models stay."""
    world.store.delete(KIND, _key(job))


def _add_checkpoint(world: World, job: Job, step: int, metrics: dict[str, Any], weights: str, at: float, unsafe: str | None) -> None:
    name = f"ftchkpt-{uuid.uuid4().hex}"
    extra = {"checkpoint_of": job["id"], "step": step, "metrics": metrics, "created_at": at}
    models.add_model(world, _model(world, job, name, weights, unsafe) | extra)


def _model(world: World, job: Job, name: str, weights: str, unsafe: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "base": job["base"],
        "account": job["account"],
        "job": job["id"],
        "created_at": world.now(),
        "weights": weights,
        "unsafe": unsafe,
    }


def _shown(model: dict[str, Any]) -> dict[str, Any]:
    metrics = {_METRIC_NAMES.get(name, name): value for name, value in model["metrics"].items() if value is not None}
    return {
        "id": model["name"],
        "object": "fine_tuning.job.checkpoint",
        "created_at": int(model["created_at"]),
        "fine_tuned_model_checkpoint": model["name"],
        "fine_tuning_job_id": model["job"],
        "step_number": model["step"],
        "metrics": metrics,
    }


def _finished(world: World, job: Job) -> dict[str, Any]:
    trained = training(world, job)
    assert trained is not None, f"{job['id']} has trained nothing"
    return trained


def _key(job: Job) -> str:
    """Everything of an account stands under its id, so that it goes when the account is purged."""
    return f"{job['account']}|{job['id']}"


def _weights_key(job: Job, step: int) -> str:
    return f"{_key(job)}|{step}"
