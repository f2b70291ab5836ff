"""Chat completions of a deployment: a question, and the probe that tells whether it answers."""

from __future__ import annotations

import re

from finetune.azure.openai_clients import client
from finetune.azure.openai_package import openai
from finetune.azure.patience import persist
from finetune.azure.refusals import refused
from finetune.errors import ServiceBusy, ServiceRefused

#: Models that refuse ``max_tokens`` take this name; all of Azure's v1 API does.
_ONE_TOKEN = {"max_completion_tokens": 1}


def ask(endpoint: str, deployment: str, question: str, system: str = "", max_tokens: int = 400) -> str:
    """One answer of a deployment.

    Args:
        question, system: the user's and the system's message.
        max_tokens: of the answer.
    """
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": question})
    try:
        answer = client(endpoint).chat.completions.create(
            model=deployment,
            messages=messages,  # type: ignore[arg-type]
            max_completion_tokens=max_tokens,
            temperature=0,
        )
    except openai.OpenAIError as error:
        raise refused(error, f"ask deployment {deployment}") from None
    return answer.choices[0].message.content or ""


def answering_model(endpoint: str, deployment: str) -> str:
    """The model that answers now: a completion of one token.

    Raises:
        ServiceBusy: while the deployment is not there or not ready.
    """
    try:
        answer = client(endpoint).chat.completions.create(
            model=deployment,
            messages=[{"role": "user", "content": "ping"}],
            **_ONE_TOKEN,  # type: ignore[call-overload]
        )
    except openai.OpenAIError as error:
        raise refused(error, f"reach deployment {deployment}") from None
    return str(answer.model)


def wait_until_answers(endpoint: str, deployment: str, model: str, role_seconds: float, seconds: float) -> None:
    """Waits until the deployment answers with the model that it should have.

    Args:
        model: as deployed.

    Raises:
        ServiceRefused: when it does not answer in time, or refuses for a reason that does not pass.
    """

    def once() -> None:
        answers = answering_model(endpoint, deployment)
        if not same_model(answers, model):
            raise ServiceBusy(f"could not reach {model} at deployment {deployment}", f"it still answers with {answers}", code="DeploymentNotReady")

    persist(once, role_seconds=role_seconds, busy_seconds=seconds)


def same_model(one: str, other: str) -> bool:
    """Whether two names mean one model: versions are written into base models' names in some answers and not in others.

    ``gpt-4.1`` and ``gpt-4.1-2025-04-14`` are one; ``gpt-4.1-mini`` and a model fine-tuned from it (``….ft-…``) are others.
    """
    short, long = sorted((one.lower(), other.lower()), key=len)
    return long == short or (long.startswith(short) and re.fullmatch(r"-\d[\d-]*", long[len(short) :]) is not None)


#: What a paused deployment answers (azure.md §1.1, Deployment.tsp).
PAUSED = 423


def exists(endpoint: str, deployment: str) -> bool:
    """Whether the data plane knows the deployment now."""

    def once() -> bool:
        try:
            answering_model(endpoint, deployment)
        except ServiceRefused as error:
            if error.code == "DeploymentNotFound":
                return False
            if error.status != PAUSED:
                raise
        return True

    return persist(once)
