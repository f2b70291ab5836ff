"""What the service checks when it imports a file for fine-tuning: JSON lines, at least ten examples, one known shape."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import Any

LEAST_EXAMPLES = 10

_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
#: The member of a line that tells its shape.
_PREFERENCE = ("input", "preferred_output", "non_preferred_output")


class BadLine(Exception):
    """What is wrong with a line."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of an import.

    Args:
        examples: how many lines hold an example.
        shape: ``chat`` (ends with the assistant), ``reinforcement`` (ends with the user) or ``preference``.
        problem: why the file is refused, or None.
    """

    examples: int
    shape: str
    problem: str | None = None


def check(content: bytes) -> Checked:
    """Checks a file's content. A byte order mark at its start is fine."""
    examples, shape = 0, ""
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found = _shape(_decoded(line))
            if shape and found != shape:
                raise BadLine(f"the example is of the kind '{found}', those before it are '{shape}'")
        except BadLine as problem:
            return Checked(examples, shape, f"Validation of the jsonl file failed at line {number}: {problem}.")
        examples, shape = examples + 1, found
    if examples < LEAST_EXAMPLES:
        return Checked(examples, shape, f"The file has {examples} example(s), but must have at least {LEAST_EXAMPLES} examples.")
    return Checked(examples, shape)


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        raise BadLine("it is not UTF-8") from None
    except ValueError as problem:
        raise BadLine(f"it is not valid JSON ({problem})") from None
    if not isinstance(value, dict):
        raise BadLine("a JSON object is expected")
    return value


def _shape(example: dict[str, Any]) -> str:
    if "messages" in example:
        last = _last_role(example["messages"], "messages")
        if last == "assistant":
            return "chat"
        if last == "user":
            return "reinforcement"
        raise BadLine(f"the last message is from '{last}'; 'assistant' is expected (or 'user' for reinforcement)")
    if "preferred_output" in example or "non_preferred_output" in example:
        for member in _PREFERENCE:
            if member not in example:
                raise BadLine(f"'{member}' is missing")
        if not isinstance(example["input"], dict):
            raise BadLine("'input' must be an object")
        _last_role(example["input"].get("messages"), "input.messages")
        for member in _PREFERENCE[1:]:
            if _last_role(example[member], member) != "assistant":
                raise BadLine(f"'{member}' must end with an assistant message")
        return "preference"
    raise BadLine("'messages' is missing")


def _last_role(messages: Any, where: str) -> str:
    """Checks a list of messages and returns the role of the last one."""
    if not isinstance(messages, list) or not messages:
        raise BadLine(f"'{where}' must be a list with at least one message")
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise BadLine(f"'{where}[{at}].role' must be one of {', '.join(sorted(_ROLES))}")
        _check_content(message, f"{where}[{at}]")
    role: str = messages[-1]["role"]
    return role


def _check_content(message: dict[str, Any], where: str) -> None:
    calls = message["role"] == "assistant" and (message.get("tool_calls") or message.get("function_call"))
    if not isinstance(message.get("content"), str | list) and not calls:
        raise BadLine(f"'{where}.content' must be a text or a list of parts")
    if message.get("weight", 1) not in (0, 1):
        raise BadLine(f"'{where}.weight' must be 0 or 1")
