"""What ``make`` offers, and how it takes things down."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.unit.toolchain.conftest import ROOT, Machine


@pytest.fixture
def clone(machine: Machine) -> Machine:
    """A clone in which nothing was set up yet."""
    shutil.copy(ROOT / "Makefile", machine.project)
    return machine


@pytest.fixture
def in_use(clone: Machine) -> Machine:
    """A clone with a stack that holds something; local-azure writes down how it is called."""
    (clone.project / ".venv" / "bin").mkdir(parents=True)
    clone.program("local-azure", 'case "$*" in *"$REFUSED"*) exit 7;; esac', "project/.venv/bin")
    state = clone.project / ".local" / "state" / ".pulumi" / "stacks" / "finetuning" / "local.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"resources": [{"urn": "urn:pulumi:local::finetuning::pulumi:pulumi:Stack::finetuning-local"}]}')
    return clone


def make(machine: Machine, *targets: str, refused: str = "nothing") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(machine.folder), "REFUSED": refused}
    return subprocess.run(["make", *targets], cwd=machine.project, env=environment, capture_output=True, text=True)


def test_make_alone_lists_what_it_can_do(clone: Machine) -> None:
    said = make(clone).stdout
    assert [line.split()[1] for line in said.splitlines()] == ["help", "up", "down", "test", "lint", "bench", "clean"]


def test_down_in_a_fresh_clone_has_nothing_to_do(clone: Machine) -> None:
    done = make(clone, "down")
    assert (done.returncode, done.stdout) == (0, "nothing is up\n")


def test_down_destroys_the_stack_and_then_stops_local_azure(in_use: Machine) -> None:
    assert make(in_use, "down").returncode == 0
    assert in_use.calls("local-azure") == [
        "local-azure exec -- .venv/bin/finetune down --stack local",
        "local-azure stop",
    ]


def test_down_starts_nothing_for_a_stack_that_is_empty(in_use: Machine) -> None:
    (in_use.project / ".local" / "state" / ".pulumi" / "stacks" / "finetuning" / "local.json").write_text("{}")
    assert make(in_use, "down").returncode == 0
    assert in_use.calls("local-azure") == ["local-azure stop"]


def test_down_stops_local_azure_even_if_the_stack_cannot_be_destroyed(in_use: Machine) -> None:
    done = make(in_use, "down", refused="finetune down")
    assert done.returncode != 0
    assert "pulumi cancel --stack local --yes && make down" in done.stderr
    assert in_use.calls("local-azure")[-1] == "local-azure stop"


def test_clean_stops_local_azure_and_removes_what_make_made_and_nothing_else(in_use: Machine) -> None:
    (in_use.project / "stacks").mkdir()
    done = make(in_use, "clean")
    assert done.returncode == 0
    assert in_use.calls("local-azure") == ["local-azure stop"]
    assert "removing .local\nremoving .venv\n" in done.stdout
    assert sorted(path.name for path in in_use.project.iterdir()) == ["Makefile", "stacks", "toolchain"]
