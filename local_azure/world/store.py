"""One SQLite file: documents by kind and key, and blobs. One transaction a request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, seq INTEGER, body TEXT, PRIMARY KEY (kind, key));
CREATE INDEX IF NOT EXISTS documents_seq ON documents (kind, seq);
CREATE TABLE IF NOT EXISTS blobs (kind TEXT, key TEXT, content BLOB, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER);
"""


class Store:
    """Documents are JSON objects; keys are free text, chosen by the service (ARM ids in lower case).

    Writes inside :meth:`transaction` stand or fall together; outside of one each stands by itself.
    """

    def __init__(self, path: Path):
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        # The operating system keeps what a killed process wrote; only a power cut could lose it.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + _SCHEMA)

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        return self._db.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        row = self._db.execute("SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Writes a document; a new one comes last in :meth:`list`, an old one keeps its place."""
        self._db.execute(
            "INSERT INTO documents (kind, key, seq, body) VALUES (?, ?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, self.next_number("documents"), json.dumps(body)),
        )

    def delete(self, kind: str, key: str) -> bool:
        return self._db.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def list(self, kind: str, prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
        """Documents of a kind whose key starts with ``prefix``, oldest first."""
        rows = self._db.execute(
            "SELECT key, body FROM documents WHERE kind = ? AND substr(key, 1, ?) = ? ORDER BY seq", (kind, len(prefix), prefix)
        ).fetchall()
        return [(key, json.loads(body)) for key, body in rows]

    def count(self, kind: str, prefix: str = "") -> int:
        query = "SELECT COUNT(*) FROM documents WHERE kind = ? AND substr(key, 1, ?) = ?"
        return int(self._db.execute(query, (kind, len(prefix), prefix)).fetchone()[0])

    def get_blob(self, kind: str, key: str) -> bytes | None:
        row = self._db.execute("SELECT content FROM blobs WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return row[0] if row else None

    def put_blob(self, kind: str, key: str, content: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO blobs (kind, key, content) VALUES (?, ?, ?)", (kind, key, content))

    def delete_blob(self, kind: str, key: str) -> bool:
        return self._db.execute("DELETE FROM blobs WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def next_number(self, counter: str) -> int:
        row = self._db.execute(
            "INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value", (counter,)
        ).fetchone()
        return int(row[0])

    def clear(self, keep: tuple[str, ...] = ()) -> None:
        """Forgets all documents but those of the kinds named, all blobs, the agenda and the journal."""
        marks = ",".join("?" * len(keep))
        self._db.execute(f"DELETE FROM documents WHERE kind NOT IN ({marks})", keep)
        for table in ("blobs", "counters", "agenda", "journal", "fault_hits"):
            self._db.execute(f"DELETE FROM {table}")
