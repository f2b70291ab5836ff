"""Real stacks: the project's own program in a temporary folder, run by the real engine against local Azure."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Cloud

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    """A finished `pulumi` run. ``said`` is everything that it printed."""

    code: int
    said: str


@dataclass
class Project:
    """A copy of the program with a stack file and data of its own."""

    folder: Path
    cloud: Cloud
    stack: str = "test"
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "stacks" / f"Pulumi.{self.stack}.yaml"

    def configure(self, config: dict[str, Any]) -> None:
        """Writes the stack file, keeping what the engine itself wrote into it."""
        document = yaml.safe_load(self.file.read_text()) if self.file.exists() else {}
        document["config"] = {key if ":" in key else f"finetuning:{key}": value for key, value in config.items()}
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def change(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Edits the configuration in the stack file."""
        document = yaml.safe_load(self.file.read_text())
        edit(document["config"])
        self.file.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def pulumi(self, *arguments: str, ok: bool | None = True) -> Ran:
        """Runs the engine's command line; ``ok`` is the outcome that the test relies on (None: either)."""
        done = subprocess.run(
            ["pulumi", *arguments, "--stack", self.stack, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        ran = Ran(done.returncode, done.stdout + done.stderr)
        if ok is not None:
            assert (ran.code == 0) is ok, ran.said
        return ran

    def up(self, ok: bool | None = True) -> Ran:
        return self.pulumi("up", "--yes", "--skip-preview", ok=ok)

    def destroy(self) -> Ran:
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def refresh(self) -> Ran:
        return self.pulumi("refresh", "--yes", "--skip-preview")

    def preview(self) -> dict[str, str]:
        """What a preview would do: resource name → operation, changes only (``same`` is left out)."""
        document = json.loads(self.pulumi("preview", "--json").said)
        return {step["urn"].split("::")[-1]: step["op"] for step in document["steps"] if step["op"] != "same"}

    def outputs(self) -> dict[str, Any]:
        done = self.pulumi("stack", "output", "--json")
        return dict(json.loads(done.said))

    def state(self) -> list[dict[str, Any]]:
        """The resources in the state."""
        return list(json.loads(self.pulumi("stack", "export").said)["deployment"].get("resources", []))

    def data(self, name: str, lines: list[str]) -> str:
        """Writes a data file of the project and returns its relative path."""
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "data" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"data/{name}"


@pytest.fixture
def project(cloud: Cloud, tmp_path: Path) -> Project:
    """An empty project on an empty cloud."""
    if shutil.which("pulumi", path=cloud.environment["PATH"]) is None:
        pytest.skip("needs pulumi on PATH: `make test` installs it")
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    for part in ("components", "finetune", "__main__.py", "Pulumi.yaml", "examples"):
        (folder / part).symlink_to(ROOT / part)
    (folder / ".venv").symlink_to(sys.prefix)  # Pulumi.yaml names it
    backend = tmp_path / "state"
    backend.mkdir()
    environment = {**cloud.environment, "PULUMI_BACKEND_URL": f"file://{backend}", "PULUMI_CONFIG_PASSPHRASE": "test"}
    environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
    made = Project(folder, cloud, environment=environment)
    made.configure({"azure-native:location": "swedencentral"})
    made.pulumi("stack", "init")
    return made


def example(number: int) -> str:
    """One line of training data."""
    answer = f"{number} + {number} = {2 * number}.\nAnswer: {2 * number} ∎"
    messages = [
        {"role": "system", "content": "You add numbers."},
        {"role": "user", "content": f"What is {number} plus {number}?"},
        {"role": "assistant", "content": answer},
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False)


def small_stack(project: Project, **more: Any) -> None:
    """One account, one model of twenty examples, one deployment."""
    training = project.data("train.jsonl", [example(number) for number in range(20)])
    project.configure(
        {
            "azure-native:location": "swedencentral",
            "models": {"adder": {"base": "gpt-4.1-mini-2025-04-14", "training": training, "hyperparameters": {"n_epochs": 2, "seed": 7}}},
            "deployments": {"adder": {"model": "adder", "capacity": 10}},
            **more,
        }
    )
