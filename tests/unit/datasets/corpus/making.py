"""How a case becomes a file: one odd line among good ones, or bytes as they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from finetune.datasets import Method, ModelRules

#: The odd line of a file that is otherwise good.
ODD = 7
_GOOD = 12


@dataclass(frozen=True)
class Case:
    """A file and its findings.

    Args:
        name: what is odd, in a few words.
        line: the odd example, or the line as it is written, or the bytes of the whole file (``whole``).
        codes: findings of the odd line, without notes; empty: it is only borderline, and accepted.
        expected: code and line of all findings, instead of ``codes``, for whole files.
    """

    name: str
    line: Any
    codes: tuple[str, ...] = ()
    method: Method = "supervised"
    whole: bool = False
    expected: frozenset[tuple[str, int | None]] = frozenset()
    grader: dict[str, Any] | None = None
    model: ModelRules | None = None

    @property
    def data(self) -> bytes:
        if self.whole:
            return bytes(self.line)
        odd = self.line if isinstance(self.line, bytes) else written(self.line)
        system = b'"role": "system"' in odd or b'"role": "developer"' in odd
        lines = [written(good(self.method, number, system=system)) for number in range(_GOOD)]
        lines[ODD - 1] = odd
        return b"\n".join(lines) + b"\n"

    @property
    def findings(self) -> set[tuple[str, int | None]]:
        return set(self.expected) | {(code, ODD) for code in self.codes}


def written(example: Any) -> bytes:
    return example.encode() if isinstance(example, str) else json.dumps(example, ensure_ascii=False).encode("utf-8", "surrogatepass")


def good(method: Method, number: int, *, system: bool = False) -> dict[str, Any]:
    """A sound example, different for each number."""
    asked = [*([("system", "Be kind.")] if system else []), ("user", f"What is {number} and {number}?")]
    if method == "dpo":
        return preference(asked, f"It is {2 * number}.", f"No idea about {number}.")
    if method == "reinforcement":
        return talk(*asked, answer=str(2 * number))
    return talk(*asked, f"It is {2 * number}.")


def talk(*messages: Any, **members: Any) -> dict[str, Any]:
    """A supervised example; a text is the assistant's answer, a pair is role and content."""
    return {"messages": [message(each) for each in messages], **members}


def message(each: Any) -> Any:
    if isinstance(each, str):
        return {"role": "assistant", "content": each}
    if isinstance(each, tuple):
        return {"role": each[0], "content": each[1]}
    return each


def preference(asked: Any, preferred: Any, refused: Any, **members: Any) -> dict[str, Any]:
    def output(each: Any) -> Any:
        return [message(each)] if isinstance(each, str) else each

    return {
        "input": {"messages": [message(each) for each in asked]},
        "preferred_output": output(preferred),
        "non_preferred_output": output(refused),
        **members,
    }


ASKED = ("user", "What is it?")
