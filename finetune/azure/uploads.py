"""Uploads of local files: streamed from disk, whole by the Files API or, when large, in parts that resume by the Uploads API."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from finetune.azure.openai_clients import client, dated_client
from finetune.azure.openai_package import openai
from finetune.azure.patience import persist
from finetune.azure.refusals import refused
from finetune.catalogue.limits import limit
from finetune.errors import FinetuneError, ServiceBusy, ServiceRefused

#: Told while bytes leave: how many of how many. Falls back when a request is repeated.
Progress = Callable[[int, int], None]

BOM = b"\xef\xbb\xbf"
MIME_TYPE = "application/jsonl"

#: Codes that say that an upload takes no more parts: it expired, was cancelled or completed, or is unknown.
_OVER = frozenset({"notFound", "unexpectedEntityState"})
#: An upload that ends in less than so many seconds is not continued.
_MARGIN = 60.0
#: Seconds after which what is remembered of an upload is certainly of no more use.
_STALE = 86400.0
_BLOCK = 1 << 20


def quiet(_sent: int, _total: int) -> None:
    """Tells nothing."""


def in_steps(say: Callable[[str], None], shown: str, step: float = 0.1) -> Progress:
    """Progress as a line of text for every tenth of a file that has more than one part (small files are not worth a word)."""
    reached = 0

    def progress(sent: int, total: int) -> None:
        nonlocal reached
        steps = int(sent / total / step)
        if total > limit("part_bytes") and steps > reached:
            reached = steps
            say(f"{shown}: {sent / 1e6:.0f} of {total / 1e6:.0f} MB uploaded")

    return progress


@dataclass(frozen=True)
class Source:
    """A file as it goes over the wire: with the byte order mark that Azure documents in front, if the file has none.

    Args:
        prefix: the mark, or nothing.
        size: bytes, with the mark.
        identity: size, time of change and inode of the file, by which a change is noticed.
    """

    path: Path
    prefix: bytes
    size: int
    identity: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path) -> Source:
        """Raises ``FinetuneError`` for a file that cannot be read."""
        try:
            with open(path, "rb") as file:
                prefix = b"" if file.read(len(BOM)) == BOM else BOM
                status = os.fstat(file.fileno())
        except OSError as error:
            raise FinetuneError("the file cannot be read", error.strerror or str(error), "correct the path", source=str(path)) from None
        return cls(path, prefix, len(prefix) + status.st_size, (status.st_size, status.st_mtime_ns, status.st_ino))

    def require_unchanged(self) -> None:
        """Raises ``FinetuneError`` if the file is not what it was."""
        if Source.of(self.path).identity != self.identity:
            raise FinetuneError("the file changed while it was uploaded", do="run again when nobody writes to it", source=str(self.path))

    def md5(self) -> str:
        """Of what is uploaded, hexadecimal."""
        found = hashlib.md5(self.prefix, usedforsecurity=False)
        with open(self.path, "rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
        return found.hexdigest()


class Window(io.RawIOBase):
    """Some bytes of a source, read from disk when they are sent.

    Args:
        start: the first byte.
        length: how many bytes.
        progress: told where in the source the reading stands.
    """

    def __init__(self, source: Source, start: int, length: int, progress: Progress = quiet):
        self._source, self._start, self._length, self._progress = source, start, length, progress
        self._file = open(source.path, "rb", buffering=0)  # noqa: SIM115, closed by close()
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = self._length - self._at
        wanted = left if size is None or size < 0 else min(size, left)
        at, prefix = self._start + self._at, self._source.prefix
        data = prefix[at : at + wanted] if at < len(prefix) else os.pread(self._file.fileno(), wanted, at - len(prefix))
        self._at += len(data)
        if data:
            self._progress(at + len(data), self._source.size)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def upload(
    endpoint: str,
    path: Path,
    filename: str,
    purpose: str,
    progress: Progress = quiet,
    *,
    plain_bytes: int | None = None,
    part_bytes: int | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Uploads a local file and returns it as the service shows it, usually before it is processed.

    A large file goes in parts. Those that arrived are remembered, so the next call for the same content continues. A lost answer can
    leave a file behind: look for the name before calling again.

    Args:
        endpoint: ``https://ACCOUNT.openai.azure.com``.
        plain_bytes: up to this size in one request; by default the catalogue's ``plain_upload_bytes``.
        part_bytes: size of a part; by default the catalogue's ``part_bytes``.
        folder: where arrived parts are remembered; the user's cache folder by default.

    Raises:
        FinetuneError: the file cannot be read, is too large, or changed meanwhile.
        ServiceBusy: the connection was cut, or the remembered upload had ended; calling again is right.
        ServiceRefused: the service's refusal.
    """
    source = Source.of(path)
    if source.size > limit("upload_bytes"):
        most = limit("upload_bytes") / (1 << 30)
        raise FinetuneError(f"the file is larger than the {most:.0f} GB that the service takes", do="split it", source=str(path))
    if source.size <= (plain_bytes if plain_bytes is not None else limit("plain_upload_bytes")):
        return _whole(endpoint, source, filename, purpose, progress)
    place = _place(folder, endpoint, filename, purpose, md5 := source.md5())
    parts = _Parts(endpoint, source, part_bytes or limit("part_bytes"), place, progress)
    return parts.upload(filename, purpose, md5)


