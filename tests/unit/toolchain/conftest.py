"""A machine on which nothing is installed but what a test puts on its PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

#: A pulumi of some version, with its language host beside it.
PULUMI = 'echo "v{version}"'

#: What the vendor's script does, as far as it concerns us: four programs in bin below --install-root.
INSTALLER = """
PATH=/usr/bin:/bin
while [ $# -gt 0 ]; do
    case $1 in --install-root) root=$2;; --version) version=$2;; esac
    shift
done
mkdir -p "$root/bin"
for name in pulumi pulumi-language-python pulumi-language-python-exec pulumi-resource-pulumi-python; do
    printf '#!/bin/sh\\necho v%s\\n' "$version" > "$root/bin/$name"
    chmod +x "$root/bin/$name"
done
"""

#: A Go that answers its version, "builds" a program that prints 3.259.0, and has the SDK's Python programs.
GO = """
case $1 in
    version) echo "go version go{version} linux/amd64";;
    build)
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\\necho 3.259.0\\n' > "$2"
        chmod +x "$2";;
    list)
        mkdir -p "$HOME/sdk/python/cmd" "$HOME/sdk/python/dist"
        touch "$HOME/sdk/python/cmd/pulumi-language-python-exec" "$HOME/sdk/python/dist/pulumi-resource-pulumi-python"
        echo "$HOME/sdk";;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A copy of the toolchain folder, an own PATH, home and cache; programs write down how they are called."""

    folder: Path

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def link(self) -> Path:
        return self.project / ".local" / "toolchain"

    @property
    def cache(self) -> Path:
        return self.folder / "cache" / "pulumi-azure-finetuning" / "pulumi-3.259.0"

    def program(self, name: str, script: str, place: str = "bin") -> Path:
        path = self.folder / place / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "{name} $*" >> "{self.folder}/calls"\n{script}\n')
        path.chmod(0o755)
        return path

    def pulumi(self, version: str) -> Path:
        self.program("pulumi-language-python", "")
        return self.program("pulumi", PULUMI.format(version=version))

    def go(self, version: str = "1.26.8") -> None:
        self.program("go", GO.format(version=version))

    def vendor(self, script: str = INSTALLER) -> None:
        """A curl that brings this installer."""
        (self.folder / "installer").write_text(script)
        self.program("curl", f'while [ "$1" != -o ]; do shift; done; cp "{self.folder}/installer" "$2"')

    def no_network(self) -> None:
        self.program("curl", 'echo "curl: (6) Could not resolve host" >&2; exit 6')

    def calls(self, program: str) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if line.startswith(f"{program} ")]

    def start(self, *path: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.pathsep.join([*path, str(self.folder / "bin")]),
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": "",
        }
        command = [sys.executable, "toolchain/install_pulumi.py"]
        return subprocess.Popen(command, cwd=self.project, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def install(self, *path: str) -> tuple[int, str]:
        """Runs the installer; its exit code and all that it printed."""
        process = self.start(*path)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    shutil.copytree(ROOT / "toolchain", tmp_path / "project" / "toolchain", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    (tmp_path / "calls").touch()
    return Machine(tmp_path)
