"""The examples of docs/local-azure.md do what the page says, from top to bottom."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "local-azure.md"


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def ran(command: list[str], folder: Path) -> str:
    """Runs a command in a folder with a local Azure of its own; returns what it printed."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "local-azure"  # as the installed one, from this checkout
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m local_azure.cli "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "LOCAL_AZURE_HOME": str(folder / "azure"),
        "PATH": os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(PROJECT),
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's examples use curl")
def test_the_examples_for_the_shell_run_in_their_order(tmp_path: Path) -> None:
    try:
        said = ran(["bash", "-ec", blocks("sh")], tmp_path)
    finally:
        ran(["local-azure", "stop"], tmp_path)
    assert "['Local subscription 1', 'Local subscription 2']" in said
    assert re.search(r"201 PUT +management\.azure\.com/subscriptions/\S+/accounts/demo-math  created /subscriptions/", said)
    assert "demo-math now takes its W&B key from https://demo-vault.vault.azure.net" in said
    assert '"job_train": 3600' in said
    assert '"rows": [' in said


def test_the_example_in_python_runs(tmp_path: Path) -> None:
    ran([sys.executable, "-c", blocks("python")], tmp_path)
