"""Messages: roles, content, weight, name, and how an example for supervised training ends."""

from __future__ import annotations

import re
from typing import Any

from finetune.datasets.findings import Case, Cases
from finetune.datasets.limits import Limits
from finetune.datasets.rules import tools, vision
from finetune.datasets.rules.values import kind, shown

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
SYSTEM_ROLES = ("system", "developer")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Role → members that its messages may have besides role and content.
_MEMBERS: dict[str, frozenset[str]] = {
    "system": frozenset({"name"}),
    "developer": frozenset({"name"}),
    "user": frozenset({"name"}),
    "assistant": frozenset({"name", "weight", "tool_calls", "function_call", "refusal", "audio"}),
    "tool": frozenset({"name", "tool_call_id"}),
    "function": frozenset({"name"}),
}
_EXAMPLE_MEMBERS = frozenset({"messages", "tools", "functions", "parallel_tool_calls"})

#: A member that gives away another shape → what it is, and what to do about it.
_OTHER_SHAPES: dict[str, tuple[str, str]] = {
    "preferred_output": ("preference data", "use the method dpo"),
    "conversations": ("ShareGPT data", "turn it into messages: finetune convert"),
    "prompt": ("prompt/completion pairs", "turn them into messages: finetune convert"),
    "completion": ("prompt/completion pairs", "turn them into messages: finetune convert"),
    "instruction": ("instruction data", "turn it into messages: finetune convert"),
}


def check_supervised(example: dict[str, Any], limits: Limits) -> Cases:
    """An example for supervised training."""
    messages = example.get("messages")
    if "messages" not in example and (shape := next((_OTHER_SHAPES[key] for key in _OTHER_SHAPES if key in example), None)):
        yield Case("wrong-method", "", {"looks": shape[0], "method": "supervised", "advice": shape[1]})
        return
    yield from members(example, _EXAMPLE_MEMBERS, "supervised")
    yield from check_messages(example, "messages", limits)
    if isinstance(messages, list) and messages:
        yield from _ending(messages)
        yield from _trained(messages)


def members(example: dict[str, Any], known: frozenset[str], method: str) -> Cases:
    """Members that an example of this method does not have."""
    for key in example:
        if key not in known:
            yield Case("example-member-unknown", path_of(key), {"method": method, "key": key})


def check_messages(holder: dict[str, Any], key: str, limits: Limits, prefix: str = "") -> Cases:
    """A list of messages with the tools beside it.

    Args:
        holder: the object with ``messages`` and perhaps ``tools``.
        key: always ``messages``; part of the path.
        prefix: path of the holder, with a dot at its end, or empty.
    """
    if key not in holder:
        yield Case("messages-missing", prefix.rstrip("."))
        return
    messages = holder[key]
    at = f"{prefix}{key}"
    if not isinstance(messages, list):
        yield Case("messages-type", at, {"kind": kind(messages)})
    elif not messages:
        yield Case("messages-empty", at)
    else:
        for index, message in enumerate(messages):
            yield from check_message(message, f"{at}[{index}]", limits)
        yield from _order(messages, at)
        yield from vision.check_count(messages, at, limits)
    yield from tools.check(holder, messages if isinstance(messages, list) else [], prefix, at, limits)


def check_message(message: Any, at: str, limits: Limits) -> Cases:
    """One message by itself."""
    if not isinstance(message, dict):
        yield Case("message-type", at, {"kind": kind(message)})
        return
    role = message.get("role")
    if "role" not in message:
        yield Case("role-missing", at)
        return
    if role not in ROLES:
        yield Case("role-unknown", f"{at}.role", {"role": shown(role), "roles": ", ".join(ROLES[:5])})
        return
    for key in message:
        if key not in ("role", "content") and key not in _MEMBERS[role] and key not in ("weight", "tool_calls", "function_call"):
            yield Case("message-member-unknown", f"{at}.{key}", {"role": role, "key": key})
    yield from _content(message, role, at, limits)
    yield from _weight(message, role, at)
    yield from _name(message, at)


def _content(message: dict[str, Any], role: str, at: str, limits: Limits) -> Cases:
    content = message.get("content")
    calls = role == "assistant" and (message.get("tool_calls") or message.get("function_call") or message.get("refusal"))
    if content is None:
        if not calls:
            yield Case("content-missing", at if "content" not in message else f"{at}.content", {"role": role})
    elif isinstance(content, str):
        if not content and not calls:
            yield Case("content-empty", f"{at}.content", {"role": role})
    elif isinstance(content, list):
        if not content and not calls:
            yield Case("content-empty", f"{at}.content", {"role": role})
        for index, part in enumerate(content):
            yield from _part(part, role, f"{at}.content[{index}]", limits)
    else:
        yield Case("content-type", f"{at}.content", {"kind": kind(content)})


def _part(part: Any, role: str, at: str, limits: Limits) -> Cases:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        yield Case("part-type", at, {"kind": kind(part)})
    elif part["type"] in ("text", "refusal"):
        text = part.get(part["type"])
        if not isinstance(text, str):
            yield Case("part-text", at, {"type": part["type"]})
        elif not text:
            yield Case("content-empty", f"{at}.{part['type']}", {"role": role})
    elif part["type"] == "image_url":
        yield from vision.check_part(part, role, at, limits)
    else:
        yield Case("part-unknown", f"{at}.type", {"type": shown(part["type"])})


def _weight(message: dict[str, Any], role: str, at: str) -> Cases:
    if "weight" not in message or message["weight"] is None:
        return
    weight = message["weight"]
    if role != "assistant":
        yield Case("weight-role", f"{at}.weight", {"role": role})
    elif isinstance(weight, bool) or weight not in (0, 1):
        yield Case("weight-value", f"{at}.weight", {"value": shown(weight)})


def _name(message: dict[str, Any], at: str) -> Cases:
    name = message.get("name")
    if name is None:
        return
    if not isinstance(name, str):
        yield Case("name-type", f"{at}.name", {"kind": kind(name)})
    elif not _NAME.fullmatch(name):
        yield Case("name-characters", f"{at}.name", {"name": shown(name)})


def _order(messages: list[Any], at: str) -> Cases:
    """System messages come once, and first; somebody asks something."""
    roles = [role_of(message) for message in messages]
    places = [index for index, role in enumerate(roles) if role in SYSTEM_ROLES]
    if len(places) > 1:
        yield Case("system-repeated", f"{at}[{places[1]}]", {"count": len(places)})
    elif places and places[0] > 0:
        yield Case("system-not-first", f"{at}[{places[0]}]", {"role": roles[places[0]]})
    if "user" not in roles:
        yield Case("user-missing", at)


def _ending(messages: list[Any]) -> Cases:
    role = role_of(messages[-1])
    if role in ROLES and role != "assistant":
        yield Case("last-not-assistant", f"messages[{len(messages) - 1}]", {"role": role})


def _trained(messages: list[Any]) -> Cases:
    answers = [message for message in messages if role_of(message) == "assistant"]
    if answers and all(message.get("weight") == 0 and not isinstance(message["weight"], bool) for message in answers):
        yield Case("nothing-trained", "messages")


def role_of(message: Any) -> str | None:
    """The role of something that should be a message."""
    role = message.get("role") if isinstance(message, dict) else None
    return role if isinstance(role, str) else None


def path_of(key: str) -> str:
    """A member's name as a JSON path."""
    return key if key.isidentifier() else f"[{shown(key)}]"
