"""The piece of a line where something is wrong, with its place, for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NamedTuple

from finetune.datasets.findings import Finding
from finetune.datasets.limits import Limits
from finetune.datasets.reader import blocks

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r,:]*")
_STEP = re.compile(r"\[(\d+)\]|\[(\".*?\")\]|\.?([^.\[\]]+)")


class Excerpt(NamedTuple):
    """A part of a line. ``start`` and ``end`` are places in ``text``, equal when no place is marked; all characters are printable."""

    text: str
    start: int
    end: int


def excerpts(path: str, findings: Iterable[Finding], width: int = 100) -> dict[int, Excerpt]:
    """Excerpts for findings that have a line, by index; one more pass over the file, up to the last of the lines.

    Args:
        width: characters of an excerpt at most.
    """
    wanted: dict[int, list[int]] = {}
    listed = list(findings)
    for index, found in enumerate(listed):
        if found.line is not None:
            wanted.setdefault(found.line, []).append(index)
    made: dict[int, Excerpt] = {}
    if not wanted:
        return made
    last = max(wanted)
    with open(path, "rb", buffering=0) as file:
        for block in blocks(file, Limits().line_bytes):
            for number, line in enumerate(block.lines, block.first):
                for index in wanted.get(number, ()):
                    made[index] = excerpt(line, listed[index], width)
            if block.first + len(block.lines) > last:
                break
    return made


def excerpt(line: bytes, found: Finding, width: int = 100) -> Excerpt:
    """The part of a line that a finding is about."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    if not found.column and not found.path:
        return _window(text, 0, 0, width)
    start, end = (found.column - 1, found.column) if found.column else place(text, found.path)
    if start >= len(text):  # something is missing at the end: one place more to mark
        text, start = f"{text} ", len(text)
    end = max(start + 1, min(end, len(text)))
    return _window(text, start, end, width)


def _window(text: str, start: int, end: int, width: int) -> Excerpt:
    room = max(0, width - (end - start))
    low = max(0, start - room // 2)
    high = min(len(text), low + width)
    low = max(0, high - width)
    shown = "".join(
        character if character.isprintable() else "\N{OPEN BOX}" if character == " " else "\N{WHITE SQUARE}" for character in text[low:high]
    )
    before, after = "…" if low else "", "…" if high < len(text) else ""
    return Excerpt(f"{before}{shown}{after}", start - low + len(before), min(end, high) - low + len(before))


def place(text: str, path: str) -> tuple[int, int]:
    """Start and end of the value at a JSON path; of the nearest holder of it that exists; of the whole line for an empty path."""
    at = _SPACE.match(text).end()  # type: ignore[union-attr]
    try:
        for step in _STEP.finditer(path):
            inner = _into(text, at, step)
            if inner is None:
                break
            at = inner
        return at, _end(text, at)
    except (ValueError, IndexError, RecursionError):
        return 0, len(text)


def _end(text: str, at: int) -> int:
    end: int = _DECODER.raw_decode(text, at)[1]
    return end


def _into(text: str, at: int, step: re.Match[str]) -> int | None:
    """Where the member or element begins, or None when there is none."""
    if text[at] == "[" and step[1]:
        return _element(text, at, int(step[1]))
    if text[at] == "{" and not step[1]:
        return _member(text, at, json.loads(step[2]) if step[2] else step[3])
    return None


def _element(text: str, at: int, index: int) -> int | None:
    at = _skip(text, at + 1)
    for _ in range(index):
        if text[at] == "]":
            return None
        at = _skip(text, _end(text, at))
    return None if text[at] == "]" else at


def _member(text: str, at: int, name: str) -> int | None:
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, after = scanstring(text, at + 1, True)
        at = _skip(text, after)
        if key == name:
            return at
        at = _skip(text, _end(text, at))
    return None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
