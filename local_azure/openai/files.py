"""Files of an account: upload, import by URL, the service's checks, content, deletion.

A file is a document of kind ``file``; its bytes are a blob of the same kind and key (``<account id>|<file id>``). While an
import is pending, the URL to fetch stands in its document; the URL holds a signature, so it is never shown and soon forgotten.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from local_azure.http import Call, Reply, ServiceError, Upload
from local_azure.openai import examples, states
from local_azure.openai.errors import is_v1, refuse
from local_azure.openai.listing import page
from local_azure.openai.sign_in import owner
from local_azure.openai.workshop import WORKSHOP
from local_azure.storage import fetch
from local_azure.world import World

KIND = "file"
FINE_TUNE, RESULTS = "fine-tune", "fine-tune-results"

#: What a caller may upload; the other purposes are the service's own output.
PURPOSES = (FINE_TUNE, "assistants", "batch", "evals", "user_data")
#: Seconds that ``expires_after`` may say: two weeks to thirty days.
_EXPIRY = (1_209_600, 2_592_000)
#: Members of the document that are not shown.
_INNER = ("account", "shape", "examples", "content_url")


@dataclass(frozen=True, slots=True)
class NewFile:
    """What an upload or an import asks for."""

    purpose: str
    filename: str
    expires_after: int | None


# -- operations -----------------------------------------------------------------------------------------------------------


def upload_file(world: World, call: Call) -> Reply:
    part, purpose = call.form.get("file"), call.form.get("purpose")
    if not isinstance(part, Upload) or not isinstance(purpose, str):
        raise refuse("bad payload", why="A multipart form with the fields 'purpose' and 'file' is expected.")
    seconds = _either(call.form, "expires_after[seconds]", "expires_after.seconds")
    anchor = _either(call.form, "expires_after[anchor]", "expires_after.anchor")
    new = NewFile(check_purpose(purpose), part.filename, _expiry({"anchor": anchor, "seconds": seconds} if seconds or anchor else None))
    check_room(world, call, new.purpose, len(part.content))
    document = add(world, owner(call), new, part.content)
    call.effect = f"created {document['id']}"
    return _created(call, document)


def import_file(world: World, call: Call) -> Reply:
    """Fetches ``content_url``: the file is ``pending`` at once, and the outcome shows in its status."""
    body = call.json()
    for member in ("purpose", "filename", "content_url"):
        if not isinstance(body.get(member), str):
            raise refuse("bad payload", why=f"'{member}' is required and must be a text.")
    new = NewFile(check_purpose(body["purpose"]), body["filename"], _expiry(body.get("expires_after")))
    check_room(world, call, new.purpose, 0)
    document = add(world, owner(call), new, None, source=body["content_url"])
    call.effect = f"created {document['id']}"
    return _created(call, document)


def list_files(world: World, call: Call) -> Reply:
    rows = [shown(file) for file in of_account(world, owner(call)) if call.query.get("purpose", file["purpose"]) == file["purpose"]]
    if call.query.get("order", "desc") != "asc":
        rows.reverse()
    return Reply(200, page(call, rows, 10_000))


def get_file(world: World, call: Call) -> Reply:
    return Reply(200, shown(_file(world, call)))


def get_file_content(world: World, call: Call) -> Reply:
    file = _file(world, call)
    return Reply(200, content(world, file) or b"", media_type="application/octet-stream")


def delete_file(world: World, call: Call) -> Reply:
    file = _file(world, call)
    if job := _job_that_uses(world, file):
        raise refuse("file in use", id=file["id"], job=job["id"], state=job["status"])
    _erase(world, file)
    call.effect = f"deleted {file['id']}"
    return Reply(200, {"id": file["id"], "object": "file", "deleted": True}) if is_v1(call) else Reply(204)


# -- behaviour --------------------------------------------------------------------------------------------------------------


def find_file(world: World, account: str, id: str) -> dict[str, Any] | None:
    return world.store.get(KIND, _key(account, id))


def of_account(world: World, account: str) -> list[dict[str, Any]]:
    """The account's files, oldest first."""
    return [file for _, file in world.store.list(KIND, f"{account}|")]


def content(world: World, file: dict[str, Any]) -> bytes | None:
    return world.store.get_blob(KIND, _key(file["account"], file["id"]))


def add_result(world: World, account: str, filename: str, text: bytes) -> dict[str, Any]:
    """Stores a file that the service itself wrote; it is processed at once."""
    file = _document(world, account, NewFile(RESULTS, filename, None), len(text)) | {"status": "processed"}
    world.store.put_blob(KIND, _key(account, file["id"]), text)
    _save(world, file)
    return file


def shown(file: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in file.items() if name not in _INNER}


def begin_import(world: World, key: str) -> None:
    """Agenda: the service starts to read the file."""
    file = world.store.get(KIND, key)
    if file is None or not states.may(states.FILE, file["status"], "begin"):
        return
    if (url := file.pop("content_url", None)) and (problem := _fetch(world, file, url)):
        world.agenda.cancel("file-finish", key)
        _save(world, file | {"status": states.after(states.FILE, file["status"], "refuse"), "status_details": problem})
        return
    _save(world, file | {"status": states.after(states.FILE, file["status"], "begin")})


def finish_import(world: World, key: str) -> None:
    """Agenda: the file has been read; it is processed, or refused with a reason."""
    file = world.store.get(KIND, key)
    if file is None:
        return
    outcome = _examine(world, file)
    happening = "refuse" if outcome.get("status_details") else "accept"
    _save(world, file | outcome | {"status": states.after(states.FILE, file["status"], happening)})


