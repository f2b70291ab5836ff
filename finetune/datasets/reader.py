"""Blocks of whole lines from a file, in bounded memory, and what the first bytes say about its encoding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from finetune.datasets.explain import BOM, OVERLONG
from finetune.datasets.findings import Case

#: Bytes that are read at once. Small enough to stay in the processor's cache: larger is slower.
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
        raw: the bytes as read; blocks' raw bytes are the file.
        lines: without line feeds; a line that was longer than the limit is ``OVERLONG``.
        first: number of the first line, from 1.
        odd: a byte order mark may be among the lines.
        unended: the last line has no line feed.
    """

    raw: bytes
    lines: list[bytes]
    first: int
    odd: bool
    unended: bool


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


def blocks(file: BinaryIO, line_limit: int, *, length: int | None = None, first: int = 1) -> Iterator[Block]:
    """The lines of a file from where it stands.

    Args:
        line_limit: bytes; what is longer is not kept.
        length: bytes to read; None: to the end.
        first: number of the first line. Only for line 1 a byte order mark is taken off.
    """
    carry: list[bytes] = []
    carried, number, left = 0, first, length
    while raw := file.read(BLOCK if left is None else min(BLOCK, left)):
        left = None if left is None else left - len(raw)
        end = raw.rfind(b"\n")
        if end < 0:
            carried += len(raw)
            if carried <= line_limit:
                carry.append(raw)
            yield Block(raw, [], number, False, False)
            continue
        lines = (b"".join((*carry, raw[:end])) if carry else raw[:end]).split(b"\n")
        yield _block(raw, lines, number, carried > line_limit)
        number += len(lines)
        rest = raw[end + 1 :]
        carry, carried = [rest] if rest else [], len(rest)
    if carried:
        yield _block(b"", [b"".join(carry)], number, carried > line_limit, unended=True)


def _block(raw: bytes, lines: list[bytes], number: int, overlong: bool, *, unended: bool = False) -> Block:
    if overlong:
        lines[0] = OVERLONG
    odd = not raw.isascii() or not lines[0].isascii()
    if number == 1 and lines[0].startswith(BOM):
        lines[0] = lines[0][len(BOM) :]
    return Block(raw, lines, number, odd, unended)
