"""Multipart bodies, cut by searching for the boundary: a body of many megabytes costs a copy and no more."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

from local_azure.http import Upload


def parse(content_type: str, body: bytes) -> dict[str, str | Upload]:
    """The fields of a form by name: texts, and files. What is not well formed ends the form."""
    boundary = _header(content_type).get_param("boundary", "")
    if not boundary or not isinstance(boundary, str):
        return {}
    form: dict[str, str | Upload] = {}
    for head, content in _parts(body, boundary.encode()):
        disposition = _disposition(head)
        name, filename = (disposition.get_param(key, None, "content-disposition") for key in ("name", "filename"))
        if isinstance(name, str):
            form[name] = content.decode("utf-8", "replace") if filename is None else Upload(str(filename), content)
    return form


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Head and content of each part."""
    start, mark = body.find(b"--" + boundary), b"\r\n--" + boundary
    while start >= 0:
        start = body.find(b"\r\n", start)
        middle, end = body.find(b"\r\n\r\n", start), body.find(mark, start)
        if start < 0 or middle < 0 or end < 0:
            return
        yield body[start + 2 : middle], body[middle + 4 : end]
        start = end + 2


def _disposition(head: bytes) -> Message:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            return _header(value, "content-disposition")
    return Message()


def _header(value: str, name: str = "content-type") -> Message:
    message = Message()
    message[name] = value.strip()
    return message
