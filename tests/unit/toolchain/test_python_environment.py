"""The Python that the set-up takes, and what its .venv holds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import ROOT, Machine

PYTHON_3_10 = 'case "$2" in *version_info*) exit 1;; esac'


def find_python(machine: Machine) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(machine.project / "toolchain" / "python"), "-c", "print('found')"]
    return subprocess.run(command, env={"PATH": str(machine.folder / "bin")}, capture_output=True, text=True)


def test_a_python_that_is_too_old_is_passed_over(machine: Machine) -> None:
    machine.program("python3.11", PYTHON_3_10)
    machine.program("python3", f'exec "{sys.executable}" "$@"')
    assert find_python(machine).stdout == "found\n"


def test_a_machine_without_a_python_is_told_what_to_install(machine: Machine) -> None:
    machine.program("python3", PYTHON_3_10)
    done = find_python(machine)
    assert done.returncode == 2
    assert "no Python 3.11 or newer with its venv module is on PATH" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


@pytest.fixture(scope="module")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one console script and locks without packages, set up for development."""
    place = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "toolchain", place / "toolchain", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "pyproject.toml").write_text('[project.scripts]\ngreet = "greeting:main"\n')
    (place / "greeting.py").write_text("import sys\ndef main():\n    print('hello', *sys.argv[1:])\n    return 3\n")
    (place / "requirements.lock").write_text("")
    (place / "requirements-dev.lock").write_text("")
    make(place, "requirements-dev.lock")
    return place


@pytest.fixture
def project(_project: Path) -> Path:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (_project / lock).write_text("")
    return _project


def make(project: Path, lock: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "toolchain/make_environment.py", lock], cwd=project, capture_output=True, text=True)


def test_the_projects_commands_run_from_any_folder_and_pass_their_exit_code_on(project: Path, tmp_path: Path) -> None:
    done = subprocess.run([project / ".venv" / "bin" / "greet", "you two"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "hello you two\n")


def test_a_lock_that_has_not_changed_is_not_installed_again(project: Path) -> None:
    make(project, "requirements-dev.lock")
    assert "up to date" in make(project, "requirements-dev.lock").stdout


def test_an_environment_for_development_is_enough_for_running(project: Path) -> None:
    (project / "requirements-dev.lock").write_text("# newer\n")
    make(project, "requirements-dev.lock")
    assert "up to date" in make(project, "requirements.lock").stdout


def test_an_environment_for_running_is_completed_for_development(project: Path) -> None:
    (project / "requirements.lock").write_text("# changed\n")
    assert "from requirements.lock" in make(project, "requirements.lock").stdout
    assert "from requirements-dev.lock" in make(project, "requirements-dev.lock").stdout


def test_in_a_folder_that_was_copied_or_moved_it_is_made_anew(project: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(project, tmp_path / "a folder with blanks", symlinks=True)
    assert "installing" in make(moved, "requirements.lock").stdout
    assert f"{moved}/.venv" in (moved / ".venv" / "bin" / "greet").read_text()
    assert subprocess.run([moved / ".venv" / "bin" / "greet"], capture_output=True, text=True).stdout == "hello\n"


def test_a_package_that_cannot_be_had_is_named_with_what_to_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (project / "requirements.lock").write_text(f"not-there==1.0 --hash=sha256:{'0' * 64}\n")
    done = make(project, "requirements.lock")
    assert done.returncode == 2
    assert "No matching distribution found for not-there==1.0" in done.stderr
    assert "what to do: where PyPI is reached by a mirror or a proxy, set PIP_INDEX_URL" in done.stderr
    assert "installing 1 Python packages" in make(project, "requirements.lock").stdout


def test_the_lock_for_development_holds_every_version_of_the_lock_for_running() -> None:
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")
