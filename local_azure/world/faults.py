"""Faults at the wire, declared by tests: a match (host, method, path, n-th or share), then an action."""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from local_azure.world.store import Store


@dataclass(frozen=True, slots=True)
class Fault:
    """One declared fault.

    Args:
        host, method, path: regular expressions searched in the request's; empty matches all. ``path`` may also match the
            operation's name written as ``operation:NAME``.
        nth: hit only the n-th matching request, counted from 1 (0: every one).
        share: hit this random share of the matching requests (0 to 1; 1: all), from ``seed``.
        times: stop after so many hits (0: never).
        status, code, message, headers: answer with this instead.
        after: False: the request has no effect; True: it has its effect, and then its answer is lost or replaced.
        cut: cut the connection instead of answering.
        delay: seconds to wait before the answer (with neither ``status`` nor ``cut``, the true answer follows).
    """

    name: str
    host: str = ""
    method: str = ""
    path: str = ""
    nth: int = 0
    share: float = 1.0
    seed: int = 0
    times: int = 0
    status: int = 0
    code: str = ""
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    cut: bool = False
    delay: float = 0.0

    def matches(self, host: str, method: str, path: str, operation: str) -> bool:
        return all(
            not pattern or re.search(pattern, text, re.IGNORECASE)
            for pattern, text in ((self.host, host), (self.method, method), (self.path, f"{path} operation:{operation}"))
        )


class Faults:
    """The declared faults and how often each was met."""

    def __init__(self, store: Store):
        self._store = store
        store.execute("CREATE TABLE IF NOT EXISTS fault_hits (name TEXT PRIMARY KEY, seen INTEGER, hit INTEGER)")
        self._faults: list[Fault] = []
        self.reload()

    def reload(self) -> None:
        self._faults = [Fault(**body) for _, body in self._store.list("fault")]

    def declare(self, values: dict[str, Any]) -> Fault:
        """Adds a fault, or replaces the one of that name. Raises ``ValueError`` for an unknown member."""
        unknown = set(values) - {f.name for f in fields(Fault)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        fault = Fault(**{"name": f"fault-{len(self._faults) + 1}", **values})
        self._store.put("fault", fault.name, asdict(fault))
        self._store.execute("DELETE FROM fault_hits WHERE name = ?", (fault.name,))
        self.reload()
        return fault

    def clear(self) -> None:
        for name, _ in self._store.list("fault"):
            self._store.delete("fault", name)
        self._faults = []

    def pick(self, host: str, method: str, path: str, operation: str) -> Fault | None:
        """The first fault that strikes this request, or None."""
        for fault in self._faults:
            if fault.matches(host, method, path, operation) and self._strikes(fault):
                return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        seen, hit = self._store.execute(
            "INSERT INTO fault_hits (name, seen, hit) VALUES (?, 1, 0) ON CONFLICT (name) DO UPDATE SET seen = seen + 1 RETURNING seen, hit",
            (fault.name,),
        ).fetchone()
        if fault.times and hit >= fault.times:
            return False
        if fault.nth and seen != fault.nth:
            return False
        if fault.share < 1 and random.Random(f"{fault.seed}:{fault.name}:{seen}").random() >= fault.share:
            return False
        self._store.execute("UPDATE fault_hits SET hit = hit + 1 WHERE name = ?", (fault.name,))
        return True
