"""What a change of inputs means: which properties differ, which of them replace the resource, and what drift does to inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from local_azure.azure_native.resource_types import CREATE_BEFORE_DELETE, ResourceType
from local_azure.azure_native.shapes import Shape
from local_azure.azure_native.values import Properties


class Kind(IntEnum):
    """How a property differs; the numbers are the engine's (``PropertyDiff.Kind``)."""

    ADD = 0
    ADD_REPLACE = 1
    DELETE = 2
    DELETE_REPLACE = 3
    UPDATE = 4
    UPDATE_REPLACE = 5


_REPLACING = {Kind.ADD: Kind.ADD_REPLACE, Kind.DELETE: Kind.DELETE_REPLACE, Kind.UPDATE: Kind.UPDATE_REPLACE}


@dataclass(frozen=True, slots=True)
class Difference:
    """The answer to the engine's Diff."""

    detailed: dict[str, Kind]
    replaces: list[str]
    delete_before_replace: bool

    @property
    def changes(self) -> list[str]:
        """Top-level properties that differ."""
        return sorted({path.split(".")[0].split("[")[0] for path in self.detailed})


def compare(of: ResourceType, old_inputs: Properties, new_inputs: Properties, old_state: Properties) -> Difference:
    """Compares inputs with inputs; outputs only excuse a replacement for an input that merely spells out what is there.

    A replacement deletes first, unless the old name was a random one: then both can exist.
    """
    old_inputs = {**_version(old_state), **old_inputs}
    detailed = _objects(old_inputs, new_inputs, of.shape, of.force_new, "")
    for name, same in _SAME.items():
        if detailed.keys() & {name} and same(old_inputs.get(name), new_inputs.get(name)):
            del detailed[name]
    for name, kind in detailed.items():
        if kind is Kind.ADD_REPLACE and name in old_state and old_state[name] == new_inputs.get(name):
            detailed[name] = Kind.ADD
    replaces = [path for path, kind in detailed.items() if kind in _REPLACING.values()]
    return Difference(detailed, replaces, bool(replaces) and not old_inputs.get(CREATE_BEFORE_DELETE, False))


def _version(state: Properties) -> Properties:
    """States written by version 2 of the plugin, and imports, have the api-version among the outputs only."""
    return {"azureApiVersion": state["azureApiVersion"]} if "azureApiVersion" in state else {}


def _same_text(old: Any, new: Any) -> bool:
    return isinstance(old, str) and isinstance(new, str) and old.lower() == new.lower()


def _same_region(old: Any, new: Any) -> bool:
    return isinstance(old, str) and isinstance(new, str) and _same_text(old.replace(" ", ""), new.replace(" ", ""))


#: Properties whose spelling does not matter: "Sweden Central" is "swedencentral".
_SAME: dict[str, Callable[[Any, Any], bool]] = {"location": _same_region, "resourceGroupName": _same_text}


def _objects(old: Properties, new: Properties, of: Shape | None, force_new: frozenset[str], place: str) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for name in sorted(old.keys() | new.keys()):
        if name.startswith("__"):
            continue
        path = place + name
        if name not in old or name not in new:
            below = {path: Kind.ADD if name in new else Kind.DELETE}
        else:
            nested = of.objects.get(name) if of else None
            below = _values(old[name], new[name], nested, path, of.identifiers.get(name) if of else None)
        if name in force_new:
            below = {at: _REPLACING.get(kind, kind) for at, kind in below.items()}
        found |= below
    return found


def _values(old: Any, new: Any, of: Shape | None, path: str, identifiers: tuple[str, ...] | None = None) -> dict[str, Kind]:
    if isinstance(old, dict) and isinstance(new, dict):
        return _objects(old, new, of, of.force_new if of else frozenset(), f"{path}.")
    if isinstance(old, list) and isinstance(new, list):
        if identifiers and all(isinstance(item, dict) for item in old + new):
            old = _in_order_of(new, old, identifiers)
        return _lists(old, new, of, path)
    return {} if old == new else {path: Kind.UPDATE}


def _lists(old: list[Any], new: list[Any], of: Shape | None, path: str) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for index in range(max(len(old), len(new))):
        at = f"{path}[{index}]"
        if index >= len(old):
            found[at] = Kind.ADD
        elif index >= len(new):
            found[at] = Kind.DELETE
        else:
            found |= _values(old[index], new[index], of, at)
    return found


def _in_order_of(model: list[Properties], items: list[Properties], identifiers: tuple[str, ...]) -> list[Properties]:
    """The items in the order in which the model names them; the others after them, in their own."""

    def identity(item: Properties) -> str:
        return repr([item.get(name) for name in identifiers])

    rank = {identity(item): index for index, item in enumerate(model)}
    return sorted(items, key=lambda item: rank.get(identity(item), len(model)))


def drifted(inputs: Properties, before: Properties, now: Properties) -> Properties:
    """The inputs of the state, changed where the inputs that the outputs stand for have changed between two readings.

    So defaults that ARM filled in at creation never become inputs, and what somebody changed since does.
    """
    result = {name: value for name, value in inputs.items() if name in now or name not in before}
    for name, value in now.items():
        if name not in before:
            result[name] = value
        elif before[name] != value:
            result[name] = _drifted_value(inputs[name], before[name], value) if name in inputs else value
    return result


def _drifted_value(value: Any, before: Any, now: Any) -> Any:
    if isinstance(value, dict) and isinstance(before, dict) and isinstance(now, dict):
        return drifted(value, before, now)
    if isinstance(value, list) and isinstance(before, list) and isinstance(now, list):
        known = min(len(value), len(before))
        return [_drifted_value(value[i], before[i], item) if i < known else item for i, item in enumerate(now)]
    return now
