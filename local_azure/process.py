"""Starting, finding and stopping the process of a state folder, and the door to it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local_azure.http import ADMIN_HOST

START_SECONDS = 15.0


class LocalAzureError(Exception):
    """Local Azure cannot do what was asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running local Azure: process id, port of the proxy, certificate authority."""

    pid: int
    port: int
    ca: Path

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def find(folder: Path) -> Running | None:
    """The process that serves a state folder, or None."""
    try:
        values = json.loads((folder / "process.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    running = Running(values["pid"], values["port"], Path(values["ca"]))
    return running if _serves(running.pid, folder) else None


def _serves(pid: int, folder: Path) -> bool:
    """Whether this process id is still ours: alive, and holding the folder's lock file open for serving."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    command = Path(f"/proc/{pid}/cmdline")
    return not command.exists() or b"local_azure.server" in command.read_bytes()


def start(folder: Path) -> Running:
    """Starts local Azure for a state folder, or finds the one that runs.

    Raises:
        LocalAzureError: when it does not come up; the log says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _starting(folder):
        if running := find(folder):
            return running
        (folder / "process.json").unlink(missing_ok=True)
        with open(folder / "log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local_azure.server", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONUNBUFFERED": "1"},
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if running := find(folder):
                return running
            time.sleep(0.02)
    raise LocalAzureError(f"local Azure did not start; see {folder / 'log'}")


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    with open(folder / "start.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stop(folder: Path) -> bool:
    """Ends the process and waits until its port is closed. False if none ran."""
    running = find(folder)
    if running is None:
        return False
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + START_SECONDS
    while find(folder) is not None:
        if time.monotonic() > deadline:
            os.kill(running.pid, signal.SIGKILL)
        time.sleep(0.02)
    (folder / "process.json").unlink(missing_ok=True)
    return True


class Door:
    """The administrator's door of a running local Azure."""

    def __init__(self, running: Running):
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"https": running.proxy}
        self._session.verify = str(running.ca)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Sends a request to the door and returns its JSON.

        Raises:
            LocalAzureError: with the door's own words, when it refuses.
        """
        response = self._session.request(method, f"https://{ADMIN_HOST}{path}", json=body, timeout=60)
        if response.status_code >= 400:
            raise LocalAzureError(response.json()["error"]["message"])
        return response.json() if response.content else None

    def advance(self, seconds: float) -> None:
        self.call("POST", "/clock", {"seconds": seconds})

    def settings(self, **values: Any) -> dict[str, Any]:
        return dict(self.call("PATCH", "/settings", values))

    def fault(self, **values: Any) -> None:
        self.call("POST", "/faults", values)

    def clear_faults(self) -> None:
        self.call("DELETE", "/faults")

    def journal(self, after: int = 0) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/journal?after={after}")["rows"])

    def reset(self, settings: bool = False) -> None:
        self.call("POST", f"/reset?settings={'true' if settings else 'false'}")
