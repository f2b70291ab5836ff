"""Chat completions: a deployment answers from the weights that it serves, in one piece or as a stream."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_azure.arm import resources
from local_azure.arm.cognitiveservices import deployments
from local_azure.http import Call, Reply
from local_azure.openai import models
from local_azure.openai.errors import refuse
from local_azure.openai.sign_in import account_id
from local_azure.world import World

if TYPE_CHECKING:
    from local_azure.openai.learning import Completion

#: Members that change the answer here.
_OBEYED = ("messages", "model", "max_tokens", "max_completion_tokens", "temperature", "seed", "n", "stop", "stream", "stream_options")
#: Members that are accepted and change nothing in so small a model.
_IGNORED = (
    *("top_p", "user", "frequency_penalty", "presence_penalty", "reasoning_effort", "service_tier"),
    *("tools", "tool_choice", "parallel_tool_calls"),
)
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_MOST_CHOICES = 128
_DEFAULT_TOKENS = 256
_TOKENS_PER_CAPACITY, _REQUESTS_PER_CAPACITY = 1000, 1


@dataclass(frozen=True, slots=True)
class Question:
    """A checked request."""

    messages: list[dict[str, Any]]
    max_tokens: int
    temperature: float
    seed: int | None
    n: int
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool


def complete_chat(world: World, call: Call) -> Reply:
    """The dated route: the deployment stands in the path."""
    return _complete(world, call, call.params["deployment"], call.json())


def complete_chat_v1(world: World, call: Call) -> Reply:
    """The v1 route: ``model`` is the deployment's name."""
    body = call.json()
    if not isinstance(body.get("model"), str):
        raise refuse("bad payload", why="'model' is required and must be the name of a deployment.")
    return _complete(world, call, body["model"], body)


def _complete(world: World, call: Call, name: str, body: dict[str, Any]) -> Reply:
    deployment = resources.find(world, f"{account_id(call)}/deployments/{name}")
    serving = deployments.serving(world, account_id(call), name)
    if deployment is None or serving is None:
        raise refuse("no deployment")
    if deployments.is_paused(world, account_id(call), name):
        raise refuse("deployment paused", name=deployment["name"])
    question = _read(body)
    weights, model = _weights(world, call, serving)
    deployments.touch(world, account_id(call), name)
    answers = [_answer(weights, question, at) for at in range(question.n)]
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(world.now()), "model": model, "system_fingerprint": None}
    headers = _rate_limits(deployment, answers)
    if question.stream:
        return Reply(200, None, headers, stream=_stream(head, answers, question.include_usage))
    return Reply(200, {**head, "object": "chat.completion", "choices": _choices(answers), "usage": _usage(answers)}, headers)


def _weights(world: World, call: Call, serving: dict[str, Any]) -> tuple[bytes | None, str]:
    """The weights that a deployment answers from (None for a base model), and the model's name as the answer gives it."""
    holder = serving.get("source") or serving.get("sourceAccount") or account_id(call)
    model = models.find_model(world, holder, serving["name"])
    if model is not None:
        return models.weights(world, model), model["name"]
    name, version = serving["name"], serving.get("version")
    return None, f"{name}-{version}" if version and not name.endswith(version) else name


def _answer(weights: bytes | None, question: Question, choice: int) -> Completion:
    from local_azure.openai.learning import answer  # late: it imports numpy, which would delay every start

    seed = None if question.seed is None else question.seed + choice
    return answer(weights, question.messages, max_tokens=question.max_tokens, temperature=question.temperature, seed=seed, stop=question.stop)


# -- the request ------------------------------------------------------------------------------------------------------------


