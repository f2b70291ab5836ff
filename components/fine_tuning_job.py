"""A fine-tuning job: one intent is one job.

Create: adopts a job that carries the same fingerprint and neither failed nor was cancelled, else submits one; returns at once.
Read: a job that the account no longer lists is taken for standing as long as its model stands. Update: metadata and integrations,
for the next training. Delete: cancels a job that is not over; a finished job and its model stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource
from pulumi.runtime.rpc import UNKNOWN

from finetune.azure import jobs, models
from finetune.errors import FinetuneError
from finetune.settings import ModelSettings
from finetune.training.cancelling import cancel_and_wait
from finetune.training.intent import Intent, whole
from finetune.training.submission import Submission, adopt_or_submit

from . import cost_check
from .lifecycle_provider import LifecycleProvider, Props, failure, gone
from .training_file import TrainingFile

_INTENT = (
    "project",
    "stack",
    "name",
    "base",
    "method",
    "training_hash",
    "validation_hash",
    "training_type",
    "hyperparameters",
    "seed",
    "grader",
    "suffix",
    "retrain",
)
_BESIDE = ("endpoint", "region", "training_file", "validation_file", "integrations", "metadata", "role_seconds")
_INPUTS = (*_INTENT, *_BESIDE, "tokens", "examples", "budget", "estimated_cost")


def intent_of(props: Props) -> Intent:
    """The intent in a job's inputs; numbers from the engine become whole again."""
    return Intent(**{name: whole(props[name]) for name in _INTENT if props.get(name) is not None})


class FineTuningJobProvider(LifecycleProvider):
    replaces: ClassVar = {
        "endpoint": "it trains again: the account changed",
        "base": "it trains again: the base model changed",
        "method": "it trains again: the method changed",
        "training_hash": "it trains again: the training data changed",
        "validation_hash": "it trains again: the validation data changed",
        "training_type": "it trains again: the trainingType changed",
        "hyperparameters": "it trains again: the hyperparameters changed",
        "seed": "it trains again: the seed changed",
        "grader": "it trains again: the grader changed",
        "suffix": "it trains again: the suffix changed",
        "retrain": "it trains again: asked for by retrain",
    }
    updates: ClassVar = frozenset({"integrations", "metadata"})

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Estimates and holds against the budget what is about to be paid for; a job that stands is not estimated again."""
        if UNKNOWN in (news["base"], news["endpoint"]):
            return CheckResult(news, [])
        if _olds.get("estimated_cost") and not self.replaced(_olds, news):
            return CheckResult({**news, "estimated_cost": _olds["estimated_cost"]}, [])
        try:
            estimate, why = cost_check.priced(news)
            print(f"{news['name']}: training is estimated at {estimate.summary()}" + (f" (shipped prices: {why})" if why else ""))
            cost_check.hold_against_budget(estimate, news.get("budget"), news["name"])
        except FinetuneError as error:
            return CheckResult(news, [failure("budget", error)])
        return CheckResult({**news, "estimated_cost": cost_check.recorded(estimate)}, [])

    def create(self, props: Props) -> CreateResult:
        intent = intent_of(props)
        submission = Submission(
            intent=intent,
            training_file=props["training_file"],
            validation_file=props.get("validation_file"),
            integrations=tuple(props.get("integrations") or ()),
            metadata=tuple((props.get("metadata") or {}).items()),
        )
        job = adopt_or_submit(props["endpoint"], submission, props["role_seconds"])
        return CreateResult(job["id"], {**props, "fingerprint": intent.fingerprint})

    def read(self, id_: str, props: Props) -> ReadResult:
        if jobs.get(props["endpoint"], id_) is None and not models.of_job(props["endpoint"], id_):
            return gone()
        return ReadResult(id_, props, {name: props.get(name) for name in _INPUTS})

    def delete(self, _id: str, _props: Props) -> None:
        cancel_and_wait(_props["endpoint"], _id)


class FineTuningJob(Resource, module="azureopenai", name="FineTuningJob"):
    """A job that trains a model; it is submitted and not waited for (see FineTunedModel).

    Args:
        model: base, method, hyperparameters and the rest of the intent.
        endpoint: of the account.
        region: of the account, for its prices.
        base: overrides ``model.base``, for a model of this program that is trained further.
        integrations: what WandbIntegration gives; a change takes effect at the next training.
        role_seconds: how long to wait for a role assignment.

    Outputs:
        id: ``ftjob-…``. fingerprint: of the intent, also in the job's metadata. estimated_cost: usd_low, usd, usd_high as estimated
        before it was submitted.
    """

    fingerprint: pulumi.Output[str]
    estimated_cost: pulumi.Output[dict[str, float]]

    def __init__(
        self,
        name: str,
        *,
        model: ModelSettings,
        endpoint: pulumi.Input[str],
        region: str,
        training: TrainingFile,
        validation: TrainingFile | None = None,
        base: pulumi.Input[str] | None = None,
        integrations: Sequence[Mapping[str, object]] = (),
        role_seconds: float = 900,
        opts: pulumi.ResourceOptions | None = None,
    ):
        self.endpoint, self.label = endpoint, name
        props: dict[str, Any] = {
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
            "name": name,
            "endpoint": endpoint,
            "region": region,
            "base": base or model.base,
            "method": model.method,
            "training_file": training.id,
            "training_hash": training.content_hash,
            "tokens": training.tokens,
            "examples": training.examples,
            "budget": model.budget,
            "validation_file": validation.id if validation else None,
            "validation_hash": validation.content_hash if validation else "",
            "training_type": model.training_type,
            "hyperparameters": model.hyperparameters.for_method(),
            "seed": model.hyperparameters.seed,
            "grader": model.grader,
            "suffix": model.suffix,
            "retrain": model.retrain,
            "metadata": model.metadata,
            "integrations": list(integrations),
            "role_seconds": role_seconds,
            "fingerprint": None,
            "estimated_cost": None,
        }
        super().__init__(FineTuningJobProvider(), name, props, opts)
