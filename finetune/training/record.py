"""What a finished job left: the model, its checkpoints, metrics and tokens, read once and kept as the truth."""

from __future__ import annotations

import csv
import io
from typing import Any

from finetune.azure import files, jobs
from finetune.errors import FinetuneError

#: Columns of the result file (azure.md §1.2) → the names that a record uses.
METRICS = {
    "train_loss": "train_loss",
    "train_mean_token_accuracy": "train_accuracy",
    "full_valid_loss": "validation_loss",
    "full_valid_mean_token_accuracy": "validation_accuracy",
}

#: Words of the service's events by which we know that they speak of Weights & Biases.
WANDB_WORDS = ("wandb", "weights & biases", "weights and biases")


def read_finished(endpoint: str, job_id: str, name: str) -> dict[str, Any]:
    """Reads a succeeded job.

    Returns:
        ``fine_tuned_model``, ``base``, ``trained_tokens``, ``result_file``, ``metrics`` (final values), ``checkpoints``
        (step, id and metrics of each), ``seed``, ``finished_at`` (seconds since the epoch), ``wandb`` (what the job said of it).

    Raises:
        FinetuneError: when the job is gone, failed or was cancelled, with the service's own words and what to do.
    """
    job = jobs.get(endpoint, job_id)
    if job is None:
        raise FinetuneError(f"the account has no job {job_id}", do=f"raise models.{name}.retrain to train again", source=name)
    told = jobs.events(endpoint, job_id)
    if job["status"] != "succeeded":
        raise _ended_badly(job, told, name)
    results = job.get("result_files") or []
    return {
        "fine_tuned_model": job["fine_tuned_model"],
        "base": job["model"],
        "trained_tokens": job.get("trained_tokens"),
        "seed": job.get("seed"),
        "finished_at": job.get("finished_at"),
        "result_file": results[0] if results else "",
        "metrics": final_metrics(files.content(endpoint, results[0])) if results else {},
        "checkpoints": [_checkpoint(item) for item in jobs.checkpoints(endpoint, job_id)],
        "wandb": wandb_report(job, told),
    }


def _checkpoint(item: dict[str, Any]) -> dict[str, Any]:
    metrics = {key: value for key, value in (item.get("metrics") or {}).items() if value is not None}
    return {"step": item["step_number"], "id": item["fine_tuned_model_checkpoint"], "metrics": metrics}


def final_metrics(result_csv: bytes) -> dict[str, float]:
    """The last value of each metric in a result file."""
    final: dict[str, float] = {}
    for row in csv.DictReader(io.StringIO(result_csv.decode("utf-8-sig"))):
        for column, name in METRICS.items():
            if row.get(column) not in (None, ""):
                final[name] = float(row[column])
    return final


def wandb_report(job: dict[str, Any], told: list[dict[str, Any]]) -> str:
    """``off``, ``ok``, or what the service said about Weights & Biases."""
    if not job.get("integrations"):
        return "off"
    trouble = [
        event["message"]
        for event in told
        if event.get("level") in ("warning", "warn", "error") and any(word in event["message"].lower() for word in WANDB_WORDS)
    ]
    return trouble[-1] if trouble else "ok"


#: Words in a job's error → what to do. Source of the texts: azure.md §6.
_REMEDIES = (
    ("failed RAI checks", "remove the examples of the harm types that are named, then run again; the run was not charged"),
    ("unable to be deployed", "review the training data for the harms that are named; the run was not charged"),
    ("does not support fine-tuning", "choose a base model and trainingType that the region offers"),
    ("quota", "wait for running jobs, or train in another region"),
)


def _ended_badly(job: dict[str, Any], told: list[dict[str, Any]], name: str) -> FinetuneError:
    error = job.get("error") or {}
    said = error.get("message") or next((event["message"] for event in reversed(told) if event.get("level") == "error"), "the service gave no reason")
    code = f"{error['code']}: " if error.get("code") else ""
    remedy = next((text for words, text in _REMEDIES if words.lower() in said.lower()), "mend the cause")
    again = f"then change the data, or raise models.{name}.retrain, and run `pulumi up` again"
    ended = "was cancelled" if job["status"] == "cancelled" else "failed"
    return FinetuneError(f"training job {job['id']} {ended}", f"{code}{said}" if job["status"] == "failed" else "", f"{remedy}; {again}", source=name)
