"""Models that an account can see: base models and its own fine-tuned ones."""

from __future__ import annotations

from finetune.azure.openai_clients import client
from finetune.azure.openai_package import openai
from finetune.azure.patience import persist
from finetune.azure.refusals import refused


def exists(endpoint: str, model: str) -> bool:
    """Whether the account has the model."""

    def once() -> bool:
        try:
            client(endpoint).models.retrieve(model)
        except openai.NotFoundError:
            return False
        except openai.OpenAIError as error:
            raise refused(error, f"look at model {model}") from None
        return True

    return persist(once)


def of_job(endpoint: str, job_id: str) -> str | None:
    """The fine-tuned model that a job made: its id carries the job's (azure.md §1.2)."""
    mark = f".ft-{job_id.removeprefix('ftjob-')}"

    def once() -> str | None:
        try:
            return next((model.id for model in client(endpoint).models.list() if mark in model.id), None)
        except openai.OpenAIError as error:
            raise refused(error, f"list the models of {endpoint}") from None

    return persist(once)
