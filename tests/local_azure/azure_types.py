"""Microsoft's resource types (github.com/Azure/bicep-types-az) as a judge of ARM bodies: what is sent, and what is returned."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Direction = Literal["request", "response"]
Type = dict[str, Any]

#: Flags of a property. IDENTIFIER members (id, name, type, apiVersion) are in a template, but not in the body of a request.
REQUIRED, READ_ONLY, WRITE_ONLY, IDENTIFIER = 1, 2, 4, 8


@dataclass(frozen=True)
class Judged:
    """One value under one type.

    Args:
        types: the file's list, in which references are found.
        direction: whether the value is sent or returned.
    """

    types: list[Type]
    direction: Direction

    def faults(self, value: Any, reference: Mapping[str, str], place: str) -> Iterator[str]:
        """What is wrong with a value, one sentence each, with its place."""
        kind = self._at(reference)
        yield from _BY_KIND[kind["$type"]](self, value, kind, place)

    def _at(self, reference: Mapping[str, str]) -> Type:
        return self.types[int(reference["$ref"].removeprefix("#/"))]

    def _any(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        yield from ()

    def _string(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{place} is no string"
        elif not kind.get("minLength", 0) <= len(value) <= kind.get("maxLength", len(value)):
            yield f"{place} is too short or too long"
        elif "pattern" in kind and not re.search(kind["pattern"], value):
            yield f"{place} does not match {kind['pattern']}"

    def _literal(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        if value != kind["value"]:
            yield f"{place} is not {kind['value']}"

    def _boolean(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield f"{place} is no boolean"

    def _integer(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        # The types call every number an integer; capacities and rates come as 1.0 too.
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{place} is no number"
        elif not kind.get("minValue", value) <= value <= kind.get("maxValue", value):
            yield f"{place} is out of range"

    def _union(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        if all(any(True for _ in self.faults(value, element, place)) for element in kind["elements"]):
            allowed = [self._at(element).get("value", self._at(element)["$type"]) for element in kind["elements"]]
            yield f"{place} is none of {', '.join(allowed)}"

    def _array(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, item in enumerate(value):
            yield from self.faults(item, kind["itemType"], f"{place}[{number}]")

    def _object(self, value: Any, kind: Type, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        known, others = kind["properties"], kind.get("additionalProperties")
        for name, item in value.items():
            where = f"{place}.{name}"
            if name not in known:
                yield from self.faults(item, others, where) if others else [f"{where} is unknown"]
            elif not self._belongs(name, known[name]["flags"]):
                yield f"{where} does not belong in a {self.direction}"
            elif item is not None or self.direction == "request":
                yield from self.faults(item, known[name]["type"], where)
        for name, member in known.items():
            if member["flags"] & REQUIRED and name not in value and self._belongs(name, member["flags"]):
                yield f"{place}.{name} is missing"

    def _belongs(self, name: str, flags: int) -> bool:
        if self.direction == "request":
            return not flags & (READ_ONLY | IDENTIFIER)
        return not flags & WRITE_ONLY and name != "apiVersion"


_BY_KIND: Mapping[str, Callable[[Judged, Any, Type, str], Iterator[str]]] = {
    "AnyType": Judged._any,
    "StringType": Judged._string,
    "StringLiteralType": Judged._literal,
    "BooleanType": Judged._boolean,
    "IntegerType": Judged._integer,
    "UnionType": Judged._union,
    "ArrayType": Judged._array,
    "ObjectType": Judged._object,
}


class AzureTypes:
    """The types of a folder of ``*.types.json`` files, by name and api-version."""

    def __init__(self, folder: Path):
        self._bodies: dict[str, tuple[list[Type], dict[str, str]]] = {}
        self._outputs: dict[str, tuple[list[Type], dict[str, str]]] = {}
        for path in folder.glob("*.types.json"):
            types = json.loads(path.read_text())
            for kind in types:
                if kind["$type"] == "ResourceType":
                    self._bodies[kind["name"].lower()] = (types, kind["body"])
                elif kind["$type"] == "ResourceFunctionType":
                    name = f"{kind['resourceType']}/{kind['name']}@{kind['apiVersion']}"
                    self._outputs[name.lower()] = (types, kind["output"])

    def knows(self, name: str) -> bool:
        """Whether there is a resource type of that ``Namespace/types@version``."""
        return name.lower() in self._bodies

    def faults(self, name: str, body: Any, direction: Direction) -> list[str]:
        """What is wrong with a resource's body.

        Args:
            name: for example ``Microsoft.KeyVault/vaults@2024-11-01``; a ``KeyError`` if there is no such type.
        """
        types, reference = self._bodies[name.lower()]
        return list(Judged(types, direction).faults(body, reference, name.partition("@")[0]))

    def faults_of_action(self, name: str, answer: Any) -> list[str] | None:
        """What is wrong with the answer of ``Namespace/types/action@version``; None if there is no such action."""
        types, reference = self._outputs.get(name.lower(), ([], {}))
        return list(Judged(types, "response").faults(answer, reference, name.partition("@")[0])) if types else None


def type_of(path: str) -> str:
    """The type that an ARM path names, with the action or nested collection at its end if there is one."""
    head, _, rest = path.strip("/").rpartition("/providers/")
    if not head:
        segments = path.strip("/").split("/")
        return "Microsoft.Resources/" + "/".join(segments[2::2])
    namespace, *pairs = rest.split("/")
    return "/".join([namespace, *pairs[0::2]])


def names_one(path: str) -> bool:
    """Whether a path names one resource, and not a collection or an action."""
    return len(path.rpartition("/providers/")[2].strip("/").split("/")) % 2 == (1 if "/providers/" in path else 0)
