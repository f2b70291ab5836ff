"""A bare client of one connection, and the processor time of the process that it talks to."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_azure.process import Running

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(frozen=True)
class Rate:
    """What a run of requests cost.

    Args:
        latency: median seconds of one request, as the client sees it.
        slow: seconds that one request in a hundred exceeds.
        per_core: requests that the server handles in one second of processor time.
    """

    latency: float
    slow: float
    per_core: float


class Client:
    """One connection to one host, kept open."""

    def __init__(self, running: Running, host: str, headers: dict[str, str]):
        self._pid, self._headers = running.pid, headers
        context = ssl.create_default_context(cafile=str(running.ca))
        self._connection = http.client.HTTPSConnection("127.0.0.1", running.port, context=context)
        self._connection.set_tunnel(host, 443)

    def send(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a successful answer; raises ``SystemExit`` with the service's words for another one."""
        content = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, content, {**self._headers, "Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
        return text

    def rate(self, method: str, path: str, body: Any = None, *, count: int = 2000) -> Rate:
        """Sends the same request again and again, after a few that do not count."""
        for _ in range(count // 20):
            self.send(method, path, body)
        taken, before = [], processor_seconds(self._pid)
        for _ in range(count):
            start = time.perf_counter()
            self.send(method, path, body)
            taken.append(time.perf_counter() - start)
        used = processor_seconds(self._pid) - before
        return Rate(statistics.median(taken), statistics.quantiles(taken, n=100)[98], count / used)