def _read(body: dict[str, Any]) -> Question:
    """Checks a request body.

    Raises:
        ServiceError: 400 naming the member; ``NotEmulated`` for one that Azure has and this does not.
    """
    given = {name: value for name, value in body.items() if value is not None}
    for name, value in given.items():
        if name not in _OBEYED + _IGNORED and not _is_harmless(name, value):
            raise refuse("not emulated", what=f"the parameter '{name}' of chat completions")
    stop = given.get("stop", [])
    question = Question(
        messages=_messages(given.get("messages")),
        max_tokens=_integer(given, "max_completion_tokens", _integer(given, "max_tokens", _DEFAULT_TOKENS)),
        temperature=_number(given, "temperature", 1.0, 2.0),
        seed=given.get("seed"),
        n=_integer(given, "n", 1),
        stop=tuple([stop] if isinstance(stop, str) else stop),
        stream=given.get("stream", False) is True,
        include_usage=(given.get("stream_options") or {}).get("include_usage", False) is True,
    )
    if question.n > _MOST_CHOICES:
        raise refuse("bad payload", why=f"'n' must be at most {_MOST_CHOICES}.")
    if question.seed is not None and (not isinstance(question.seed, int) or isinstance(question.seed, bool)):
        raise refuse("bad payload", why="'seed' must be an integer.")
    if len(question.stop) > 4 or not all(isinstance(text, str) for text in question.stop):
        raise refuse("bad payload", why="'stop' must be a text or a list of up to 4 texts.")
    return question


def _is_harmless(name: str, value: Any) -> bool:
    """Parameters that are fine with the one value that asks for nothing."""
    return (name, value) in (("store", False), ("logprobs", False)) or (name == "response_format" and value == {"type": "text"})


def _messages(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise refuse("bad payload", why="'messages' must be a list with at least one message.")
    for at, message in enumerate(value):
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise refuse("bad payload", why=f"'messages[{at}].role' must be one of {', '.join(_ROLES)}.")
        if not isinstance(message.get("content"), str | list) and message["role"] != "assistant":
            raise refuse("bad payload", why=f"'messages[{at}].content' must be a text or a list of parts.")
    return value


def _integer(given: dict[str, Any], name: str, default: int) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise refuse("bad payload", why=f"'{name}' must be an integer of at least 1.")
    return value


def _number(given: dict[str, Any], name: str, default: float, most: float) -> float:
    value = given.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise refuse("bad payload", why=f"'{name}' must be a number from 0 to {most:g}.")
    return float(value)


# -- the answer -------------------------------------------------------------------------------------------------------------


def _message(completion: Completion) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": completion.text or None if completion.tool_calls else completion.text, "refusal": None}
    return message | ({"tool_calls": completion.tool_calls} if completion.tool_calls else {})


def _choices(answers: list[Completion]) -> list[dict[str, Any]]:
    return [{"index": at, "message": _message(one), "logprobs": None, "finish_reason": one.finish_reason} for at, one in enumerate(answers)]


def _usage(answers: list[Completion]) -> dict[str, int]:
    prompt, completion = answers[0].prompt_tokens, sum(one.completion_tokens for one in answers)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _rate_limits(deployment: dict[str, Any], answers: list[Completion]) -> dict[str, str]:
    """The headers by which Azure tells how much is left. Nothing is throttled here but by declared faults."""
    capacity = int(deployment.get("sku", {}).get("capacity") or 1)
    tokens, requests = capacity * _TOKENS_PER_CAPACITY, capacity * _REQUESTS_PER_CAPACITY
    return {
        "x-ratelimit-limit-requests": str(requests),
        "x-ratelimit-limit-tokens": str(tokens),
        "x-ratelimit-remaining-requests": str(max(0, requests - 1)),
        "x-ratelimit-remaining-tokens": str(max(0, tokens - _usage(answers)["total_tokens"])),
    }


def _stream(head: dict[str, Any], answers: list[Completion], include_usage: bool) -> Iterator[bytes]:
    """Server-sent events. As on Azure the first one has no choices: it carries the result of the prompt's filter."""
    head = {**head, "object": "chat.completion.chunk"}
    yield _event({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})
    for at, one in enumerate(answers):
        for delta in _deltas(one):
            yield _event({**head, "choices": [{"index": at, "delta": delta, "logprobs": None, "finish_reason": None}]})
        yield _event({**head, "choices": [{"index": at, "delta": {}, "logprobs": None, "finish_reason": one.finish_reason}]})
    if include_usage:
        yield _event({**head, "choices": [], "usage": _usage(answers)})
    yield b"data: [DONE]\n\n"


def _deltas(completion: Completion) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": "", "refusal": None}
    for at, call in enumerate(completion.tool_calls):
        yield {"tool_calls": [{"index": at, **call}]}
    words = completion.text.split(" ")
    for at, word in enumerate(words):
        if text := word if at == 0 else f" {word}":
            yield {"content": text}


def _event(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()
