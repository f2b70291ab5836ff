"""Exact token counts without a network: the vocabularies are inside a package. Overheads as OpenAI's cookbook counts them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import msgspec

from finetune.datasets.rules import vision

#: Per message, besides its role and content; once per example, for the reply (OpenAI cookbook, How to count tokens; that training bills
#: the last one too is INFERRED).
PER_MESSAGE, PER_NAME, PER_EXAMPLE = 3, 1, 3
#: Tool definitions (OpenAI cookbook, newer edition): per function by vocabulary, then the rest.
PER_FUNCTION = {"o200k_base": 7, "cl100k_base": 10}
PROPERTIES_START, PER_PROPERTY, ENUM_START, PER_ENUM_ITEM, TOOLS_END = 3, 3, -3, 3, 12
#: Images of gpt-4o and gpt-4.1: low detail, and base and tile of high detail.
IMAGE_LOW, IMAGE_TILE, TILE = 85, 170, 512
#: Texts that repeat (system messages, tool definitions) are counted once, up to so many of them.
_REMEMBERED = 2048


@functools.cache
def tokenizer(encoding: str) -> Any:
    """The tokenizer of a vocabulary, ``o200k_base`` or ``cl100k_base``; loaded once (about 0.1 s and 110 MB)."""
    # Imported late: the library is large, and a file that is known from before needs none of it.
    from bpe_openai import _bindings

    return _bindings.tokenizer_for_encoding(encoding)


class TokenCounter:
    """Counts the tokens of texts, messages and tools in one vocabulary."""

    def __init__(self, encoding: str = "o200k_base"):
        self.encoding = encoding
        self.text: Callable[[str], int] = tokenizer(encoding).count
        self.repeated: Callable[[str], int] = functools.lru_cache(maxsize=_REMEMBERED)(self.text)
        self._tools: dict[bytes, int] = {}

    def message(self, message: dict[str, Any]) -> tuple[int, int]:
        """Tokens of a sound message: all that are billed, and those that are trained if it is the assistant's."""
        role = message["role"]
        said = self._content(message.get("content")) + self._calls(message)
        total = PER_MESSAGE + self.repeated(role) + said
        if isinstance(message.get("name"), str):
            total += PER_NAME + self.repeated(message["name"])
        if isinstance(message.get("tool_call_id"), str):
            total += self.text(message["tool_call_id"])
        return total, said if role == "assistant" and message.get("weight") != 0 else 0

    def _content(self, content: Any) -> int:
        if isinstance(content, str):
            return self.text(content)
        total = 0
        for part in content or ():
            if part["type"] == "image_url":
                total += image_tokens(part)
            else:
                total += self.text(part[part["type"]])
        return total

    def _calls(self, message: dict[str, Any]) -> int:
        """Calls as their JSON text: how they are written into the prompt is not published, so this is an estimate."""
        total = 0
        for call in message.get("tool_calls") or ():
            total += self.text(call["function"]["name"]) + self.text(call["function"]["arguments"])
        if call := message.get("function_call"):
            total += self.text(call["name"]) + self.text(call["arguments"])
        return total

    def tools(self, tools: list[Any]) -> int:
        """Tool definitions, sound ones; equal lists are counted once."""
        if not tools:
            return 0
        key = msgspec.json.encode(tools)
        known = self._tools.get(key)
        if known is None:
            known = self._tools[key] = TOOLS_END + sum(self._function(tool.get("function", tool)) for tool in tools)
            if len(self._tools) > _REMEMBERED:
                self._tools.clear()
        return known

    def _function(self, function: dict[str, Any]) -> int:
        total = PER_FUNCTION[self.encoding] + self.text(f"{function['name']}:{_sentence(function.get('description'))}")
        properties = (function.get("parameters") or {}).get("properties") or {}
        if properties:
            total += PROPERTIES_START
        for name, schema in properties.items():
            total += PER_PROPERTY + self._property(name, schema if isinstance(schema, dict) else {})
        return total

    def _property(self, name: str, schema: dict[str, Any]) -> int:
        sort = schema.get("type", "")
        total = self.text(f"{name}:{sort if isinstance(sort, str) else json.dumps(sort)}:{_sentence(schema.get('description'))}")
        if schema.get("enum"):
            total += ENUM_START + sum(PER_ENUM_ITEM + self.text(str(item)) for item in schema["enum"])
        nested = {key: value for key, value in schema.items() if key not in ("type", "description", "enum")}
        return total + (self.text(json.dumps(nested, ensure_ascii=False)) if nested else 0)


def _sentence(text: Any) -> str:
    return text.removesuffix(".") if isinstance(text, str) else ""


def image_tokens(part: dict[str, Any]) -> int:
    """Tokens of an image: 85 in low detail, else 85 and 170 per tile; an image whose size is not known counts as 1024 x 1024."""
    if part["image_url"].get("detail") == "low":
        return IMAGE_LOW
    image = vision.measure(part)
    width, height = (image.width, image.height) if image else (1024, 1024)
    shrink = min(1.0, 2048 / max(width, height))
    shrink *= min(1.0, 768 / (min(width, height) * shrink))
    tiles = -(-int(width * shrink) // TILE) * -(-int(height * shrink) // TILE)
    return IMAGE_LOW + IMAGE_TILE * tiles
