"""The clock: real time plus an offset that tests move."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from local_azure.world.store import Store


class Clock:
    """Tells the time of the emulated cloud, in seconds since the epoch."""

    def __init__(self, store: Store):
        self._store = store
        self._offset = (store.get("world", "clock") or {"offset": 0.0})["offset"]
        self._held: float | None = None

    def now(self) -> float:
        return self._held if self._held is not None else self.real()

    @property
    def offset(self) -> float:
        """How far tests have moved the clock from real time, in seconds."""
        return self._offset

    def real(self) -> float:
        """The time outside of the agenda: what :meth:`now` says while no event holds it."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> float:
        """Moves the clock forward and returns the new time. Raises ``ValueError`` for a negative step."""
        if seconds < 0:
            raise ValueError("the clock moves forward only")
        self._offset += seconds
        self._store.put("world", "clock", {"offset": self._offset})
        return self.now()

    def forget(self) -> None:
        self._offset = 0.0

    @contextmanager
    def held_at(self, moment: float) -> Iterator[None]:
        """While an event of the agenda runs, it is the event's time."""
        before, self._held = self._held, moment
        try:
            yield
        finally:
            self._held = before
