"""The stand-in's table against the Python SDK that programs use, and the program that the engine starts."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from local_azure.azure_native.resource_types import GETTERS, SECRET_ACTIONS, TYPES
from local_azure.azure_native.shapes import Shape
from local_azure.azure_native.sign_in import CONFIGURATION_KEYS

#: The SDK's names for the objects inside our shapes: for inputs and, with another ending, for outputs.
CLASSES = {
    ("cognitiveservices", "Account", "properties"): "AccountProperties",
    ("cognitiveservices", "Account", "sku"): "Sku",
    ("cognitiveservices", "Account", "identity"): "Identity",
    ("cognitiveservices", "Deployment", "properties"): "DeploymentProperties",
    ("cognitiveservices", "Deployment", "sku"): "Sku",
    ("keyvault", "Vault", "properties"): "VaultProperties",
}


def names(sdk_class: type) -> set[str]:
    """The members of a class of the SDK, by the names that travel to the provider."""
    found = re.findall(r"@pulumi\.getter(?:\(name=\"(\w+)\"\))?\n    def (\w+)\(", inspect.getsource(sdk_class))
    return {wire or python.rstrip("_") for wire, python in found}


def module(token: str) -> object:
    return importlib.import_module(f"pulumi_azure_native.{token.split(':')[1]}")


@pytest.mark.parametrize("token", TYPES)
def test_the_inputs_and_outputs_of_a_type_are_the_sdks(token: str) -> None:
    row, name = TYPES[token], token.rpartition(":")[2]
    inputs, outputs = names(getattr(module(token), f"{name}Args")), names(getattr(module(token), name))
    assert {parameter.name for parameter in row.parameters} | row.shape.inputs == inputs
    assert row.shape.outputs | {"azureApiVersion"} == outputs


@pytest.mark.parametrize(("room", "name", "member"), CLASSES)
def test_the_members_of_an_object_are_the_sdks(room: str, name: str, member: str) -> None:
    ours: Shape = TYPES[f"azure-native:{room}:{name}"].shape.objects[member]
    sdk = importlib.import_module(f"pulumi_azure_native.{room}")
    title = CLASSES[room, name, member]
    assert ours.inputs == names(getattr(sdk, f"{title}Args"))
    assert ours.outputs == names(getattr(sdk.outputs, f"{title}Response"))


@pytest.mark.parametrize("token", TYPES)
def test_the_api_version_is_the_one_that_the_sdk_documents(token: str) -> None:
    source = inspect.getsource(getattr(module(token), token.rpartition(":")[2]))
    assert f"Uses Azure REST API version {TYPES[token].api_version}." in source


@pytest.mark.parametrize("token", [*GETTERS, *SECRET_ACTIONS])
def test_a_function_is_the_sdks(token: str) -> None:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", token.rpartition(":")[2]).lower()
    assert f"'{token}'" in inspect.getsource(getattr(module(token), name))


def test_the_providers_configuration_is_the_sdks() -> None:
    sdk = names(importlib.import_module("pulumi_azure_native.provider").ProviderArgs)
    assert sdk - set(CONFIGURATION_KEYS) == {"msiEndpoint"}  # azure-identity finds it by itself


def test_the_program_serves_at_once_and_ends_with_the_engine_that_started_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = f'"{sys.executable}" -m local_azure.azure_native 127.0.0.1:1 > {out} & echo $!; while [ ! -s {out} ]; do sleep 0.05; done; read stop'
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as engine:
        assert engine.stdout is not None and engine.stdin is not None
        plugin = int(engine.stdout.readline())
        _wait_for(lambda: out.exists() and out.read_text().endswith("\n"))
        with grpc.insecure_channel(f"127.0.0.1:{int(out.read_text())}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == "3.29.0"
            document = json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
        engine.stdin.write("\n")
        engine.stdin.close()
    assert document["resources"].keys() == TYPES.keys()
    _wait_for(lambda: not Path(f"/proc/{plugin}").exists() or "Z (zombie)" in Path(f"/proc/{plugin}/status").read_text())


def _wait_for(condition: object, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
