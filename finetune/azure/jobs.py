"""Fine-tuning jobs of an account: list, create, look, cancel, events, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from finetune.azure.openai_clients import client
from finetune.azure.openai_package import openai
from finetune.azure.patience import persist
from finetune.azure.refusals import refused


def all_jobs(endpoint: str) -> Iterator[dict[str, Any]]:
    """Every job of the account, newest first, page by page."""
    try:
        for job in client(endpoint).fine_tuning.jobs.list(limit=100):
            yield job.to_dict()
    except openai.OpenAIError as error:
        raise refused(error, f"list the fine-tuning jobs of {endpoint}") from None


def create(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """Submits a job, once. ``body`` is the request as the service takes it, ``trainingType`` included."""
    own = {name: body[name] for name in ("trainingType",) if name in body}
    known = {name: value for name, value in body.items() if name not in own}
    try:
        return client(endpoint).fine_tuning.jobs.create(**known, extra_body=own or None).to_dict()
    except openai.OpenAIError as error:
        raise refused(error, f"submit a fine-tuning job for {body['model']}") from None


def get(endpoint: str, job_id: str) -> dict[str, Any] | None:
    """The job as it is, or None if the account has no such job."""

    def once() -> dict[str, Any] | None:
        try:
            return client(endpoint).fine_tuning.jobs.retrieve(job_id).to_dict()
        except openai.NotFoundError:
            return None
        except openai.OpenAIError as error:
            raise refused(error, f"look at job {job_id}") from None

    return persist(once)


def cancel(endpoint: str, job_id: str) -> None:
    """Asks the service to cancel a job; one that is over or gone is fine."""

    def once() -> None:
        try:
            client(endpoint).fine_tuning.jobs.cancel(job_id)
        except (openai.NotFoundError, openai.ConflictError, openai.BadRequestError):
            return
        except openai.OpenAIError as error:
            raise refused(error, f"cancel job {job_id}") from None

    persist(once)


def events(endpoint: str, job_id: str) -> list[dict[str, Any]]:
    """All events, oldest first."""

    def once() -> list[dict[str, Any]]:
        try:
            found = [event.to_dict() for event in client(endpoint).fine_tuning.jobs.list_events(job_id, limit=100)]
        except openai.OpenAIError as error:
            raise refused(error, f"read the events of job {job_id}") from None
        return sorted(found, key=lambda event: event["created_at"])

    return persist(once)


def checkpoints(endpoint: str, job_id: str) -> list[dict[str, Any]]:
    """The deployable checkpoints, by step."""

    def once() -> list[dict[str, Any]]:
        try:
            found = [item.to_dict() for item in client(endpoint).fine_tuning.jobs.checkpoints.list(job_id)]
        except openai.OpenAIError as error:
            raise refused(error, f"read the checkpoints of job {job_id}") from None
        return sorted(found, key=lambda item: item["step_number"])

    return persist(once)


async def look(service: openai.AsyncOpenAI, job_id: str) -> dict[str, Any]:
    """One look at a job, from an event loop."""
    try:
        return (await service.fine_tuning.jobs.retrieve(job_id)).to_dict()
    except openai.OpenAIError as error:
        raise refused(error, f"look at job {job_id}") from None


async def latest_events(service: openai.AsyncOpenAI, job_id: str, limit: int = 20) -> list[dict[str, Any]]:
    """The newest events, oldest first."""
    try:
        page = await service.fine_tuning.jobs.list_events(job_id, limit=limit)
    except openai.OpenAIError as error:
        raise refused(error, f"read the events of job {job_id}") from None
    return sorted((event.to_dict() for event in page.data), key=lambda event: event["created_at"])


def find(endpoint: str, matches: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """The newest job that matches, or None."""
    return next((job for job in all_jobs(endpoint) if matches(job)), None)
