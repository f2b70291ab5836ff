"""A corrected copy of a training file: byte order marks, line ends, blank lines, duplicates. The original is never touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from finetune.datasets.explain import BOM, OVERLONG
from finetune.datasets.keys import repeated
from finetune.datasets.limits import Limits
from finetune.datasets.reader import blocks
from finetune.datasets.report import Report
from finetune.errors import FinetuneError

#: Findings about a whole file that is no file of lines.
_MISFITS = ("file-encoding", "file-not-jsonl", "json-array", "json-spread")


class Repairs(msgspec.Struct):
    """What was changed, in numbers.

    Args:
        bom_added: the copy begins with a byte order mark, the original did not.
        boms_removed: at the start of later lines.
        line_ends: lines that ended with CR LF or CR.
        blank_lines, duplicates: lines left out.
        last_line_end: a line feed was added at the end.
    """

    bom_added: bool = False
    boms_removed: int = 0
    line_ends: int = 0
    blank_lines: int = 0
    duplicates: int = 0
    last_line_end: bool = False

    def in_words(self) -> list[str]:
        """One phrase for each kind of change; empty when the copy equals the original."""
        phrases = (
            (self.bom_added, "added the byte order mark at the start"),
            (self.boms_removed, f"removed {self.boms_removed} byte order mark(s) inside the file"),
            (self.line_ends, f"changed the ends of {self.line_ends} line(s) to LF"),
            (self.blank_lines, f"left out {self.blank_lines} blank line(s)"),
            (self.duplicates, f"left out {self.duplicates} duplicate(s)"),
            (self.last_line_end, "ended the last line"),
        )
        return [phrase for happened, phrase in phrases if happened]


def repair(report: Report, out: Path, limits: Limits | None = None) -> Repairs:
    """Writes a corrected copy.

    Args:
        report: of the original, with tokens counted (its keys tell duplicates).
        out: where to; must not exist.

    Raises:
        FinetuneError: ``out`` exists or cannot be written, the original is gone, or it is no file of lines in UTF-8.
    """
    misfit = next((found for found in report.findings if found.code in _MISFITS and found.line is None), None)
    if misfit:
        raise FinetuneError("the file cannot be mended line by line", misfit.message, misfit.fix, source=report.path)
    if out.exists():
        raise FinetuneError("the corrected copy would replace a file", f"{out} exists", "give a name that does not exist", source=str(out))
    done = Repairs(bom_added=not report.has_bom)
    try:
        handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "wb") as target, open(report.path, "rb", buffering=0) as source:
                target.write(BOM)
                _copy(source, target, report, limits or Limits(), done)
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
            os.replace(temporary, out)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
    except OSError as error:
        raise FinetuneError("the corrected copy cannot be written", error.strerror or str(error), "give another place", source=str(out)) from None
    return done


def _copy(source: BinaryIO, target: BinaryIO, report: Report, limits: Limits, done: Repairs) -> None:
    keys = report.key_array()
    suspects = repeated(keys)[0] if report.exact_keys else set()
    seen: set[int] = set()
    for number, line in _lines(source, limits):
        key = keys[number - 1] if number <= len(keys) else 0
        if key in suspects:
            if key in seen:
                done.duplicates += 1
                continue
            seen.add(key)
        if line and not line.endswith(b"\n"):
            done.last_line_end = True
        for piece in _pieces(line, done):
            target.write(piece + b"\n")


def _lines(source: BinaryIO, limits: Limits) -> Iterator[tuple[int, bytes]]:
    for block in blocks(source, limits.line_bytes):
        for number, line in enumerate(block.lines, block.first):
            if line is OVERLONG:
                raise FinetuneError(f"line {number} is too long to be copied", "", "remove it first")
            yield number, line


def _pieces(line: bytes, done: Repairs) -> Iterator[bytes]:
    """The lines in a line: bare carriage returns end one too, since JSON texts cannot hold them."""
    body = line.removesuffix(b"\n")
    if b"\r" in body:
        done.line_ends += body.count(b"\r")
    for piece in body.split(b"\r") if b"\r" in body.removesuffix(b"\r") else [body.removesuffix(b"\r")]:
        while piece.startswith(BOM):
            piece = piece[len(BOM) :]
            done.boms_removed += 1
        if piece.strip():
            yield piece
        else:
            done.blank_lines += 1
