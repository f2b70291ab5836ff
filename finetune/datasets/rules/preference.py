"""Preference data: an input, the output that is preferred and the one that is not."""

from __future__ import annotations

from typing import Any

from finetune.datasets.findings import Case, Cases
from finetune.datasets.limits import Limits
from finetune.datasets.rules import tools
from finetune.datasets.rules.chat import check_message, check_messages, members, role_of
from finetune.datasets.rules.values import kind, shown

OUTPUTS = ("preferred_output", "non_preferred_output")
_MEMBERS = frozenset({"input", *OUTPUTS})
_OUTPUT_ROLES = ("assistant", "tool", "function")


def check_preference(example: dict[str, Any], limits: Limits) -> Cases:
    """An example for direct preference optimization."""
    if "messages" in example and not _MEMBERS & set(example):
        yield Case("wrong-method", "", {"looks": "supervised data", "method": "dpo", "advice": "use the method supervised"})
        return
    yield from members(example, _MEMBERS, "dpo")
    yield from _input(example, limits)
    for key in OUTPUTS:
        yield from _output(example, key, limits)
    first, second = (example.get(key) for key in OUTPUTS)
    if isinstance(first, list) and first and first == second:
        yield Case("outputs-identical", OUTPUTS[1])


def _input(example: dict[str, Any], limits: Limits) -> Cases:
    if "input" not in example:
        yield Case("input-missing")
        return
    given = example["input"]
    if not isinstance(given, dict):
        yield Case("input-type", "input", {"kind": kind(given)})
        return
    yield from check_messages(given, "messages", limits, "input.")
    messages = given.get("messages")
    if isinstance(messages, list) and messages and role_of(messages[-1]) == "assistant" and not messages[-1].get("tool_calls"):
        yield Case("input-ends-with-assistant", f"input.messages[{len(messages) - 1}]")


def _output(example: dict[str, Any], key: str, limits: Limits) -> Cases:
    if key not in example:
        yield Case("output-missing", "", {"key": key})
        return
    output = example[key]
    if not isinstance(output, list):
        yield Case("output-type", key, {"key": key, "kind": kind(output)})
    elif not output:
        yield Case("output-empty", key, {"key": key})
    else:
        for index, message in enumerate(output):
            yield from check_message(message, f"{key}[{index}]", limits)
            role = role_of(message)
            if role in ("system", "developer", "user"):
                yield Case("output-role", f"{key}[{index}].role", {"role": shown(role)})
        given = example["input"] if isinstance(example.get("input"), dict) else {}
        before = given["messages"] if isinstance(given.get("messages"), list) else []
        yield from tools.check_calls(output, key, tools.definitions(given, "tools"), tools.definitions(given, "functions"), before)
