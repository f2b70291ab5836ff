"""The package schema of what the stand-in serves, from its table: for ``pulumi import`` and for programs in YAML."""

from __future__ import annotations

import json

from local_azure.azure_native.resource_types import TYPES, ResourceType
from local_azure.azure_native.sign_in import CONFIGURATION_KEYS
from local_azure.azure_native.values import Properties

_ANY = {"$ref": "pulumi.json#/Any"}
_TEXT = {"type": "string"}

#: Members whose kind of value code generators must know; the others may be anything.
_KINDS: dict[str, Properties] = {
    "tags": {"type": "object", "additionalProperties": _TEXT},
    **dict.fromkeys(("properties", "sku", "identity", "systemData"), _ANY),
}


def schema(version: str) -> str:
    """The schema as JSON."""
    variables = dict.fromkeys(CONFIGURATION_KEYS, _TEXT)
    document = {
        "name": "azure-native",
        "version": version,
        "config": {"variables": variables},
        "provider": {"inputProperties": variables},
        "resources": {token: _resource(row) for token, row in TYPES.items()},
        "language": {"python": {"packageName": "pulumi_azure_native"}},
    }
    return json.dumps(document)


def _resource(row: ResourceType) -> Properties:
    names = {parameter.name: _TEXT for parameter in row.parameters}
    named = [parameter.name for parameter in row.parameters if not parameter.autoname]
    return {
        "inputProperties": {**names, **_members(row.shape.inputs)},
        "requiredInputs": sorted({*named, *(row.shape.required - {"location"})}),
        "properties": {**_members(row.shape.outputs), "azureApiVersion": _TEXT},
        "required": ["azureApiVersion", "name", "type"],
    }


def _members(names: frozenset[str]) -> Properties:
    return {name: _KINDS.get(name, _TEXT) for name in sorted(names)}
