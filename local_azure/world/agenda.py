"""What will happen by itself: an event, its time, its key. Nothing sleeps; a request lets happen what is due."""

from __future__ import annotations

from dataclasses import dataclass

from local_azure.world.store import Store


@dataclass(frozen=True, slots=True)
class Due:
    when: float
    event: str
    key: str


class Agenda:
    """Events by time. One entry for each (event, key): planning it again moves it."""

    def __init__(self, store: Store):
        self._store = store
        store.execute("CREATE TABLE IF NOT EXISTS agenda (event TEXT, key TEXT, due REAL, seq INTEGER, PRIMARY KEY (event, key))")
        store.execute("CREATE INDEX IF NOT EXISTS agenda_due ON agenda (due, seq)")
        row = store.execute("SELECT due FROM agenda ORDER BY due LIMIT 1").fetchone()
        self._next: float | None = row[0] if row else None

    def at(self, when: float, event: str, key: str) -> None:
        """Plans an event at a time (seconds since the epoch)."""
        self._store.execute(
            "INSERT OR REPLACE INTO agenda (event, key, due, seq) VALUES (?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM agenda))",
            (event, key, when),
        )
        self._next = when if self._next is None else min(self._next, when)

    def cancel(self, event: str, key: str) -> None:
        self._store.execute("DELETE FROM agenda WHERE event = ? AND key = ?", (event, key))

    def pop_due(self, now: float) -> Due | None:
        """Takes the earliest event that is due, or None."""
        if self._next is None or self._next > now:
            return None
        row = self._store.execute("SELECT due, event, key FROM agenda ORDER BY due, seq LIMIT 1").fetchone()
        if row is None or row[0] > now:
            self._next = row[0] if row else None
            return None
        self.cancel(row[1], row[2])
        return Due(*row)

    def refresh(self) -> None:
        """Reads the earliest time again, after a rollback or a reset."""
        row = self._store.execute("SELECT due FROM agenda ORDER BY due LIMIT 1").fetchone()
        self._next = row[0] if row else None
