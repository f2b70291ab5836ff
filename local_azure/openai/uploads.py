"""Uploads of large files: an upload takes parts, and completing it makes a file of them. What is left alone expires.

An upload is a document of kind ``upload`` under ``<account id>|<upload id>``; a part is a blob and a document of kind
``upload-part`` under that key and the part's id.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from local_azure.http import Call, Json, Reply, Upload
from local_azure.openai import files, states
from local_azure.openai.errors import refuse
from local_azure.openai.sign_in import owner
from local_azure.world import World

KIND, PART = "upload", "upload-part"

_EXPIRE = "upload-expire"
#: Members of the document that are not shown.
_INNER = ("account", "mime_type")


# -- operations -----------------------------------------------------------------------------------------------------------


def create_upload(world: World, call: Call) -> Reply:
    """Begins an upload of a size that is said now and checked at the end."""
    body = call.json()
    for member in ("purpose", "filename", "mime_type"):
        if not isinstance(body.get(member), str) or not body[member]:
            raise refuse("bad payload", why=f"'{member}' is required and must be a text.")
    size = body.get("bytes")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise refuse("bad payload", why="'bytes' is required and must be a positive integer.")
    files.check_purpose(body["purpose"])
    files.check_room(world, call, body["purpose"], size, most=world.settings.upload_bytes)
    upload = _begin(world, owner(call), body)
    call.effect = f"created {upload['id']}"
    location = f"https://{call.host}/openai/uploads/{upload['id']}?api-version={call.query['api-version']}"
    return Reply(200, _shown(upload), {"Location": location})


def add_part(world: World, call: Call) -> Reply:
    upload = _open_upload(world, call)
    data = call.form.get("data")
    if not isinstance(data, Upload) or not data.content:
        raise refuse("bad payload", why="A multipart form with the file field 'data' is expected.")
    if len(data.content) > world.settings.part_bytes:
        raise refuse("part too large", bytes=len(data.content), limit=world.settings.part_bytes)
    id = uuid.uuid4().hex
    part = {
        "id": f"uplprt-{id}",
        "object": "upload.part",
        "created_at": int(world.now()),
        "upload_id": upload["id"],
        "azure_block_id": base64.b64encode(bytes.fromhex(id)).decode(),
    }
    key = f"{_key(upload)}|{part['id']}"
    world.store.put(PART, key, part)
    world.store.put_blob(PART, key, data.content)
    call.effect = f"added {part['id']} to {upload['id']}"
    return Reply(200, part)


def complete_upload(world: World, call: Call) -> Reply:
    """Makes the file, of the parts that are named, in that order."""
    upload = _open_upload(world, call)
    body = call.json()
    content = _joined(world, upload, body.get("part_ids"))
    if len(content) != upload["bytes"]:
        raise refuse("wrong size", id=upload["id"], bytes=len(content), wanted=upload["bytes"])
    _check_md5(body.get("md5"), content)
    files.check_room(world, call, upload["purpose"], len(content), most=world.settings.upload_bytes)
    new = files.NewFile(upload["purpose"], upload["filename"], None)
    file = files.add(world, upload["account"], new, content)
    done = _end(world, upload, "complete")
    call.effect = f"created {file['id']} from {upload['id']}"
    return Reply(200, _shown(done | {"file": files.shown(file)}))


def cancel_upload(world: World, call: Call) -> Reply:
    upload = _end(world, _open_upload(world, call), "cancel")
    call.effect = f"cancelled {upload['id']}"
    return Reply(200, _shown(upload))


# -- behaviour --------------------------------------------------------------------------------------------------------------


def expire_upload(world: World, key: str) -> None:
    """Agenda: nobody completed the upload in time."""
    if (upload := world.store.get(KIND, key)) and states.may(states.UPLOAD, upload["status"], "expire"):
        _end(world, upload, "expire")


EVENTS = {_EXPIRE: expire_upload}


def _begin(world: World, account: str, body: Json) -> Json:
    now = int(world.now())
    upload = {
        "id": f"upload_{uuid.uuid4().hex}",
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": now,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "expires_at": now + int(world.settings.upload_seconds),
        "account": account,
        "mime_type": body["mime_type"],
    }
    world.store.put(KIND, _key(upload), upload)
    world.agenda.at(upload["expires_at"], _EXPIRE, _key(upload))
    return upload


def _open_upload(world: World, call: Call) -> Json:
    """The upload of the path, if it still takes parts."""
    id = call.params["upload_id"]
    upload = world.store.get(KIND, f"{owner(call)}|{id}")
    if upload is None:
        raise refuse("no upload", id=id)
    if not states.UPLOAD[upload["status"]]:
        raise refuse("upload over", id=id, state=upload["status"])
    return upload


def _joined(world: World, upload: Json, ids: Any) -> bytes:
    """The content, by part ids; the specification's own example names parts by ``azure_block_id``, so both count."""
    if not isinstance(ids, list) or not ids:
        raise refuse("bad payload", why="'part_ids' is required and must be a list with at least one part.")
    known: dict[str, str] = {}
    for key, part in world.store.list(PART, f"{_key(upload)}|"):
        known[part["id"]] = known[part["azure_block_id"]] = key
    if unknown := [id for id in ids if id not in known]:
        raise refuse("no part", id=unknown[0], upload=upload["id"])
    return b"".join(world.store.get_blob(PART, known[id]) or b"" for id in ids)


def _check_md5(wanted: Any, content: bytes) -> None:
    """Hexadecimal, as OpenAI documents it; for Azure that is INFERRED."""
    if wanted is None:
        return
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if not isinstance(wanted, str) or wanted.lower() != found:
        raise refuse("wrong md5", found=found, wanted=wanted)


def _end(world: World, upload: Json, happening: str) -> Json:
    """Moves the upload to an end, where its parts are of no more use."""
    over = upload | {"status": states.after(states.UPLOAD, upload["status"], happening)}
    key = _key(upload)
    for part, _ in world.store.list(PART, f"{key}|"):
        world.store.delete(PART, part)
        world.store.delete_blob(PART, part)
    world.store.put(KIND, key, over)
    world.agenda.cancel(_EXPIRE, key)
    return over


def _key(upload: Json) -> str:
    return f"{upload['account']}|{upload['id']}"


def _shown(upload: Json) -> Json:
    return {name: value for name, value in upload.items() if name not in _INNER}
