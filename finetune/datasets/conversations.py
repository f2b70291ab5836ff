"""What an example is made of, whatever its method: messages in order, tools beside them, and a digest that knows equal ones."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from finetune.datasets.limits import Method
from finetune.datasets.plain import Message
from finetune.datasets.rules.preference import OUTPUTS

#: Between messages, and between a role and its content; control characters that no text needs.
MESSAGE_END, ROLE_END = "\x1e", "\x1f"


def messages_of(example: dict[str, Any], method: Method) -> list[dict[str, Any]]:
    """All messages of a sound example; for preference data the input's and both outputs'."""
    if method == "dpo":
        return [*example["input"]["messages"], *example[OUTPUTS[0]], *example[OUTPUTS[1]]]
    return list(example["messages"])


def tools_of(example: dict[str, Any], method: Method) -> list[Any]:
    """Tool and function definitions of a sound example."""
    holder = example["input"] if method == "dpo" else example
    return [*(holder.get("tools") or ()), *(holder.get("functions") or ())]


def digest(messages: list[dict[str, Any]]) -> int:
    """64 bits that are equal for equal conversations, however their JSON is written; never 0."""
    return _digest(MESSAGE_END.join(_written(message) for message in messages))


def digest_of_plain(talk: list[Message]) -> int:
    """:func:`digest` of a plain conversation."""
    return _digest(MESSAGE_END.join([f"{message.ROLE}{ROLE_END}{message.content}" for message in talk]))


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") or 1


def _written(message: dict[str, Any]) -> str:
    content = message.get("content")
    rest = {key: value for key, value in message.items() if key not in ("role", "content") and value is not None}
    if isinstance(content, str) and not rest:
        return f"{message['role']}{ROLE_END}{content}"
    return f"{message['role']}{ROLE_END}{json.dumps([content, rest], sort_keys=True, ensure_ascii=False)}"
