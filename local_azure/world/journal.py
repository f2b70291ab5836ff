"""The journal of requests: who did what, with which answer and effect. No bodies, no tokens, no secrets."""

from __future__ import annotations

from typing import Any

from local_azure.world.store import Store

_COLUMNS = ("id", "at", "service", "method", "host", "path", "operation", "status", "principal", "effect", "fault")


class Journal:
    """Rows in the order of arrival."""

    def __init__(self, store: Store):
        self._store = store
        store.execute(
            "CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, at REAL, service TEXT, method TEXT, host TEXT, path TEXT, "
            "operation TEXT, status INTEGER, principal TEXT, effect TEXT, fault TEXT)"
        )

    def add(self, **row: Any) -> None:
        values = tuple(row.get(column) for column in _COLUMNS[1:])
        self._store.execute(f"INSERT INTO journal ({', '.join(_COLUMNS[1:])}) VALUES ({', '.join('?' * len(values))})", values)

    def rows(self, after: int = 0) -> list[dict[str, Any]]:
        """All rows with an id above ``after``, oldest first. ``status`` 0 means that the connection was cut."""
        cursor = self._store.execute(f"SELECT {', '.join(_COLUMNS)} FROM journal WHERE id > ? ORDER BY id", (after,))
        return [dict(zip(_COLUMNS, row, strict=True)) for row in cursor]

    def clear(self) -> None:
        self._store.execute("DELETE FROM journal")
