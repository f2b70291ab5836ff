"""Reports of examined files, kept in the user's cache folder: an unchanged file is not read again, only looked at with a stat."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from finetune.datasets.examination import Progress, examine
from finetune.datasets.limits import Limits, Method, model_rules
from finetune.datasets.report import Report
from finetune.datasets.rules.table import RULES_VERSION
from finetune.errors import FinetuneError

#: Reports that are kept; the oldest go first.
_KEPT = 256
#: A file that was written less than so many seconds ago may be written again with the same time stamp, so its report is not kept.
_SETTLED = 0.05


class _Kept(msgspec.Struct, frozen=True):
    identity: tuple[int, int, int]
    report: Report


def examined(
    path: str | os.PathLike[str],
    *,
    method: Method = "supervised",
    base: str | None = None,
    grader: dict[str, Any] | None = None,
    limits: Limits | None = None,
    tokens: bool = True,
    max_findings: int = 100,
    progress: Progress | None = None,
    workers: int = 1,
    folder: Path | None = None,
) -> Report:
    """:func:`examine`, or the report of the last time if the file has the same size, time of change and inode since then.

    Args:
        base: base model, or a model fine-tuned from it, by the catalogue's names.
        folder: where reports are kept; the user's cache folder by default. If it cannot be written, nothing is kept.

    Raises:
        FinetuneError: the file cannot be read, or the catalogue does not know the model.
    """
    model = model_rules(base) if base else None
    limits = limits or Limits()
    options = (RULES_VERSION, metadata.version("bpe-openai"), method, model, limits, tokens, max_findings, grader)
    place = (folder or platformdirs.user_cache_path("finetune") / "examined") / f"{_name(path, options)}.msgpack"
    before = _identity(path)
    kept = _read(place)
    if kept and kept.identity == before:
        return msgspec.structs.replace(kept.report, path=os.fspath(path))
    report = examine(
        path, method=method, model=model, limits=limits, tokens=tokens, max_findings=max_findings, grader=grader, progress=progress, workers=workers
    )
    if before == _identity(path) and time.time() - before[1] / 1e9 > _SETTLED:
        _write(place, _Kept(before, report))
    return report


def _name(path: str | os.PathLike[str], options: tuple[Any, ...]) -> str:
    return hashlib.sha256(os.path.realpath(path).encode("utf-8", "surrogateescape") + b"\0" + msgspec.msgpack.encode(options)).hexdigest()[:40]


def _identity(path: str | os.PathLike[str]) -> tuple[int, int, int]:
    """Size, time of change in nanoseconds, and inode."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise FinetuneError("the file cannot be read", error.strerror or str(error), "correct the path", source=os.fspath(path)) from None
    return status.st_size, status.st_mtime_ns, status.st_ino


def _read(place: Path) -> _Kept | None:
    try:
        return msgspec.msgpack.decode(place.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(place: Path, kept: _Kept) -> None:
    """Writes beside and renames, so that a report is there whole or not at all."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.msgpack.encode(kept))
        os.replace(temporary, place)
        reports = sorted(place.parent.glob("*.msgpack"), key=lambda report: report.stat().st_mtime)
        for report in reports[:-_KEPT]:
            report.unlink(missing_ok=True)
