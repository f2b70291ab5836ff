"""What somebody wants to train, and the fingerprint by which one intent is one job.

The fingerprint goes into the job's metadata. It does not depend on the API that trains.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

#: Metadata keys that the toolkit writes into a job.
FINGERPRINT_KEY, OWNER_KEY = "finetuning_fingerprint", "finetuning_owner"
VERSION = "v1"


@dataclass(frozen=True)
class Intent:
    """Everything that makes a training what it is. Tags, waiting, budgets and deployments are no part of it.

    Args:
        project, stack, name: the resource that wants it.
        base: base model or earlier fine-tuned model.
        training_hash, validation_hash: SHA-256 of the data, hex; empty without validation.
        hyperparameters: only those that differ from the service's choice.
        suffix: end of the model's name.
        retrain: a counter that somebody raises to train again.
    """

    project: str
    stack: str
    name: str
    base: str
    method: str
    training_hash: str
    training_type: str
    validation_hash: str = ""
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    grader: dict[str, Any] | None = None
    suffix: str = ""
    retrain: int = 0

    @property
    def owner(self) -> str:
        return f"{self.project}/{self.stack}/{self.name}"

    @property
    def fingerprint(self) -> str:
        """``v1:`` and 40 hex digits of SHA-256 over canonical JSON with defaults left out."""
        values = {key: whole(value) for key, value in asdict(self).items() if value not in (None, "", {}, 0)}
        values["hyperparameters"] = {key: value for key, value in whole(self.hyperparameters).items() if value != "auto"}
        if self.seed is not None:
            values["seed"] = self.seed
        canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"{VERSION}:{hashlib.sha256(canonical.encode()).hexdigest()[:40]}"


def whole(value: Any) -> Any:
    """A document with numbers as people write them, and without empty members.

    3 and 3.0 are the same wish: numbers come back from the engine as floats.
    """
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
