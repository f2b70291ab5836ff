"""What an object of the SDK consists of, and the ways to turn one form of it into another.

The forms: the SDK's inputs, the body that ARM takes, the outputs that ARM returns, and the inputs that those outputs would need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_azure.azure_native.values import UNKNOWN, Properties


@dataclass(frozen=True, slots=True)
class Shape:
    """The members of an object, by their names in the SDK (which are ARM's).

    Args:
        inputs: what a program may set.
        read_only: what only ARM sets.
        write_only: those inputs that ARM does not return.
        required: those inputs that must be set.
        force_new: those inputs that only a replacement can change.
        objects: the shapes of members that are objects, or lists of objects.
        string_sets: inputs that are a list of strings for the SDK, and the keys of an object for ARM.
        identifiers: members that are lists without an order, with the names that tell their items apart (``x-ms-identifiers``).
    """

    inputs: frozenset[str]
    read_only: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    force_new: frozenset[str] = frozenset()
    objects: Mapping[str, Shape] = field(default_factory=dict)
    string_sets: frozenset[str] = frozenset()
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def outputs(self) -> frozenset[str]:
        return (self.inputs - self.write_only) | self.read_only


def shape(
    inputs: str,
    *,
    read_only: str = "",
    write_only: str = "",
    required: str = "",
    force_new: str = "",
    string_sets: str = "",
    objects: Mapping[str, Shape] | None = None,
    identifiers: Mapping[str, tuple[str, ...]] | None = None,
) -> Shape:
    """A :class:`Shape` from names divided by spaces. Members of ``objects`` that are not read-only are inputs too."""
    nested = dict(objects or {})
    never_set = frozenset(read_only.split())
    return Shape(
        inputs=frozenset(inputs.split()) | (nested.keys() - never_set),
        read_only=never_set,
        write_only=frozenset(write_only.split()),
        required=frozenset(required.split()),
        force_new=frozenset(force_new.split()),
        objects=nested,
        string_sets=frozenset(string_sets.split()),
        identifiers=dict(identifiers or {}),
    )


def to_body(values: Properties, of: Shape) -> Properties:
    """The SDK's inputs as ARM takes them; what the shape does not know is left out, as the plugin does."""
    body: Properties = {}
    for name in of.inputs & values.keys():
        value = values[name]
        if name in of.string_sets and isinstance(value, list):
            body[name] = {key: {} for key in value}
        else:
            body[name] = _each(value, of.objects.get(name), to_body)
    return body


def to_outputs(members: Properties, of: Shape) -> Properties:
    """What ARM returned, as far as the SDK knows it."""
    return {name: _each(members[name], of.objects.get(name), to_outputs) for name in of.outputs if members.get(name) is not None}


def to_inputs(outputs: Properties, of: Shape) -> Properties:
    """The inputs that would lead to these outputs: without what only ARM sets."""
    inputs: Properties = {}
    for name in (of.inputs - of.write_only) & outputs.keys():
        value = outputs[name]
        if name in of.string_sets and isinstance(value, dict):
            inputs[name] = sorted(value)
        else:
            inputs[name] = _each(value, of.objects.get(name), to_inputs)
    return inputs


def to_preview(inputs: Properties, of: Shape) -> Properties:
    """The outputs as far as the inputs tell them; all others are unknown, since ARM may set them."""
    preview: Properties = {}
    for name in of.outputs:
        known = name in inputs and name not in of.string_sets
        preview[name] = _each(inputs[name], of.objects.get(name), to_preview) if known else UNKNOWN
    return preview


def _each(value: Any, of: Shape | None, turn: Any) -> Any:
    """Applies ``turn`` to an object, or to each object of a list, where the shape knows them."""
    if of is None:
        return value
    if isinstance(value, dict):
        return turn(value, of)
    if isinstance(value, list):
        return [_each(item, of, turn) for item in value]
    return value


def without_empty(value: Any) -> Any:
    """A value without empty lists and objects in it; None if nothing stays. An import leaves them out of the inputs."""
    if isinstance(value, dict):
        kept = {name: stays for name, item in value.items() if (stays := without_empty(item)) is not None}
        return kept or None
    if isinstance(value, list):
        return [stays for item in value if (stays := without_empty(item)) is not None] or None
    return value


def missing(values: Properties, of: Shape, place: str = "") -> list[str]:
    """Paths of required inputs that are not there, for example ``properties.sku.family``."""
    paths = [place + name for name in sorted(of.required - values.keys())]
    for name, nested in sorted(of.objects.items()):
        value = values.get(name)
        if isinstance(value, dict):
            paths += missing(value, nested, f"{place}{name}.")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    paths += missing(item, nested, f"{place}{name}[{index}].")
    return paths
