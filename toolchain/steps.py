"""What the steps of the set-up share: a line on what happens, a log, a lock, and an error that says what to do."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".local" / "log"


class SetUpError(Exception):
    """A step failed: what happened, what to do before it is run again, and where the whole output stands."""

    def __init__(self, what: str, do: str, log: Path | None = None):
        super().__init__(what)
        self.what, self.do, self.log = what, do, log


def say(line: str) -> None:
    """Prints one line at once, also into a pipe."""
    print(f"set-up: {line}", flush=True)


def finish(step: Callable[[], None]) -> None:
    """Runs a step as a program: an error is a few lines and exit code 2, Ctrl-C is 130."""
    try:
        step()
    except SetUpError as error:
        print(f"set-up: {error.what}", file=sys.stderr)
        if error.log:
            print(f"  whole output: {error.log}", file=sys.stderr)
        print(f"  what to do: {error.do}; then run the same make command again", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def log_file(name: str) -> Path:
    """An empty log for a step, in .local/log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{name}.log"
    path.write_text("")
    return path


def run(command: Sequence[str | Path], log: Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> bool:
    """Runs a command with its output at the end of a log; on a terminal the time runs. False if it failed or is not there."""
    with log.open("a") as output:
        output.write(f"$ {' '.join(map(str, command))}\n")
        output.flush()
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, env=env)
        except OSError as error:
            output.write(f"{error}\n")
            return False
        return _wait(process) == 0


def _wait(process: subprocess.Popen[bytes]) -> int:
    started, terminal = time.monotonic(), sys.stdout.isatty()
    try:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if terminal:
                    minutes, seconds = divmod(round(time.monotonic() - started), 60)
                    print(f"\r  {minutes}:{seconds:02}", end="", flush=True)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        if terminal:
            print("\r\033[K", end="", flush=True)


def last_line(log: Path) -> str:
    """The last line of a log that says anything: mostly the error."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Holds a lock file, so that two set-ups at once do the work once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