def expire_file(world: World, key: str) -> None:
    """Agenda: the end that the uploader asked for; an active job keeps its files an hour longer."""
    file = world.store.get(KIND, key)
    if file is None:
        return
    if _job_that_uses(world, file):
        world.agenda.at(world.now() + 3600, "file-expire", key)
    else:
        _erase(world, file)


def _fetch(world: World, file: dict[str, Any], url: str) -> str | None:
    """Brings an import's content; returns why that failed, or None. The texts are INFERRED and say nothing of the URL's signature."""
    try:
        data = fetch(world, url)
        _check_total(world, file["account"], file["purpose"], len(data), world.settings.file_bytes)
    except ServiceError as problem:
        return f"fileImportFailed: The content of 'content_url' could not be imported ({problem.status} {problem.code}: {problem.message})"
    world.store.put_blob(KIND, _key(file["account"], file["id"]), data)
    file["bytes"] = len(data)
    return None


def _examine(world: World, file: dict[str, Any]) -> dict[str, Any]:
    if file["purpose"] != FINE_TUNE:
        return {}
    checked = examples.check(content(world, file) or b"")
    if checked.problem:
        return {"status_details": f"jsonlValidationFailed: {checked.problem}"}
    return {"examples": checked.examples, "shape": checked.shape}


def add(world: World, account: str, new: NewFile, data: bytes | None, source: str = "") -> dict[str, Any]:
    """Stores a file and plans its import.

    Args:
        data: the content; None when it is to be fetched from ``source``.
    """
    file = _document(world, account, new, len(data or b"")) | ({"content_url": source} if source else {})
    key, now = _key(account, file["id"]), world.now()
    _save(world, file)
    if data is not None:
        world.store.put_blob(KIND, key, data)
    world.agenda.at(now + world.settings.file_import / 2, "file-begin", key)
    world.agenda.at(now + world.settings.file_import, "file-finish", key)
    if new.expires_after:
        world.agenda.at(now + new.expires_after, "file-expire", key)
    if new.purpose == FINE_TUNE:
        WORKSHOP.warm()
    return file


def _document(world: World, account: str, new: NewFile, size: int) -> dict[str, Any]:
    now = int(world.now())
    file = {
        "id": f"file-{uuid.uuid4().hex}",
        "object": "file",
        "bytes": size,
        "created_at": now,
        "filename": new.filename,
        "purpose": new.purpose,
        "status": "pending",
        "account": account,
    }
    return file | ({"expires_at": now + new.expires_after} if new.expires_after else {})


def _save(world: World, file: dict[str, Any]) -> None:
    world.store.put(KIND, _key(file["account"], file["id"]), file)


def _erase(world: World, file: dict[str, Any]) -> None:
    key = _key(file["account"], file["id"])
    world.store.delete(KIND, key)
    world.store.delete_blob(KIND, key)
    for event in ("file-begin", "file-finish", "file-expire"):
        world.agenda.cancel(event, key)


def _key(account: str, id: str) -> str:
    return f"{account}|{id}"


def _file(world: World, call: Call) -> dict[str, Any]:
    id = call.params["file_id"]
    file = find_file(world, owner(call), id)
    if file is None:
        raise refuse("no file", id=id)
    return file


def _job_that_uses(world: World, file: dict[str, Any]) -> dict[str, Any] | None:
    for _, job in world.store.list("job", f"{file['account']}|"):
        if not states.is_over(job["status"]) and file["id"] in (job["training_file"], job["validation_file"]):
            return job
    return None


def check_room(world: World, call: Call, purpose: str, size: int, most: int = 0) -> None:
    """Checks the limits of azure.md section 5 for one more file of ``size`` bytes.

    Args:
        most: bytes that one file may have; by default what the Files API takes.
    """
    account, settings = owner(call), world.settings
    if purpose == FINE_TUNE and (count := len(_fine_tuning_sizes(world, account))) >= settings.files:
        raise refuse("too many files", count=count, limit=settings.files)
    _check_total(world, account, purpose, size, most or settings.file_bytes)


def _check_total(world: World, account: str, purpose: str, size: int, most: int) -> None:
    if size > most:
        raise refuse("file too large", bytes=size, limit=most)
    limit = world.settings.files_bytes
    if purpose == FINE_TUNE and (total := sum(_fine_tuning_sizes(world, account)) + size) > limit:
        raise refuse("too many bytes", bytes=total, limit=limit)


def _fine_tuning_sizes(world: World, account: str) -> list[int]:
    return [file["bytes"] for file in of_account(world, account) if file["purpose"] == FINE_TUNE]


def check_purpose(value: str) -> str:
    """Raises 400 ``invalidPayload`` for a purpose that callers may not use."""
    if value not in PURPOSES:
        raise refuse("bad payload", why=f"The purpose '{value}' is not valid; it must be one of {', '.join(PURPOSES)}.")
    return value


def _expiry(value: Any) -> int | None:
    if value is None:
        return None
    seconds = str(value.get("seconds")) if isinstance(value, dict) else ""
    if not seconds.isdigit() or value.get("anchor") != "created_at" or not _EXPIRY[0] <= int(seconds) <= _EXPIRY[1]:
        raise refuse("bad payload", why=f"'expires_after' needs the anchor 'created_at' and seconds from {_EXPIRY[0]} to {_EXPIRY[1]}.")
    return int(seconds)


def _either(form: dict[str, str | Upload], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := form.get(name), str)), None)


def _created(call: Call, file: dict[str, Any]) -> Reply:
    if is_v1(call):
        return Reply(200, shown(file))
    location = f"https://{call.host}/openai/files/{file['id']}?api-version={call.query['api-version']}"
    return Reply(201, shown(file), {"Location": location})
