"""One intent, one job: look for a job that carries the fingerprint, else submit; after an uncertain answer look again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from finetune.azure import jobs
from finetune.azure.patience import persist
from finetune.training.intent import FINGERPRINT_KEY, OWNER_KEY, Intent, whole
from finetune.training.lifecycle import stage


@dataclass(frozen=True)
class Submission:
    """An intent with the ids and wishes that the request needs beside it."""

    intent: Intent
    training_file: str
    validation_file: str | None = None
    integrations: tuple[dict[str, Any], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()

    def body(self) -> dict[str, Any]:
        """The request as the service takes it."""
        intent = self.intent
        method: dict[str, Any] = {"hyperparameters": intent.hyperparameters} if intent.hyperparameters else {}
        if intent.grader:
            method["grader"] = intent.grader
        optional = {
            "validation_file": self.validation_file,
            "suffix": intent.suffix or None,
            "seed": intent.seed,
            "integrations": list(self.integrations) or None,
        }
        return {
            "model": intent.base,
            "training_file": self.training_file,
            "method": {"type": intent.method, intent.method: method},
            "trainingType": intent.training_type,
            "metadata": {**dict(self.metadata), FINGERPRINT_KEY: intent.fingerprint, OWNER_KEY: intent.owner[:512]},
            **{name: value for name, value in optional.items() if value is not None},
        }


def carries(submission: Submission) -> Callable[[dict[str, Any]], bool]:
    """Whether a job answers for this intent: same fingerprint, and neither failed nor cancelled.

    Where a service drops metadata, a job counts that was made of the same files, base, method, hyperparameters, suffix and seed.
    """
    intent = submission.intent

    def matches(job: dict[str, Any]) -> bool:
        if not stage(job["status"]).adoptable:
            return False
        metadata = job.get("metadata")
        if metadata:
            return bool(metadata.get(FINGERPRINT_KEY) == intent.fingerprint)
        return intent.retrain == 0 and intent.seed is not None and _same_request(job, submission)

    return matches


def _same_request(job: dict[str, Any], submission: Submission) -> bool:
    intent = submission.intent
    wanted = (intent.base, submission.training_file, submission.validation_file or "", intent.suffix, intent.seed)
    found = (job["model"], job["training_file"], job.get("validation_file") or "", job.get("suffix") or "", job.get("seed"))
    echoed = str(job.get("trainingType") or intent.training_type)  # in another case than it was sent
    return wanted == found and echoed.lower() == intent.training_type.lower() and _method(job) == (intent.method, _chosen(intent.hyperparameters))


def _method(job: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A listed job's method and hyperparameters; dated routes echo the latter at the top (azure.md §1.2)."""
    method = job.get("method") or {"type": "supervised"}
    of_method = (method.get(method["type"]) or {}).get("hyperparameters")
    return method["type"], _chosen(of_method or job.get("hyperparameters") or {})


def _chosen(hyperparameters: dict[str, Any]) -> dict[str, Any]:
    """Without those that the service decides: ``auto``, which Azure shows as -1."""
    return {name: value for name, value in whole(hyperparameters).items() if value not in ("auto", -1)}


def adopt_or_submit(endpoint: str, submission: Submission, role_seconds: float, say: Callable[[str], None] = print) -> dict[str, Any]:
    """The job of this intent. Each try looks first, so neither a lost answer nor a killed process makes a second one."""

    def once() -> dict[str, Any]:
        if existing := jobs.find(endpoint, carries(submission)):
            say(f"job {existing['id']} ({existing['status']}) was made for this already; it is adopted")
            return existing
        return jobs.create(endpoint, submission.body())

    return persist(once, role_seconds=role_seconds, say=say)
