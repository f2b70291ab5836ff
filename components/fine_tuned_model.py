"""The model that a job made: waited for in the program, read once, recorded for good.

Create: reads the finished job and records model, checkpoints, metrics and tokens; a failed job is an error with the service's
own words. Read: looks whether the model is still there. Update: nothing. Delete: nothing; Azure keeps the model.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource

from finetune.azure import models
from finetune.errors import FinetuneError
from finetune.training.record import read_finished
from finetune.training.waiting import JobWaiter, Progress

from .fine_tuning_job import FineTuningJob
from .lifecycle_provider import LifecycleProvider, Props, gone

#: One for the whole program: a poller an account, not one a job.
_waiter = JobWaiter()


class FineTunedModelProvider(LifecycleProvider):
    replaces: ClassVar = {"job_id": "", "endpoint": ""}

    def create(self, props: Props) -> CreateResult:
        record = read_finished(props["endpoint"], props["job_id"], props["name"])
        if record["wandb"] not in ("ok", "off"):
            print(f"{props['name']}: Weights & Biases has nothing of {props['job_id']}: {record['wandb']}")
        return CreateResult(record["fine_tuned_model"], {**props, **record})

    def read(self, id_: str, props: Props) -> ReadResult:
        if not models.exists(props["endpoint"], id_):
            return gone()
        return ReadResult(id_, props, {name: props.get(name) for name in ("name", "endpoint", "job_id")})


class FineTunedModel(Resource, module="azureopenai", name="FineTunedModel"):
    """A model that stands.

    Args:
        job: the job to wait for. In a preview nothing is waited for and nothing is asked.

    Outputs:
        fine_tuned_model: its id. checkpoints: step, id and metrics of each deployable one. metrics: final values. trained_tokens,
        seed, finished_at (seconds since the epoch), result_file. wandb: ``off``, ``ok``, or what the service said.
    """

    fine_tuned_model: pulumi.Output[str]
    base: pulumi.Output[str]
    checkpoints: pulumi.Output[list[dict[str, Any]]]
    metrics: pulumi.Output[dict[str, float]]
    trained_tokens: pulumi.Output[int]
    result_file: pulumi.Output[str]
    wandb: pulumi.Output[str]
    job_id: pulumi.Output[str]

    def __init__(self, name: str, *, job: FineTuningJob, opts: pulumi.ResourceOptions | None = None):
        recorded = ("fine_tuned_model", "base", "checkpoints", "metrics", "trained_tokens", "result_file", "seed", "finished_at", "wandb")
        props = {"name": name, "endpoint": job.endpoint, "job_id": awaited(job), **dict.fromkeys(recorded)}
        super().__init__(FineTunedModelProvider(), name, props, opts)

    def checkpoint(self, step: int) -> pulumi.Output[str]:
        """The id of the checkpoint of a step. Fails with the steps that there are."""

        def pick(found: list[dict[str, Any]]) -> str:
            for item in found:
                if item["step"] == step:
                    return str(item["id"])
            there = ", ".join(str(int(item["step"])) for item in found)
            raise pulumi.RunError(f"there is no deployable checkpoint of step {step}; there are: {there}")

        return self.checkpoints.apply(pick)


def awaited(job: FineTuningJob) -> pulumi.Output[str]:
    """The job's id once the job is over."""

    async def wait(known: list[str]) -> str:
        job_id, endpoint = known
        if pulumi.runtime.is_dry_run():
            return job_id
        try:
            await _waiter.wait(endpoint, job_id, job.label, lambda progress: _tell(job, progress))
        except FinetuneError as error:  # the engine shows this kind without a trace
            raise pulumi.RunError(f"{job.label}: job {job_id} goes on, but waiting for it ended\n{error}") from None
        return job_id

    return pulumi.Output.all(job.id, job.endpoint).apply(wait)


def _tell(job: FineTuningJob, progress: Progress) -> None:
    pulumi.log.info(str(progress), job, ephemeral=True)
