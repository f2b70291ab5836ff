"""The tokenizer o200k_base, and what a chat costs in its tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

VOCABULARY = 200_019
#: Marks of our own beyond the vocabulary: before an answer in words, before an answer in tool calls, after an answer.
WORDS, TOOL_CALLS, END = VOCABULARY + 1, VOCABULARY + 2, VOCABULARY + 3

_LONGEST_PIECE = 500_000  # characters; the tokenizer refuses a million
_PER_MESSAGE, _PER_NAME, _REPLY_PRIMER = 3, 1, 3
_PER_FUNCTION, _PER_PROPERTIES, _PER_PROPERTY, _PER_ENUM, _PER_ENUM_ITEM, _AFTER_FUNCTIONS = 7, 3, 3, -3, 3, 12


@lru_cache(maxsize=1)
def _encoding() -> Any:
    import bpe_openai  # takes a second and 140 MB, so only who counts or learns pays for it

    return bpe_openai.get_encoding("o200k_base")


def encode(text: str) -> list[int]:
    """Token ids; special tokens in the text are plain text."""
    if len(text) <= _LONGEST_PIECE:
        return _encoding().encode_ordinary(text)
    pieces = (text[at : at + _LONGEST_PIECE] for at in range(0, len(text), _LONGEST_PIECE))
    return [token for piece in pieces for token in _encoding().encode_ordinary(piece)]


def decode(tokens: Iterable[int]) -> str:
    """Text of the tokens; our own marks have none."""
    return _encoding().decode([token for token in tokens if token < VOCABULARY])


def text_of(message: dict) -> str:
    """The words of a message; a picture among its parts counts as the word [image]."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text") or "[image]" for part in content)
    return content or ""


def tool_calls_text(message: dict) -> str:
    """The functions and arguments a message calls, as one line of JSON; "" when it calls none."""
    calls = [call["function"] for call in message.get("tool_calls") or () if "function" in call]
    if not calls:
        return ""
    return json.dumps([{"name": call.get("name"), "arguments": call.get("arguments")} for call in calls], ensure_ascii=False)


def count_messages(messages: list[dict]) -> int:
    """Tokens of a chat: 3 and the role for each message, 1 for a name, 3 once for the reply (OpenAI's cookbook)."""
    return _REPLY_PRIMER + sum(_count_message(message) for message in messages)


def _count_message(message: dict) -> int:
    named = message.get("name")
    return (
        _PER_MESSAGE
        + _length(message.get("role") or "")
        + (_PER_NAME + _length(named) if named else 0)
        + _length(tool_calls_text(message))
        + _count_content(message.get("content"))
    )


def _count_content(content: Any) -> int:
    """Parts count with the text of their image's address: the service's own field does so too (INFERRED from real vision jobs)."""
    if isinstance(content, list):
        return sum(_length(part.get("text") or (part.get("image_url") or {}).get("url") or "") for part in content)
    return _length(content or "")


def count_tools(tools: list[dict]) -> int:
    """Tokens of tool definitions by the constants of OpenAI's cookbook; nested objects count by their outermost level."""
    return _count_tools(json.dumps(tools)) if tools else 0


@lru_cache(maxsize=256)
def _count_tools(tools: str) -> int:
    return _AFTER_FUNCTIONS + sum(_count_function(tool.get("function") or {}) for tool in json.loads(tools))


def _count_function(function: dict) -> int:
    properties = (function.get("parameters") or {}).get("properties") or {}
    total = _PER_FUNCTION + _length(f"{function.get('name')}:{(function.get('description') or '').removesuffix('.')}")
    total += _PER_PROPERTIES if properties else 0
    for name, schema in properties.items():
        total += _PER_PROPERTY + _length(f"{name}:{schema.get('type')}:{(schema.get('description') or '').removesuffix('.')}")
        if "enum" in schema:
            total += _PER_ENUM + sum(_PER_ENUM_ITEM + _length(str(item)) for item in schema["enum"])
    return total


@lru_cache(maxsize=4096)
def _short_length(text: str) -> int:
    return len(encode(text))


def _length(text: str) -> int:
    """Roles, names and system messages repeat in every example, so short texts are remembered."""
    if not text:
        return 0
    return _short_length(text) if len(text) < 400 else len(encode(text))
