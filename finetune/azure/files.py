"""Files of an account: find, upload or import, wait until processed, delete."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.azure import blob_import, uploads
from finetune.azure.openai_clients import client
from finetune.azure.openai_package import openai
from finetune.azure.patience import persist
from finetune.azure.refusals import refused, without_signatures
from finetune.errors import FinetuneError, ServiceRefused

#: File.status values after which nothing changes any more (azure.md §1.2).
SETTLED = frozenset({"processed", "error", "deleted"})


def uploaded_name(path: Path, sha256: str) -> str:
    """Files have no metadata, so the name carries the hash: ``<stem>.<first 16 of sha256>.jsonl``."""
    return f"{path.stem}.{sha256[:16]}.jsonl"


def find(endpoint: str, filename: str, purpose: str) -> dict[str, Any] | None:
    """The newest file of that name and purpose that did not fail, or None."""
    try:
        pages = client(endpoint).files.list(purpose=purpose, limit=100)
        found: list[dict[str, Any]] = [item.to_dict() for item in pages if item.filename == filename and item.status != "error"]
    except openai.OpenAIError as error:
        raise refused(error, f"list the files of {endpoint}") from None
    return max(found, key=lambda item: item["created_at"]) if found else None


def adopt_or_upload(
    endpoint: str, path: Path, filename: str, purpose: str, role_seconds: float, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """One file for one content: each try looks first, so a lost answer never leaves a second file."""
    progress = uploads.in_steps(say, str(path))

    def once() -> dict[str, Any]:
        return find(endpoint, filename, purpose) or uploads.upload(endpoint, path, filename, purpose, progress)

    return persist(once, role_seconds=role_seconds, say=say)


def adopt_or_import(
    endpoint: str, source: str, filename: str, purpose: str, role_seconds: float, *, sas: bool = False, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """As :func:`adopt_or_upload`, for ``az://ACCOUNT/CONTAINER/NAME`` or an https URL, which the service fetches itself."""

    def once() -> dict[str, Any]:
        return find(endpoint, filename, purpose) or blob_import.import_file(endpoint, source, filename, purpose, sas=sas)

    return persist(once, role_seconds=role_seconds, say=say)


def wait_until_processed(endpoint: str, file_id: str, shown: str, seconds: float) -> dict[str, Any]:
    """Asks until the import is settled.

    Raises:
        FinetuneError: with the service's reason, when the import failed; or when the time is up.
    """
    end, pause = time.monotonic() + seconds, 0.2
    while True:
        item = persist(lambda: get(endpoint, file_id))
        if item["status"] == "processed":
            return item
        if item["status"] in SETTLED:
            raise FinetuneError(
                f"the service refused {shown}",
                _reason(item),
                "mend the data; `finetune validate` shows what is wrong with it",
                source=f"file {file_id}",
            )
        if time.monotonic() > end:
            raise FinetuneError(
                f"{shown} was not processed in {seconds / 60:.0f} minutes", do="run again, or raise patience.files", source=f"file {file_id}"
            )
        time.sleep(pause)
        pause = min(pause * 1.2, 5.0)


def _reason(item: dict[str, Any]) -> str:
    details = item.get("status_details") or (item.get("error") or {})
    return without_signatures(str(details.get("message", details) if isinstance(details, dict) else details))


def get(endpoint: str, file_id: str) -> dict[str, Any]:
    try:
        return client(endpoint).files.retrieve(file_id).to_dict()
    except openai.OpenAIError as error:
        raise refused(error, f"read file {file_id}") from None


def find_by_id(endpoint: str, file_id: str) -> dict[str, Any] | None:
    """The file, or None if the account has none of that id."""

    def once() -> dict[str, Any] | None:
        try:
            return get(endpoint, file_id)
        except ServiceRefused as error:
            if error.status == 404:
                return None
            raise

    return persist(once)


def content(endpoint: str, file_id: str) -> bytes:
    """A file's bytes."""

    def once() -> bytes:
        try:
            return client(endpoint).files.content(file_id).read()
        except openai.OpenAIError as error:
            raise refused(error, f"read the content of {file_id}") from None

    return persist(once)


def delete(endpoint: str, file_id: str) -> None:
    """Deletes a file; one that is gone already is fine."""

    def once() -> None:
        try:
            client(endpoint).files.delete(file_id)
        except openai.NotFoundError:
            return
        except openai.OpenAIError as error:
            raise refused(error, f"delete file {file_id}") from None

    persist(once)
