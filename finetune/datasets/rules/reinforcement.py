"""Reinforcement data: the user's message last, and beside it what the grader reads."""

from __future__ import annotations

from typing import Any

from finetune.datasets.findings import Case, Cases
from finetune.datasets.limits import Limits
from finetune.datasets.rules.chat import ROLES, check_messages, role_of


def check_reinforcement(example: dict[str, Any], limits: Limits, fields: tuple[str, ...] = ()) -> Cases:
    """An example for reinforcement training.

    Args:
        fields: members that the grader reads, such as ``answer`` or ``reference.value`` (:func:`grader.item_fields`).
    """
    if "messages" not in example and "preferred_output" in example:
        yield Case("wrong-method", "", {"looks": "preference data", "method": "reinforcement", "advice": "use the method dpo"})
        return
    yield from check_messages(example, "messages", limits)
    messages = example.get("messages")
    if isinstance(messages, list) and messages:
        role = role_of(messages[-1])
        if role in ROLES and role != "user":
            yield Case("last-not-user", f"messages[{len(messages) - 1}]", {"role": role})
    for field in fields:
        if not _has(example, field):
            yield Case("grader-field-missing", "", {"field": field})


def _has(example: Any, field: str) -> bool:
    for name in field.split("."):
        if isinstance(example, list) and name.isdigit() and int(name) < len(example):
            example = example[int(name)]
        elif isinstance(example, dict) and name in example:
            example = example[name]
        else:
            return False
    return True
