"""The project's own program as a stack in a temporary folder, on a local Azure of its own; nothing of it stays."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_azure import process
from local_azure.environment import command_environment
from local_azure.process import Door

ROOT = Path(__file__).parents[2]
PARTS = ("components", "finetune", "__main__.py", "Pulumi.yaml")


@dataclass(frozen=True)
class Stack:
    """A stack of the project's program.

    Args:
        folder: the project folder, a copy by symbolic links.
        environment: in which the engine meets local Azure.
        door: the administrator's door of that local Azure.
    """

    folder: Path
    environment: dict[str, str]
    door: Door

    def configure(self, config: dict[str, Any]) -> None:
        """Writes the stack file; keys without a namespace are the project's."""
        named = {key if ":" in key else f"finetuning:{key}": value for key, value in config.items()}
        (self.folder / "stacks" / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": named}, sort_keys=False))

    def data(self, name: str, lines: list[str]) -> str:
        """Writes a data file and returns its path, relative to the project."""
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return name

    def pulumi(self, *arguments: str) -> float:
        """Runs the engine's command line and returns the seconds that it took.

        Raises:
            SystemExit: with its output, when it failed.
        """
        start = time.perf_counter()
        command = ["pulumi", *arguments, "--stack", "bench", "--non-interactive", "--color", "never"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - start

    def up(self) -> float:
        return self.pulumi("up", "--yes", "--skip-preview")


@contextmanager
def temporary_stack() -> Iterator[Stack]:
    """An empty stack on an empty cloud."""
    with tempfile.TemporaryDirectory(prefix="finetuning-bench-") as place:
        private, folder = Path(place) / "private", Path(place) / "project"
        (folder / "stacks").mkdir(parents=True)
        for part in PARTS:
            (folder / part).symlink_to(ROOT / part)
        (folder / ".venv").symlink_to(sys.prefix)  # Pulumi.yaml names it
        running = process.start(private / "azure")
        try:
            environment = command_environment(private / "azure", running)
            if shutil.which("pulumi", path=environment["PATH"]) is None:
                raise SystemExit("needs pulumi on PATH: `make bench` installs it")
            stack = Stack(folder, environment, Door(running))
            stack.configure({"azure-native:location": "swedencentral"})
            stack.pulumi("stack", "init")
            yield stack
        finally:
            process.stop(private / "azure")


def example(number: int) -> str:
    """One line of training data."""
    question, answer = f"What is {number} plus {number}?", f"{number} + {number} = {2 * number}.\nAnswer: {2 * number}"
    return json.dumps({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})
