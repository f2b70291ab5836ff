"""Tool definitions, tool calls and their answers, and the older functions."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import msgspec

from finetune.datasets.findings import Case, Cases
from finetune.datasets.limits import Limits
from finetune.datasets.rules import json_schema
from finetune.datasets.rules.values import kind, shown

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Function name → its parameters' schema (None when that is damaged: then arguments are not compared with it).
Definitions = dict[str, Any]


def check(holder: dict[str, Any], messages: list[Any], prefix: str, at: str, limits: Limits) -> Cases:
    """The tools of an example and all calls in its messages.

    Args:
        holder: the object with ``tools`` or ``functions``.
        prefix: path of the holder, with a dot at its end, or empty.
        at: path of the messages.
    """
    known = {key: _known(holder.get(key), key, f"{prefix}{key}", limits) for key in ("tools", "functions")}
    for cases, _ in known.values():
        yield from cases
    flag = holder.get("parallel_tool_calls")
    if flag is not None and not isinstance(flag, bool):
        yield Case("parallel-tool-calls", f"{prefix}parallel_tool_calls", {"value": shown(flag)})
    if any(isinstance(message, dict) and _concerned(message) for message in messages):
        yield from check_calls(messages, at, known["tools"][1], known["functions"][1])


def _known(listed: Any, key: str, at: str, limits: Limits) -> tuple[tuple[Case, ...], Definitions]:
    """Cases and definitions of a list of tools. The same list stands in many examples, so it is looked at once."""
    if listed is None:
        return (), {}
    try:
        return _looked_at(msgspec.json.encode(listed), key, at, limits)
    except (ValueError, RecursionError):  # half surrogates, or nested too deeply to be written
        return tuple(check_definitions(listed, key, at, limits)), definitions({key: listed}, key)


@functools.lru_cache(maxsize=256)
def _looked_at(encoded: bytes, key: str, at: str, limits: Limits) -> tuple[tuple[Case, ...], Definitions]:
    listed = msgspec.json.decode(encoded)
    return tuple(check_definitions(listed, key, at, limits)), definitions({key: listed}, key)


def _concerned(message: dict[str, Any]) -> bool:
    return "tool_calls" in message or "function_call" in message or message.get("role") in ("tool", "function")


def check_definitions(tools: Any, key: str, at: str, limits: Limits) -> Cases:
    """The list of tools, or of the older functions."""
    if key == "functions":
        yield Case("functions-legacy", at, {"key": key})
    if not isinstance(tools, list):
        yield Case("tools-type", at, {"key": key, "kind": kind(tools)})
        return
    if not tools:
        yield Case("tools-empty", at, {"key": key})
    if len(tools) > limits.tools:
        yield Case("tools-too-many", at, {"count": len(tools), "limit": limits.tools})
    names: set[str] = set()
    for index, tool in enumerate(tools):
        place = f"{at}[{index}]"
        function = tool if key == "functions" else _function(tool)
        if not isinstance(function, dict):
            yield Case("tool-type", place)
            continue
        inner = place if key == "functions" else f"{place}.function"
        yield from _definition(function, inner)
        name = function.get("name")
        if isinstance(name, str) and name in names:
            yield Case("tool-repeated", f"{inner}.name", {"name": shown(name)})
        names.add(str(name))


def _function(tool: Any) -> Any:
    return tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None


def _definition(function: dict[str, Any], at: str) -> Cases:
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield Case("tool-name", f"{at}.name" if "name" in function else at, {"name": shown(name)})
    description = function.get("description")
    if description is not None and not isinstance(description, str):
        yield Case("tool-description", f"{at}.description", {"name": shown(name), "kind": kind(description)})
    if function.get("parameters") is not None and (fault := json_schema.schema_fault(function["parameters"])):
        yield Case("tool-parameters", f"{at}.parameters{fault.path}", {"name": shown(name), "reason": fault.reason})


def definitions(holder: dict[str, Any], key: str) -> Definitions:
    """The functions that an example defines, by name; damaged ones without their parameters."""
    found: Definitions = {}
    listed = holder.get(key)
    for tool in listed if isinstance(listed, list) else ():
        function = tool if key == "functions" else _function(tool)
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            found[function["name"]] = None if parameters is None or json_schema.schema_fault(parameters) else parameters
    return found


def check_calls(messages: list[Any], at: str, tools: Definitions, functions: Definitions, asked: list[Any] | None = None) -> Cases:
    """Every call is defined, has an id of its own and fitting arguments, and is answered before the talk goes on.

    Args:
        asked: messages before these, whose calls may be answered here.
    """
    ids = {call["id"] for message in asked or () for call in _calls_of(message)}
    waiting: dict[str, str] = {}
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            continue
        place, role = f"{at}[{index}]", message.get("role")
        if role == "tool":
            yield from _answer(message, place, ids, waiting)
            continue
        for call, where in waiting.items():
            yield Case("tool-call-unanswered", where, {"id": shown(call)})
        waiting.clear()
        if "tool_calls" in message:
            yield from _calls(message, role, place, tools, ids, waiting)
        if message.get("function_call") is not None:
            yield from _function_call(message, role, f"{place}.function_call", functions)


def _calls_of(message: Any) -> list[dict[str, Any]]:
    """Calls of a message, those that have an id."""
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    return [call for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str)] if isinstance(calls, list) else []


def _answer(message: dict[str, Any], at: str, ids: set[str], waiting: dict[str, str]) -> Cases:
    answered = message.get("tool_call_id")
    if not isinstance(answered, str) or not answered:
        yield Case("tool-answer-id", at)
    elif answered not in ids:
        yield Case("tool-answer-unasked", f"{at}.tool_call_id", {"id": shown(answered)})
    else:
        waiting.pop(answered, None)


def _calls(message: dict[str, Any], role: Any, at: str, tools: Definitions, ids: set[str], waiting: dict[str, str]) -> Cases:
    calls = message["tool_calls"]
    if calls is None and role == "assistant":
        return
    if role != "assistant":
        yield Case("tool-calls-role", f"{at}.tool_calls", {"role": shown(role), "key": "tool_calls"})
        return
    if not isinstance(calls, list) or not calls:
        yield Case("tool-calls-type", f"{at}.tool_calls", {"kind": "empty" if calls == [] else kind(calls)})
        return
    for index, call in enumerate(calls):
        place = f"{at}.tool_calls[{index}]"
        function = _function(call)
        if not isinstance(function, dict):
            yield Case("tool-call-type", place)
            continue
        identity = call.get("id")
        if not isinstance(identity, str) or not identity:
            yield Case("tool-call-id", place)
        else:
            if identity in ids:
                yield Case("tool-call-id-repeated", f"{place}.id", {"id": shown(identity)})
            ids.add(identity)
            waiting[identity] = place
        yield from _call(function, f"{place}.function", tools, "tools")


def _function_call(message: dict[str, Any], role: Any, at: str, functions: Definitions) -> Cases:
    if role != "assistant":
        yield Case("tool-calls-role", at, {"role": shown(role), "key": "function_call"})
        return
    yield Case("functions-legacy", at, {"key": "function_call"})
    if not isinstance(message["function_call"], dict):
        yield Case("tool-call-type", at)
    else:
        yield from _call(message["function_call"], at, functions, "functions")


def _call(function: dict[str, Any], at: str, defined: Definitions, key: str) -> Cases:
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield Case("tool-name", f"{at}.name" if "name" in function else at, {"name": shown(name)})
    elif name not in defined:
        yield Case("tool-call-undefined", f"{at}.name", {"name": shown(name), "key": key})
    if not isinstance(arguments, str):
        yield Case("arguments-type", f"{at}.arguments" if "arguments" in function else at, {"name": shown(name), "kind": kind(arguments)})
        return
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError) as error:
        yield Case("arguments-json", f"{at}.arguments", {"name": shown(name), "reason": str(error) or "nested too deeply"})
        return
    if not isinstance(value, dict):
        yield Case("arguments-json", f"{at}.arguments", {"name": shown(name), "reason": f"it is {kind(value)}"})
    elif isinstance(name, str) and (schema := defined.get(name)) and (fault := json_schema.fault(value, schema)):
        yield Case("arguments-schema", f"{at}.arguments", {"name": shown(name), "reason": f"{fault.path.lstrip('.') or 'the object'} {fault.reason}"})
