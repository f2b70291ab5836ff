"""Lists of the data plane: newest first, cut by ``after`` and ``limit``."""

from __future__ import annotations

from typing import Any

from local_azure.http import Call
from local_azure.openai.errors import refuse


def page(call: Call, rows: list[dict[str, Any]], limit: int, most: int = 10_000) -> dict[str, Any]:
    """One page of rows that each have an ``id``.

    Args:
        rows: newest first.
        limit: how many when the caller does not say.
        most: the highest ``limit`` that a caller may ask for.

    Raises:
        ServiceError: 400 ``invalidPayload`` for a bad ``limit``. An unknown ``after`` gives an empty page.
    """
    wanted = _limit(call, limit, most)
    if after := call.query.get("after"):
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(after) + 1 :] if after in ids else []
    data = rows[:wanted]
    return {
        "object": "list",
        "data": data,
        "has_more": len(rows) > len(data),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def _limit(call: Call, default: int, most: int) -> int:
    text = call.query.get("limit")
    if text is None:
        return default
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise refuse("bad payload", why=f"The query parameter 'limit' must be an integer from 1 to {most}.")
    return int(text)
