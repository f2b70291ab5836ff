"""The toolkit's dynamic providers behind the SDK's own server, driven by the engine's requests against local Azure."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.data_check import Use, facts
from components.fine_tuned_model import FineTunedModelProvider
from components.fine_tuning_job import FineTuningJobProvider
from components.lifecycle_provider import LifecycleProvider
from components.model_deployment import ReadyDeploymentProvider
from components.training_file import TrainingFileProvider
from components.wandb_integration import WandbSecretProvider
from local_azure.environment import command_environment
from local_azure.process import Running
from tests.conftest import Cloud
from tests.local_azure.conftest import BASE, Account, chat_lines, make_account

ROOT = Path(__file__).parents[3]
Props = dict[str, Any]


@dataclass
class Failed(Exception):
    """What the engine would show."""

    shown: str


@dataclass
class Plugin:
    """A server of dynamic providers, with everything that it said and answered."""

    stub: Any
    lines: list[str] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    more: threading.Condition = field(default_factory=threading.Condition)

    def listen(self, stream: Iterable[str]) -> None:
        for line in stream:
            with self.more:
                self.lines.append(line.rstrip())
                self.more.notify_all()

    def said(self, *words: str) -> bool:
        """Whether a line has these words; it comes by another way than the answer, so perhaps a moment later."""
        with self.more:
            return self.more.wait_for(lambda: any(all(word in line for word in words) for line in self.lines), timeout=10)

    def ask(self, operation: str, request: Any) -> Any:
        try:
            answer = getattr(self.stub, operation)(request, timeout=60)
        except grpc.RpcError as error:
            self.answers.append(str(error).encode())
            raise Failed(error.details()) from None
        self.answers.append(answer.SerializeToString())
        return answer


@dataclass
class Kind:
    """A kind of dynamic resource, as the engine treats it."""

    plugin: Plugin
    provider: LifecycleProvider

    def check(self, news: Props, olds: Props | None = None) -> tuple[Props, dict[str, str]]:
        """The inputs with what was filled in, and the failures by property."""
        answer = self.plugin.ask("Check", provider_pb2.CheckRequest(news=self._struct(news), olds=self._struct(olds or {})))
        return _dict(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(self, olds: Props, news: Props, id: str = "id") -> tuple[bool, list[str]]:
        """Whether anything changes, and the properties that replace."""
        answer = self.plugin.ask("Diff", provider_pb2.DiffRequest(id=id, olds=self._struct(olds), news=self._struct(news)))
        assert not answer.deleteBeforeReplace
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    def create(self, props: Props) -> tuple[str, Props]:
        answer = self.plugin.ask("Create", provider_pb2.CreateRequest(properties=self._struct(props)))
        return answer.id, _dict(answer.properties)

    def read(self, id: str, props: Props) -> tuple[str, Props, Props]:
        """Id (empty when it is gone), outputs and inputs."""
        answer = self.plugin.ask("Read", provider_pb2.ReadRequest(id=id, properties=self._struct(props), inputs=self._struct(props)))
        return answer.id, _dict(answer.properties), _dict(answer.inputs) if answer.id else {}

    def update(self, id: str, olds: Props, news: Props) -> Props:
        answer = self.plugin.ask("Update", provider_pb2.UpdateRequest(id=id, olds=self._struct(olds), news=self._struct(news)))
        return _dict(answer.properties)

    def delete(self, id: str, props: Props) -> None:
        self.plugin.ask("Delete", provider_pb2.DeleteRequest(id=id, properties=self._struct(props)))

    def _struct(self, props: Props) -> struct_pb2.Struct:
        known = {name: value for name, value in props.items() if value is not None}
        return json_format.ParseDict({**known, PROVIDER_KEY: serialize_provider(self.provider)}, struct_pb2.Struct())


def _dict(struct: struct_pb2.Struct) -> Props:
    """A struct's values as they travel: every number is a float."""
    found = json_format.MessageToDict(struct)
    assert found.pop(PROVIDER_KEY), "the provider travels with its resource"
    return found


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[Plugin]:
    """The server that the engine starts for dynamic resources, in a process of its own."""
    command = [sys.executable, "-u", "-m", "pulumi.dynamic"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    channel = grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}")
    plugin = Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
    listener = threading.Thread(target=plugin.listen, args=(process.stdout,), daemon=True)
    listener.start()
    try:
        yield plugin
    finally:
        channel.close()
        process.kill()
        process.wait()
        listener.join()
        process.stdout.close()


@pytest.fixture(scope="session")
def _server(_process: tuple[Path, Running]) -> Iterator[Plugin]:
    folder, running = _process
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ARM_", "AZURE_", "WANDB_", "OPENAI_"))}
    with serving({**command_environment(folder, running), **{name: own[name] for name in ("HOME",) if name in own}}) as plugin:
        yield plugin


@pytest.fixture
def plugin(cloud: Cloud, _server: Plugin) -> Iterator[Plugin]:
    """The server on a fresh world. After each test: no answer and no line held a secret."""
    _server.lines.clear()
    _server.answers.clear()
    yield _server
    said = b"".join(_server.answers) + "\n".join(_server.lines).encode()
    for secret in (cloud.identity.client_secret, cloud.identity.wandb_key):
        assert secret.encode() not in said
    assert b"Traceback" not in said


@pytest.fixture
def account(cloud: Cloud) -> Iterator[Account]:
    made = make_account(cloud, "tutor-swc")
    cloud.door.settings(job_queue=0, job_train=0)
    yield made
    made.close()


@pytest.fixture
def files(plugin: Plugin) -> Kind:
    return Kind(plugin, TrainingFileProvider())


@pytest.fixture
def jobs(plugin: Plugin) -> Kind:
    return Kind(plugin, FineTuningJobProvider())


@pytest.fixture
def models(plugin: Plugin) -> Kind:
    return Kind(plugin, FineTunedModelProvider())


@pytest.fixture
def secrets(plugin: Plugin) -> Kind:
    return Kind(plugin, WandbSecretProvider())


@pytest.fixture
def deployments(plugin: Plugin) -> Kind:
    return Kind(plugin, ReadyDeploymentProvider())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A good training file of twelve examples."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(chat_lines(12))
    return path


def file_inputs(account: Account, path: Path, **changes: Any) -> Props:
    found = facts(path, Use("supervised", BASE))
    return {
        "name": "tutor-training",
        "path": str(path),
        "endpoint": account.url,
        "method": "supervised",
        "base": BASE,
        "content_hash": found.content_hash,
        "size": found.size,
        "examples": found.examples,
        "tokens": found.tokens,
        "role_seconds": 0,
        "file_seconds": 60,
        **changes,
    }


def job_inputs(account: Account, training_file: str, **changes: Any) -> Props:
    return {
        "project": "finetuning",
        "stack": "test",
        "name": "tutor",
        "endpoint": account.url,
        "region": "swedencentral",
        "base": BASE,
        "method": "supervised",
        "training_file": training_file,
        "training_hash": "a" * 64,
        "validation_hash": "",
        "training_type": "GlobalStandard",
        "hyperparameters": {"n_epochs": 2, "learning_rate_multiplier": 0.5},
        "seed": 7,
        "retrain": 0,
        "tokens": 600,
        "examples": 12,
        "integrations": [],
        "metadata": {},
        "role_seconds": 0,
        **changes,
    }


def effects(cloud: Cloud, beginning: str) -> list[str]:
    """What requests did, by the journal."""
    return [row["effect"] for row in cloud.door.journal() if row["effect"].startswith(beginning)]