def _whole(endpoint: str, source: Source, filename: str, purpose: str, progress: Progress) -> dict[str, Any]:
    with Window(source, 0, source.size, progress) as stream:
        try:
            return client(endpoint).files.create(file=(filename, stream), purpose=purpose).to_dict()  # type: ignore[arg-type]
        except openai.OpenAIError as error:
            source.require_unchanged()
            raise refused(error, f"upload {source.path}") from None


class _Arrived(msgspec.Struct):
    """What is remembered of an upload: its id, when it expires (seconds since the epoch), how it is cut, and the parts that arrived."""

    upload: str
    expires_at: float
    part_bytes: int
    parts: list[str]


class _Parts:
    """One file on its way by the Uploads API."""

    def __init__(self, endpoint: str, source: Source, part_bytes: int, place: Path, progress: Progress):
        self._source, self._part_bytes, self._place, self._progress = source, part_bytes, place, progress
        self._uploads = dated_client(endpoint).uploads

    def upload(self, filename: str, purpose: str, md5: str) -> dict[str, Any]:
        arrived = self._remembered() or self._begin(filename, purpose)
        try:
            for start in range(len(arrived.parts) * self._part_bytes, self._source.size, self._part_bytes):
                arrived.parts.append(self._send(arrived.upload, start))
                _write(self._place, arrived)
            self._source.require_unchanged()
            file = self._complete(arrived, md5)
        except ServiceBusy:
            raise
        except ServiceRefused as error:
            _forget(self._place)
            if error.code not in _OVER:
                raise
            raise ServiceBusy(error.what, error.why, status=error.status, code=error.code, request_id=error.request_id) from None
        _forget(self._place)
        return file

    def _remembered(self) -> _Arrived | None:
        found = _read(self._place)
        good = found and found.part_bytes == self._part_bytes and found.expires_at > time.time() + _MARGIN
        return found if good else None

    def _begin(self, filename: str, purpose: str) -> _Arrived:
        try:
            made = self._uploads.create(bytes=self._source.size, filename=filename, mime_type=MIME_TYPE, purpose=purpose)  # type: ignore[arg-type]
        except openai.OpenAIError as error:
            raise refused(error, f"begin the upload of {self._source.path}") from None
        arrived = _Arrived(made.id, made.expires_at, self._part_bytes, [])
        _write(self._place, arrived)
        return arrived

    def _send(self, upload: str, start: int) -> str:
        """Sends one part until it has arrived; one that arrives twice does no harm, since only named parts count."""

        def once() -> str:
            self._source.require_unchanged()
            length = min(self._part_bytes, self._source.size - start)
            with Window(self._source, start, length, self._progress) as stream:
                try:
                    return self._uploads.parts.create(upload, data=("part", stream)).id  # type: ignore[arg-type]
                except openai.OpenAIError as error:
                    raise refused(error, f"upload {self._source.path}") from None

        return persist(once)

    def _complete(self, arrived: _Arrived, md5: str) -> dict[str, Any]:
        try:
            done = self._uploads.complete(arrived.upload, part_ids=arrived.parts, md5=md5)
        except openai.OpenAIError as error:
            raise refused(error, f"complete the upload of {self._source.path}") from None
        if done.file is None:
            raise ServiceBusy(f"the upload of {self._source.path} was completed without a file", f"it is {done.status}")
        return done.file.to_dict()


# -- what is remembered between runs --------------------------------------------------------------------------------------


def _place(folder: Path | None, endpoint: str, filename: str, purpose: str, md5: str) -> Path:
    name = hashlib.sha256("\0".join((endpoint.rstrip("/").lower(), filename, purpose, md5)).encode()).hexdigest()[:40]
    return (folder or platformdirs.user_cache_path("finetune") / "uploads") / f"{name}.json"


def _read(place: Path) -> _Arrived | None:
    try:
        return msgspec.json.decode(place.read_bytes(), type=_Arrived)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(place: Path, arrived: _Arrived) -> None:
    """Writes beside and renames. Where nothing can be written, an upload does not resume, and that is all."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(arrived))
        os.replace(temporary, place)
        for old in place.parent.iterdir():
            if old.stat().st_mtime < time.time() - _STALE:
                old.unlink(missing_ok=True)


def _forget(place: Path) -> None:
    with suppress(OSError):
        place.unlink()
