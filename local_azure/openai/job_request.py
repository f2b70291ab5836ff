"""The body of a fine-tuning job: which members there are and what each may hold (azure.md section 1.2, the union of specification and docs)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_azure.http import ServiceError
from local_azure.openai.errors import refuse

#: What callers write, in any case → its proper name. The data zone's value is INFERRED.
TRAINING_TYPES = {
    "standard": "Standard",
    "globalstandard": "GlobalStandard",
    "datazonestandard": "DataZoneStandard",
    "developer": "DeveloperTier",
    "developertier": "DeveloperTier",
}

#: A check returns what the value must be, or None when it is fine.
Check = Callable[[Any], str | None]


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "a text"


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else "an object"


def _whole(least: int, most: int | None = None) -> Check:
    wanted = f"an integer of at least {least}" if most is None else f"an integer from {least} to {most}"

    def check(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= least and (most is None or value <= most)
        return None if fits else wanted

    return check


def _number(above: float | None = None) -> Check:
    wanted = "a number" if above is None else f"a number above {above:g}"

    def check(value: Any) -> str | None:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and (above is None or value > above)
        return None if fits else wanted

    return check


def _auto_or(check: Check) -> Check:
    return lambda value: None if value == "auto" or check(value) is None else f"'auto' or {check(value)}"


def _one_of(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"one of {', '.join(allowed)}"


def _suffix(value: Any) -> str | None:
    fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value)
    return None if fits else "a text of up to 40 characters from a-z, A-Z, 0-9, '-' and '_'"


def _metadata(value: Any) -> str | None:
    fits = isinstance(value, dict) and len(value) <= 16
    fits = fits and all(len(key) <= 64 and isinstance(text, str) and len(text) <= 512 for key, text in value.items())
    return None if fits else "an object of at most 16 texts, keys of at most 64 and values of at most 512 characters"


def _training_type(value: Any) -> str | None:
    return None if isinstance(value, str) and value.lower() in TRAINING_TYPES else f"one of {', '.join(sorted(set(TRAINING_TYPES.values())))}"


def _texts(value: Any) -> str | None:
    return None if isinstance(value, list) and all(isinstance(item, str) for item in value) else "a list of texts"


def _list(value: Any) -> str | None:
    return None if isinstance(value, list) else "a list"


#: Top-level members. ``metadata`` stands in the v1 specification only; the dated versions drop it (INFERRED).
MEMBERS: dict[str, Check] = {
    "model": _text,
    "training_file": _text,
    "validation_file": _text,
    "suffix": _suffix,
    "seed": _whole(0, 2_147_483_647),
    "metadata": _metadata,
    "trainingType": _training_type,
    "method": _object,
    "integrations": _list,
    "hyperparameters": _object,
}
_REQUIRED = ("model", "training_file")

_COMMON: dict[str, Check] = {
    "n_epochs": _auto_or(_whole(1)),
    "batch_size": _auto_or(_whole(1)),
    "learning_rate_multiplier": _auto_or(_number(0)),
}
#: method → its hyperparameters.
HYPERPARAMETERS: dict[str, dict[str, Check]] = {
    "supervised": _COMMON,
    "dpo": {**_COMMON, "beta": _auto_or(_number(0)), "l2_multiplier": _number(0)},
    "reinforcement": {
        **_COMMON,
        "eval_interval": _auto_or(_whole(1)),
        "eval_samples": _auto_or(_whole(1)),
        "compute_multiplier": _auto_or(_number(0)),
        "reasoning_effort": _one_of("default", "low", "medium", "high"),
    },
}
#: The deprecated ones at top level; the docs' Developer sample has prompt_loss_weight there.
_TOP_LEVEL_HYPERPARAMETERS: dict[str, Check] = {**_COMMON, "prompt_loss_weight": _number()}

#: method → members of its object.
_METHOD_MEMBERS: dict[str, dict[str, Check]] = {
    "supervised": {"hyperparameters": _object},
    "dpo": {"hyperparameters": _object},
    "reinforcement": {"hyperparameters": _object, "grader": _object, "response_format": _object},
}
_GRADERS = ("string_check", "text_similarity", "score_model", "python", "multi")

_INTEGRATION: dict[str, Check] = {"type": _one_of("wandb"), "wandb": _object}
_WANDB: dict[str, Check] = {"project": _text, "name": _text, "entity": _text, "tags": _texts}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A checked body. ``training_type`` is None when the caller left it out."""

    model: str
    training_file: str
    validation_file: str | None
    method: str
    method_body: dict[str, Any]
    hyperparameters: dict[str, Any]
    suffix: str | None
    seed: int | None
    training_type: str | None
    integrations: list[dict[str, Any]]
    metadata: dict[str, str] | None = field(default=None)


