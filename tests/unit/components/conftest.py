"""Components without an engine: what they register, under whom, and what they give back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc, settings

#: What Azure would answer beside the inputs.
ANSWERS: dict[str, dict[str, Any]] = {
    "azure-native:cognitiveservices:Account": {"identity": {"type": "SystemAssigned", "principalId": "22222222-0000-4000-8000-000000000000"}},
}
SCOPE = "/subscriptions/33333333-0000-4000-8000-000000000000/resourceGroups/rg"


class _Azure(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{SCOPE}/{args.name}", {**args.inputs, **ANSWERS.get(args.typ, {})}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        return {}, None


@dataclass
class Registered:
    """A resource as it came to the engine."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    after: list[str]


class Monitor(mocks.MockMonitor):
    """The engine's side: keeps what is registered, and the outputs of components by their urn."""

    def __init__(self) -> None:
        super().__init__(_Azure())
        self.found: list[Registered] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        self.hooks: list[str] = []

    def RegisterResource(self, request: Any) -> Any:
        inputs = rpc.deserialize_properties(request.object)
        urns = [urn.split("::")[-1] for urn in request.dependencies]
        self.found.append(Registered(request.type, request.name, inputs, request.parent.split("::")[-1], urns))
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.outputs[request.urn.split("::")[-1]] = rpc.deserialize_properties(request.outputs)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any) -> Any:
        assert request.name not in self.hooks, f'resource hook already registered for name "{request.name}"'
        self.hooks.append(request.name)
        return empty_pb2.Empty()


@dataclass
class Program:
    """Runs a program's body and keeps what it registered."""

    monitor: Monitor

    def run(self, body: Callable[[], Any]) -> Any:
        """The value of what the body returns, outputs resolved."""
        results: list[Any] = []

        def program() -> pulumi.Output[None]:
            return pulumi.Output.from_input(body()).apply(results.append)

        pulumi.runtime.test(program)()
        return results[0]

    def of(self, type: str) -> list[Registered]:
        return [one for one in self.monitor.found if one.type == type]

    def named(self, name: str) -> Registered:
        (one,) = (one for one in self.monitor.found if one.name == name)
        return one


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monitor = Monitor()
    before = settings.SETTINGS
    asyncio.set_event_loop(asyncio.new_event_loop())  # the SDK takes the thread's own, which an asynchronous test before may have closed
    pulumi.runtime.set_mocks(monitor.mocks, project="school", stack="dev", preview=False, monitor=monitor)
    yield Program(monitor)
    settings.configure(before)
