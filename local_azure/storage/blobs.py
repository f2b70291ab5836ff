"""Blobs: block blobs written by one PUT, read whole or by range. Containers are ARM's resources, seen from the other side.

A blob is a document and a blob of kind ``storage-blob`` under ``<account>/<container>/<name>``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from email.utils import formatdate
from xml.etree import ElementTree

from local_azure.arm import resources, storage
from local_azure.arm.storage import BLOBS
from local_azure.http import Call, Json, Reply
from local_azure.storage import delegation
from local_azure.storage.access import account_of
from local_azure.storage.refusals import refuse
from local_azure.world import World

_KEY_TAGS = {"skoid": "SignedOid", "sktid": "SignedTid", "skt": "SignedStart", "ske": "SignedExpiry", "sks": "SignedService", "skv": "SignedVersion"}


def get_user_delegation_key(world: World, call: Call) -> Reply:
    """A key for signatures, for the time that the body says."""
    _expect(call, restype="service", comp="userdelegationkey")
    assert call.principal is not None
    start, expiry = _key_times(call.body)
    fields = {
        "skoid": call.principal.object_id,
        "sktid": call.principal.tenant_id,
        "skt": start,
        "ske": expiry,
        "sks": "b",
        "skv": call.headers["x-ms-version"],
    }
    members = "".join(f"<{_KEY_TAGS[name]}>{value}</{_KEY_TAGS[name]}>" for name, value in fields.items())
    value = delegation.key_value(world, fields)
    body = f'<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>{members}<Value>{value}</Value></UserDelegationKey>'
    return Reply(200, body.encode(), _common(call), media_type="application/xml")


def _key_times(body: bytes) -> tuple[str, str]:
    try:
        info = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise refuse("bad xml") from None
    start, expiry = (info.findtext(name) or "" for name in ("Start", "Expiry"))
    if not expiry:
        raise refuse("bad element")
    first, last = delegation.read_time(start or expiry), delegation.read_time(expiry)
    if last < first or last - first > delegation.LONGEST:
        raise refuse("bad element")
    return start, expiry


def put_container(world: World, call: Call) -> Reply:
    _expect(call, restype="container")
    account, name = account_of(world, call.host), call.params["container"]
    if not re.fullmatch(storage.CONTAINERS.name_pattern, name):
        raise refuse("bad name")
    id = storage.container_id(account, name)
    if resources.find(world, id):
        raise refuse("container exists")
    properties = {"publicAccess": "None", "lastModifiedTime": resources.iso(world.now())}
    resources.save(world, {"id": id, "name": name, "type": storage.CONTAINER_TYPE, "properties": properties})
    call.effect = f"created {id}"
    return Reply(201, None, _common(call))


def put_blob(world: World, call: Call) -> Reply:
    _expect(call)
    kind = call.headers.get("x-ms-blob-type")
    if kind is None:
        raise refuse("no header")
    if kind != "BlockBlob" or "x-ms-copy-source" in call.headers:
        raise refuse("not emulated", what="copies, and blobs other than block blobs")
    key = _key(world, call)
    if call.headers.get("if-none-match") == "*" and world.store.get(BLOBS, key):
        raise refuse("blob exists")
    md5 = base64.b64encode(hashlib.md5(call.body, usedforsecurity=False).digest()).decode()
    if call.headers.get("content-md5", md5) != md5:
        raise refuse("wrong md5")
    blob = {
        "etag": f'"0x{uuid.uuid4().hex[:15].upper()}"',
        "modified": world.now(),
        "size": len(call.body),
        "md5": md5,
        "content_type": call.headers.get("x-ms-blob-content-type") or call.headers.get("content-type") or "application/octet-stream",
        "metadata": {name: value for name, value in call.headers.items() if name.startswith("x-ms-meta-")},
    }
    world.store.put(BLOBS, key, blob)
    world.store.put_blob(BLOBS, key, call.body)
    call.effect = f"wrote blob {key}"
    return Reply(201, None, {**_common(call), **_stamp(blob), "Content-MD5": md5, "x-ms-request-server-encrypted": "true"})


def get_blob(world: World, call: Call) -> Reply:
    _expect(call)
    key, blob = _find(world, call)
    content = world.store.get_blob(BLOBS, key) or b""
    wanted = call.headers.get("x-ms-range") or call.headers.get("range")
    headers = {**_common(call), **_properties(blob)}
    if not wanted:
        return Reply(200, content, {**headers, "Content-MD5": blob["md5"]}, media_type=blob["content_type"])
    first, last = _range(wanted, len(content))
    headers |= {"Content-Range": f"bytes {first}-{last}/{len(content)}", "x-ms-blob-content-md5": blob["md5"]}
    return Reply(206, content[first : last + 1], headers, media_type=blob["content_type"])


def get_blob_properties(world: World, call: Call) -> Reply:
    _expect(call)
    _, blob = _find(world, call)
    own = {"Content-Length": str(blob["size"]), "Content-Type": blob["content_type"], "Content-MD5": blob["md5"]}
    return Reply(200, None, {**_common(call), **_properties(blob), **own})


def delete_blob(world: World, call: Call) -> Reply:
    _expect(call)
    key, _ = _find(world, call)
    world.store.delete(BLOBS, key)
    world.store.delete_blob(BLOBS, key)
    call.effect = f"deleted blob {key}"
    return Reply(202, None, _common(call))


def _expect(call: Call, **wanted: str) -> None:
    """Sees that ``restype`` and ``comp`` ask for the operation of the route, not for one beside it."""
    found = {name: call.query[name].lower() for name in ("restype", "comp") if name in call.query}
    if found != wanted:
        asked = "&".join(f"{name}={value}" for name, value in found.items())
        raise refuse("not emulated", what=f"{call.method} {call.url}?{asked}")


def _key(world: World, call: Call) -> str:
    account, container = account_of(world, call.host), call.params["container"]
    if resources.find(world, storage.container_id(account, container)) is None:
        raise refuse("no container")
    return f"{account['name']}/{container}/{call.params['blob']}"


def _find(world: World, call: Call) -> tuple[str, Json]:
    key = _key(world, call)
    blob = world.store.get(BLOBS, key)
    if blob is None:
        raise refuse("no blob")
    return key, blob


def _range(text: str, size: int) -> tuple[int, int]:
    """First and last byte of ``bytes=first-last``, where ``last`` may be missing or lie beyond the end."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", text.strip())
    if match is None or int(match[1]) >= size or (match[2] and int(match[2]) < int(match[1])):
        raise refuse("bad range")
    return int(match[1]), min(int(match[2] or size), size - 1)


def _common(call: Call) -> dict[str, str]:
    return {"x-ms-version": call.headers.get("x-ms-version") or call.query.get("sv") or "2021-12-02"}


def _stamp(blob: Json) -> dict[str, str]:
    return {"ETag": blob["etag"], "Last-Modified": formatdate(blob["modified"], usegmt=True)}


def _properties(blob: Json) -> dict[str, str]:
    return {**_stamp(blob), **blob["metadata"], "x-ms-blob-type": "BlockBlob", "Accept-Ranges": "bytes"}
