"""JSON values in words, for messages."""

from __future__ import annotations

import json
from typing import Any

_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def kind(value: Any) -> str:
    """The JSON type of a value: ``a list``, ``null``."""
    return _KINDS.get(type(value), type(value).__name__)


def shown(value: Any, length: int = 40) -> str:
    """The value as JSON, shortened; text that stays on one line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= length else f"{text[: length - 1]}…"
