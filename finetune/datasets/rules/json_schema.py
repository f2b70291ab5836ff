"""As much of JSON schema as tool definitions use: is it one, and does a value fit it. Keywords that are not known here are ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from finetune.datasets.rules.values import kind, shown

_DEPTH = 64


class Fault(NamedTuple):
    """Why something is not a schema, or does not fit it.

    Args:
        path: place inside, with a leading dot or bracket; empty for the whole.
        reason: continues the sentence "<path> ...".
    """

    path: str
    reason: str


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _number,
    "integer": lambda value: _number(value) and float(value).is_integer() if _number(value) and abs(value) != float("inf") else False,
}


def schema_fault(schema: Any) -> Fault | None:
    """Why this is no schema of an object; None when it is one."""
    if not isinstance(schema, dict):
        return Fault("", f"it is {kind(schema)}")
    if schema and schema.get("type", "object") != "object":
        return Fault(".type", f"its type is {shown(schema['type'])}")
    return _inner_fault(schema, "", 0)


def _inner_fault(schema: Any, path: str, depth: int) -> Fault | None:
    if depth > _DEPTH:
        return Fault(path, "it is nested too deeply")
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return Fault(path, f"a schema is {kind(schema)}")
    if found := next(_keyword_faults(schema, path), None):
        return found
    for name, inner in (schema.get("properties") or {}).items():
        if found := _inner_fault(inner, f"{path}.properties.{name}", depth + 1):
            return found
    return _inner_fault(schema["items"], f"{path}.items", depth + 1) if isinstance(schema.get("items"), dict) else None


def _keyword_faults(schema: dict[str, Any], path: str) -> Iterator[Fault]:
    wanted = schema.get("type")
    for name in wanted if isinstance(wanted, list) else [] if wanted is None else [wanted]:
        if not isinstance(name, str) or name not in _TYPES:
            yield Fault(f"{path}.type", f"there is no type {shown(name)}")
    required = schema.get("required")
    if required is not None and (not isinstance(required, list) or not all(isinstance(name, str) for name in required)):
        yield Fault(f"{path}.required", '"required" is not a list of names')
    if schema.get("enum") is not None and not isinstance(schema["enum"], list):
        yield Fault(f"{path}.enum", '"enum" is not a list')
    properties = schema.get("properties")
    if properties is not None and not isinstance(properties, dict):
        yield Fault(f"{path}.properties", f'"properties" is {kind(properties)}')


def fault(value: Any, schema: Any, path: str = "", depth: int = 0) -> Fault | None:
    """The first reason why a value does not fit a sound schema; None when it fits."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    wanted = schema.get("type")
    names = wanted if isinstance(wanted, list) else [wanted] if wanted else []
    if names and not any(_TYPES[name](value) for name in names):
        return Fault(path, f"is {kind(value)}, not {' or '.join(names)}")
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        return Fault(path, f"is {shown(value)}, not one of {shown(schema['enum'], 80)}")
    if isinstance(value, dict):
        return _object_fault(value, schema, path, depth)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, element in enumerate(value):
            if found := fault(element, schema["items"], f"{path}[{index}]", depth + 1):
                return found
    return None


def _object_fault(value: dict[str, Any], schema: dict[str, Any], path: str, depth: int) -> Fault | None:
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            return Fault(path, f"lacks {shown(name)}")
    if schema.get("additionalProperties") is False and (unknown := next((name for name in value if name not in properties), None)) is not None:
        return Fault(path, f"has the unknown member {shown(unknown)}")
    for name, inner in value.items():
        if name in properties and (found := fault(inner, properties[name], f"{path}.{name}", depth + 1)):
            return found
    return None
