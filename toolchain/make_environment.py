"""Makes ``.venv`` from a hashed lock: ``toolchain/python toolchain/make_environment.py requirements.lock``.

The project itself is not installed but named in a .pth file, with a launcher for each of its console scripts.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

from steps import ROOT, SetUpError, alone, finish, last_line, log_file, run, say

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"

#: A lock to the locks that it contains: what is installed from it serves them too.
CONTAINS = {"requirements.lock": (), "requirements-dev.lock": ("requirements.lock",)}

#: A shell line that is a string to Python: a path with blanks, or longer than a #! line may be, works too.
LAUNCHER = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""


def make(lock: str) -> None:
    """Brings .venv up to a lock, if it is not there yet.

    Raises:
        SetUpError: when no environment can be made or a package cannot be had.
    """
    with alone(ROOT / ".local" / "environment.lock"):
        stamp = _stamp()
        if stamp.get(lock) == _digest(lock):
            say("Python packages are up to date")
        else:
            _install(lock, fresh=not stamp)
        _write_launchers()


def _stamp() -> dict[str, str]:
    """What is installed: lock to digest. Empty if there is nothing, or it was made for another place or a Python that is gone."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
        alive = subprocess.run([PYTHON, "-c", ""], capture_output=True).returncode == 0
    except (OSError, ValueError):
        return {}
    return stamp if alive and stamp.get("root") == str(ROOT) else {}


def _digest(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def _install(lock: str, *, fresh: bool) -> None:
    log = log_file("environment")
    count = sum(line[:1].isalnum() for line in (ROOT / lock).read_text().splitlines())
    say(f"installing {count} Python packages from {lock} into .venv (about a minute, 600 MB)")
    if fresh and not run([sys.executable, "-m", "venv", "--clear", VENV], log):
        raise SetUpError(
            f"no virtual environment can be made: {last_line(log)}",
            "install Python's venv module (Debian and Ubuntu: apt-get install python3-venv)",
            log,
        )
    _write_stamp()
    # Byte code is left to the first import: of the 6,000 modules of azure-native a stack imports a few dozen.
    quiet = ["--disable-pip-version-check", "--no-input"]
    if not run([PYTHON, "-m", "pip", "install", *quiet, "--no-compile", "--no-deps", "--require-hashes", "-r", lock], log):
        do = "where PyPI is reached by a mirror or a proxy, set PIP_INDEX_URL or HTTPS_PROXY"
        raise SetUpError(f"the Python packages could not be installed: {last_line(log)}", do, log)
    _write_stamp(lock, *CONTAINS[lock])


def _write_stamp(*locks: str) -> None:
    STAMP.write_text(json.dumps({"root": str(ROOT), **{lock: _digest(lock) for lock in locks}}, indent=2))


def _write_launchers() -> None:
    """Makes the project importable in .venv, and its console scripts programs there."""
    packages = next((VENV / "lib").glob("python*/site-packages"))
    (packages / "pulumi-azure-finetuning.pth").write_text(f"{ROOT}\n")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for name, target in scripts.items():
        module, function = target.split(":")
        launcher = VENV / "bin" / name
        launcher.write_text(LAUNCHER.format(python=PYTHON, module=module, function=function))
        launcher.chmod(0o755)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CONTAINS:
        raise SystemExit(f"usage: toolchain/python {Path(__file__).name} {' | '.join(CONTAINS)}")
    finish(lambda: make(sys.argv[1]))
