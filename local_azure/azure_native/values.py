"""Property values: from the engine's protobuf structs to plain Python and back, with unknowns and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

Properties = dict[str, Any]

#: Strings by which the engine's protocol marks special values (pulumi, sdk/go/common/resource/plugin).
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


class Unknown:
    """A value that only the deployment will know. There is one: ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine shall encrypt and hide."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


def read_struct(struct: struct_pb2.Struct) -> Properties:
    """A struct as a dict: nulls are left out, whole numbers are ints, secrets are unwrapped."""
    read = {name: _read(value) for name, value in struct.fields.items()}
    return {name: value for name, value in read.items() if value is not None}


def _read(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and "value" in fields:
            return _read(fields["value"])
        return read_struct(value.struct_value)
    if kind == "list_value":
        return [_read(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN_TEXT else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def write_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """A dict as a struct; members that are None are left out."""
    return struct_pb2.Struct(fields={name: _write(value) for name, value in values.items() if value is not None})


def _write(value: Any) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Unknown():
            return struct_pb2.Value(string_value=_UNKNOWN_TEXT)
        case Secret():
            return struct_pb2.Value(struct_value=write_struct({_SIGNATURE: _SECRET, "value": value.value}))
        case list() | tuple():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_write(item) for item in value]))
        case dict():
            return struct_pb2.Value(struct_value=write_struct(value))
    raise TypeError(f"a property value cannot be a {type(value).__name__}")
