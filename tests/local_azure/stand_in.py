"""Two ways to meet the stand-in for the azure-native plugin: as the engine's protocol does, and through the real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from local_azure.azure_native.provider import Provider
from local_azure.azure_native.server import Servicer
from local_azure.azure_native.values import Properties, read_struct, write_struct

SEED = bytes(range(32))


def urn(token: str, name: str = "thing") -> str:
    return f"urn:pulumi:stack::project::{token}::{name}"


class Plugin:
    """The stand-in behind gRPC, with one method for each call of the engine."""

    def __init__(self, stub: Any):
        self._stub = stub

    def configure(self, **values: str) -> None:
        variables = {f"azure-native:config:{name}": value for name, value in values.items()}
        self._stub.Configure(provider_pb2.ConfigureRequest(variables=variables))

    def cancel(self) -> None:
        self._stub.Cancel(empty_pb2.Empty())

    def check(self, token: str, inputs: Properties, old: Properties | None = None, name: str = "thing") -> tuple[Properties, dict[str, str]]:
        """The inputs with what was filled in, and the failures by property."""
        request = provider_pb2.CheckRequest(urn=urn(token, name), news=write_struct(inputs), olds=write_struct(old or {}), randomSeed=SEED)
        response = self._stub.Check(request)
        return read_struct(response.inputs), {failure.property: failure.reason for failure in response.failures}

    def diff(self, token: str, old: Properties, new: Properties, state: Properties | None = None) -> Any:
        request = provider_pb2.DiffRequest(
            urn=urn(token), id="/id", old_inputs=write_struct(old), news=write_struct(new), olds=write_struct(state or {})
        )
        return self._stub.Diff(request)

    def create(self, token: str, inputs: Properties, *, preview: bool = False, timeout: float = 0) -> tuple[str, Properties]:
        request = provider_pb2.CreateRequest(urn=urn(token), properties=write_struct(inputs), preview=preview, timeout=timeout)
        response = self._stub.Create(request)
        return response.id, read_struct(response.properties)

    def update(self, token: str, id: str, inputs: Properties, *, state: Properties | None = None, preview: bool = False) -> Properties:
        request = provider_pb2.UpdateRequest(urn=urn(token), id=id, news=write_struct(inputs), olds=write_struct(state or {}), preview=preview)
        return read_struct(self._stub.Update(request).properties)

    def read(self, token: str, id: str, inputs: Properties | None = None, state: Properties | None = None) -> tuple[str, Properties, Properties]:
        """Id (empty when it is gone), inputs, outputs."""
        request = provider_pb2.ReadRequest(urn=urn(token), id=id, inputs=write_struct(inputs or {}), properties=write_struct(state or {}))
        response = self._stub.Read(request)
        return response.id, read_struct(response.inputs), read_struct(response.properties)

    def delete(self, token: str, id: str) -> None:
        self._stub.Delete(provider_pb2.DeleteRequest(urn=urn(token), id=id))

    def invoke(self, token: str, arguments: Properties | None = None) -> Properties:
        return read_struct(self.invoke_raw(token, arguments))

    def invoke_raw(self, token: str, arguments: Properties | None = None) -> struct_pb2.Struct:
        """The result with the marks of secrets on it."""
        response = self._stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=write_struct(arguments or {})))
        return getattr(response, "return")


@contextmanager
def running_plugin() -> Iterator[Plugin]:
    """A plugin of its own, not configured yet."""
    server = grpc.server(ThreadPoolExecutor(32))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(Provider()), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
    server.stop(None)


class Program:
    """A Pulumi program in a folder of its own, with a stack ``test`` in a state of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        if shutil.which("pulumi", path=environment["PATH"]) is None:
            pytest.skip("needs the program pulumi on PATH")
        self._folder = folder
        self._environment = {**environment, "PULUMI_BACKEND_URL": f"file://{folder / 'state'}"}
        (folder / "state").mkdir()
        runtime = f"{{name: python, options: {{virtualenv: {sys.prefix}}}}}"
        (folder / "Pulumi.yaml").write_text(f"name: small\nruntime: {runtime}\n")
        self.write("")
        self.run("stack", "init", "test")

    def write(self, source: str) -> None:
        (self._folder / "__main__.py").write_text(source)

    def run(self, *arguments: str, succeeds: bool = True, **environment: str) -> str:
        """Runs ``pulumi`` and returns what it printed; fails the test unless it ends as expected."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self._folder,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            timeout=240,
        )
        text = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, text
        return text

    def up(self, succeeds: bool = True, **environment: str) -> str:
        return self.run("up", "--yes", "--skip-preview", succeeds=succeeds, **environment)

    def unchanged(self) -> None:
        self.run("preview", "--expect-no-changes")

    def outputs(self) -> dict[str, Any]:
        return dict(json.loads(self.run("stack", "output", "--json", "--show-secrets").partition("\n}")[0] + "\n}"))

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources of the state, by logical name, as they are stored."""
        state = json.loads(self.run("stack", "export"))
        return {row["urn"].split("::")[-1]: row for row in state["deployment"].get("resources", [])}


def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes every sign-in out of this process's environment."""
    for name in [name for name in os.environ if name.startswith(("ARM_", "AZURE_", "ACTIONS_ID_TOKEN_"))]:
        monkeypatch.delenv(name)
