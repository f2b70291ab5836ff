"""One local Azure for a whole test worker, a fresh world for each test that asks for ``cloud``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_azure import process
from local_azure.environment import command_environment
from local_azure.process import Door, Running
from local_azure.world.identity import Identity

#: Names that a test must not inherit from the person who runs it.
_FOREIGN = ("ARM_", "AZURE_", "PULUMI_", "WANDB_", "OPENAI_")


@dataclass(frozen=True)
class Cloud:
    """A running local Azure with an empty world, and what a client needs to meet it."""

    folder: Path
    running: Running
    door: Door
    identity: Identity
    environment: dict[str, str]

    @property
    def subscription(self) -> str:
        return self.identity.subscriptions[0]


@pytest.fixture(scope="session")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Running]]:
    folder = tmp_path_factory.mktemp("private") / "azure"
    yield folder, process.start(folder)
    process.stop(folder)


@pytest.fixture
def cloud(_process: tuple[Path, Running], monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A fresh world; this process's own clients meet it too, since the environment is set."""
    folder, running = _process
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    environment = command_environment(folder, running)
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    door = Door(running)
    door.clear_faults()
    door.reset(settings=True)
    return Cloud(folder, running, door, Identity.load(folder), environment)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and Microsoft's types beside the project; absent on most machines."""
    place = Path(__file__).parents[2] / "shared"
    if not place.is_dir():
        pytest.skip("needs the folder shared/ beside the project (real training sets, Azure's types)")
    return place
