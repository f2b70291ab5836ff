"""Files of an account: upload, import by URL, the service's checks, content, deletion.

A file is a document of kind ``file``; its bytes are a blob of the same kind and key (``<account id>|<file id>``).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from local_azure.http import Call, Reply, Upload
from local_azure.openai import examples, states
from local_azure.openai.errors import is_v1, refuse
from local_azure.openai.listing import page
from local_azure.openai.sign_in import owner
from local_azure.openai.workshop import WORKSHOP
from local_azure.world import World

KIND = "file"
FINE_TUNE, RESULTS = "fine-tune", "fine-tune-results"

#: What a caller may upload; the other purposes are the service's own output.
PURPOSES = (FINE_TUNE, "assistants", "batch", "evals", "user_data")
#: Seconds that ``expires_after`` may say: two weeks to thirty days.
_EXPIRY = (1_209_600, 2_592_000)
#: Members of the document that are not shown.
_INNER = ("account", "shape", "examples")


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
    new = NewFile(_purpose(purpose), part.filename, _expiry({"anchor": anchor, "seconds": seconds} if seconds or anchor else None))
    _check_room(world, call, new.purpose, len(part.content))
    document = _store(world, owner(call), new, part.content)
    call.effect = f"created {document['id']}"
    return _created(call, document)


def import_file(world: World, call: Call) -> Reply:
    """Fetches ``content_url``: the file is ``pending`` at once, and the outcome shows in its status."""
    body = call.json()
    for member in ("purpose", "filename", "content_url"):
        if not isinstance(body.get(member), str):
            raise refuse("bad payload", why=f"'{member}' is required and must be a text.")
    new = NewFile(_purpose(body["purpose"]), body["filename"], _expiry(body.get("expires_after")))
    _check_room(world, call, new.purpose, 0)
    document = _store(world, owner(call), new, None)
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
    if (file := world.store.get(KIND, key)) and states.may(states.FILE, file["status"], "begin"):
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


def _examine(world: World, file: dict[str, Any]) -> dict[str, Any]:
    data = content(world, file)
    if data is None:
        # Nothing outside of local Azure can be reached.
        return {"status_details": "fileImportFailed: The content of 'content_url' could not be fetched."}
    if file["purpose"] != FINE_TUNE:
        return {}
    checked = examples.check(data)
    if checked.problem:
        return {"status_details": f"jsonlValidationFailed: {checked.problem}"}
    return {"examples": checked.examples, "shape": checked.shape}


def _store(world: World, account: str, new: NewFile, data: bytes | None) -> dict[str, Any]:
    """Stores a file and plans its import."""
    file = _document(world, account, new, len(data or b""))
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


def _check_room(world: World, call: Call, purpose: str, size: int) -> None:
    """Checks the limits of azure.md section 5."""
    settings = world.settings
    if size > settings.file_bytes:
        raise refuse("file too large", bytes=size, limit=settings.file_bytes)
    if purpose != FINE_TUNE:
        return
    mine = [file["bytes"] for file in of_account(world, owner(call)) if file["purpose"] == FINE_TUNE]
    if len(mine) >= settings.files:
        raise refuse("too many files", count=len(mine), limit=settings.files)
    if sum(mine) + size > settings.files_bytes:
        raise refuse("too many bytes", bytes=sum(mine) + size, limit=settings.files_bytes)


def _purpose(value: str) -> str:
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