def read(body: dict[str, Any], *, v1: bool) -> JobRequest:
    """Checks a body and merges the deprecated top-level hyperparameters into the method's.

    Raises:
        ServiceError: 400 ``invalidPayload`` naming the member.
    """
    given = {name: value for name, value in body.items() if value is not None}
    _check(given, MEMBERS, "", _REQUIRED)
    method, method_body, hyperparameters = _method(given)
    return JobRequest(
        model=given["model"],
        training_file=given["training_file"],
        validation_file=given.get("validation_file"),
        method=method,
        method_body=method_body,
        hyperparameters=hyperparameters,
        suffix=given.get("suffix"),
        seed=given.get("seed"),
        training_type=TRAINING_TYPES[given["trainingType"].lower()] if "trainingType" in given else None,
        integrations=_integrations(given.get("integrations", [])),
        metadata=given.get("metadata") if v1 else None,
    )


def _method(given: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The method's name, its object without hyperparameters, and the hyperparameters from both places."""
    asked = given.get("method", {"type": "supervised"})
    name = asked.get("type")
    if name not in HYPERPARAMETERS:
        raise _bad("method.type", f"one of {', '.join(HYPERPARAMETERS)}")
    _check(asked, {"type": _text, **dict.fromkeys(HYPERPARAMETERS, _object)}, "method.")
    if strangers := set(asked) - {"type", name}:
        raise refuse("bad payload", why=f"'method.{min(strangers)}' does not go with the method type '{name}'.")
    body = {key: value for key, value in asked.get(name, {}).items() if value is not None}
    _check(body, _METHOD_MEMBERS[name], f"method.{name}.")
    _check_reinforcement(given, name, body)
    old, new = given.get("hyperparameters", {}), body.pop("hyperparameters", {})
    _check(old, _TOP_LEVEL_HYPERPARAMETERS, "hyperparameters.")
    _check(new, HYPERPARAMETERS[name], f"method.{name}.hyperparameters.")
    return name, body, {**old, **new}


def _check_reinforcement(given: dict[str, Any], method: str, body: dict[str, Any]) -> None:
    """Reinforcement needs a grader and a validation file (prices-models.md section 1.3)."""
    if method != "reinforcement":
        return
    if body.get("grader", {}).get("type") not in _GRADERS:
        raise _bad("method.reinforcement.grader.type", f"one of {', '.join(_GRADERS)}")
    if "validation_file" not in given:
        raise refuse("bad payload", why="'validation_file' is required for the method 'reinforcement'.")


def _integrations(rows: list[Any]) -> list[dict[str, Any]]:
    for at, row in enumerate(rows):
        where = f"integrations[{at}]"
        if not isinstance(row, dict):
            raise _bad(where, "an object")
        _check(row, _INTEGRATION, f"{where}.", ("type", "wandb"))
        _check({k: v for k, v in row["wandb"].items() if v is not None}, _WANDB, f"{where}.wandb.", ("project",))
    if len(rows) > 1:
        raise refuse("bad payload", why="'integrations' may hold one integration of a type.")
    return rows


def _check(given: Mapping[str, Any], members: Mapping[str, Check], where: str, required: tuple[str, ...] = ()) -> None:
    """Checks an object: no member that the table lacks, none missing, each value as the table says."""
    for name in required:
        if name not in given:
            raise refuse("bad payload", why=f"'{where}{name}' is required.")
    for name, value in given.items():
        if name not in members:
            raise refuse("bad payload", why=f"Unknown parameter: '{where}{name}'.")
        if value is not None and (wanted := members[name](value)):
            raise _bad(f"{where}{name}", wanted)


def _bad(path: str, wanted: str) -> ServiceError:
    return refuse("bad payload", why=f"'{path}' must be {wanted}.")
