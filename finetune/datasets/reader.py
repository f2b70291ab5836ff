"""Blocks of whole lines from a file, in bounded memory, and what the first bytes say about its encoding."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from finetune.datasets.explain import BOM, OVERLONG
from finetune.datasets.findings import Case

#: Bytes that are read at once. Small enough to stay in the processor's cache.
BLOCK = 64 * 1024

#: First bytes → name of the encoding for people and for iconv. The longer marks come first.
_ENCODINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xfe\0\0", "UTF-32 (little endian)", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32 (big endian)", "UTF-32"),
    (b"\xff\xfe", "UTF-16 (little endian)", "UTF-16"),
    (b"\xfe\xff", "UTF-16 (big endian)", "UTF-16"),
    (b"{\0\0\0", "UTF-32 (little endian)", "UTF-32LE"),
    (b"\0\0\0{", "UTF-32 (big endian)", "UTF-32BE"),
    (b"{\0", "UTF-16 (little endian)", "UTF-16LE"),
    (b"\0{", "UTF-16 (big endian)", "UTF-16BE"),
    (b"+/v8", "UTF-7", "UTF-7"),
    (b"\x84\x31\x95\x33", "GB 18030", "GB18030"),
)
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a ZIP archive (or an Excel file)"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "an Arrow file"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xff\xff\xff\xff", "an Arrow stream"),
)


class Block(NamedTuple):
    """Lines that follow each other.

    Args:
        lines: with their line ends; a line that was longer than the limit is ``OVERLONG``.
        first: number of the first line, from 1.
        size: bytes of the file that it covers.
    """

    lines: list[bytes]
    first: int
    size: int


def sniff(head: bytes) -> Case | None:
    """Why a file cannot be JSON lines in UTF-8, from its first bytes; None when it may be."""
    for mark, encoding, name in _ENCODINGS:
        if head.startswith(mark):
            return Case("file-encoding", "", {"encoding": encoding, "name": name})
    for mark, kind in _KINDS:
        if head.startswith(mark):
            return Case("file-not-jsonl", "", {"kind": kind})
    start = head.removeprefix(BOM).lstrip()
    if start == b"[" or start.startswith((b"[\n", b"[\r\n")):
        return Case("json-array")
    if start.startswith((b"{\n", b"{\r\n")):
        return Case("json-spread")
    return None


class _LineTooLong(Exception):
    """A line grows beyond the limit while it is gathered."""


class _Tap(io.RawIOBase):
    """The raw file below a buffer: every byte passes here once in order, and the buffer cannot gather a line without end."""

    def __init__(self, file: BinaryIO, update: Callable[[bytes | memoryview], None] | None, most: int, length: int | None):
        self._file, self._update, self._most = file, update, most
        self._left = length if length is not None else -1
        self.gathered = self.seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with memoryview(buffer) as view:
            wanted = view[: self._left] if 0 <= self._left < len(view) else view
            count: int = self._file.readinto(wanted)  # type: ignore[attr-defined]
            if self._update:
                self._update(view[:count])
        self._left -= count if self._left > 0 else 0
        self.seen += count
        self.gathered += count
        if self.gathered > self._most:
            raise _LineTooLong
        return count


def blocks(
    file: BinaryIO, line_limit: int, *, update: Callable[[bytes | memoryview], None] | None = None, length: int | None = None, first: int = 1
) -> Iterator[Block]:
    """The lines of an unbuffered file from where it stands.

    Args:
        line_limit: bytes; what is longer is not kept. Small excesses are let through.
        update: called with all bytes in order, such as a hash's.
        length: bytes to read; None: to the end.
        first: number of the first line. Only for line 1 a byte order mark is taken off.
    """
    start, number, done = file.tell(), first, 0
    tap = _Tap(file, update, line_limit + 2 * BLOCK, length)
    buffer = io.BufferedReader(tap, BLOCK)
    try:
        while lines := buffer.readlines(BLOCK):
            size = sum(map(len, lines))
            yield _block(lines, number, size)
            number += len(lines)
            done += size
            tap.gathered = 0
    except _LineTooLong:
        file.seek(start + done)
        left = None if length is None else length - done
        yield from _carefully(file, line_limit, update, tap.seen - done, left, number)


def _carefully(
    file: BinaryIO, line_limit: int, update: Callable[[bytes | memoryview], None] | None, known: int, left: int | None, number: int
) -> Iterator[Block]:
    """The rest of a file that has a line beyond the limit, which is skipped.

    Args:
        known: bytes that ``update`` was called with already.
    """
    carry: list[bytes] = []
    carried = 0
    while raw := file.read(BLOCK if left is None else min(BLOCK, left)):
        left = None if left is None else left - len(raw)
        if update:
            update(raw[known:])
        known = max(0, known - len(raw))
        for line in _cut(raw):
            carried += len(line)
            if carried <= line_limit:
                carry.append(line)
            else:
                carry.clear()
            if line.endswith(b"\n"):
                yield _block([b"".join(carry) if carry else OVERLONG], number, carried)
                carry, carried, number = [], 0, number + 1
    if carried:
        yield _block([b"".join(carry) if carry else OVERLONG], number, carried)


def _cut(raw: bytes) -> list[bytes]:
    """Lines with their line feeds; carriage returns end no line."""
    return io.BytesIO(raw).readlines()


def _block(lines: list[bytes], number: int, size: int) -> Block:
    if number == 1 and lines[0].startswith(BOM):
        lines[0] = lines[0][len(BOM) :]
    return Block(lines, number, size)
