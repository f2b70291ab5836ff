"""Images in user messages: address, format, mode, size, number."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

from finetune.datasets.findings import Case, Cases
from finetune.datasets.limits import Limits, size_in_words
from finetune.datasets.rules.values import shown

FORMATS = ("jpeg", "png", "webp")
_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.=+-]+)*),", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PNG_MODES = {0: "grey", 3: "a palette image", 4: "grey with alpha"}
#: Enough of an image to see its kind and size; JPEG may keep them behind a thumbnail.
_HEAD = 256 * 1024


class Image(NamedTuple):
    """What the first bytes of an image say. ``mode`` is empty for RGB and RGBA; width and height are pixels, 0 when not found."""

    format: str
    width: int = 0
    height: int = 0
    mode: str = ""


def images(message: Any) -> list[dict[str, Any]]:
    """The image parts of a message."""
    content = message.get("content") if isinstance(message, dict) else None
    return [part for part in content if isinstance(part, dict) and part.get("type") == "image_url"] if isinstance(content, list) else []


def check_count(messages: list[Any], at: str, limits: Limits) -> Cases:
    """The number of images of an example."""
    count = sum(len(images(message)) for message in messages)
    if count > limits.images:
        yield Case("images-too-many", at, {"count": count, "limit": limits.images})


def check_part(part: dict[str, Any], role: str, at: str, limits: Limits) -> Cases:
    """One part of type image_url."""
    if role != "user":
        yield Case("image-role", at, {"role": role})
    holder = part.get("image_url")
    url = holder.get("url") if isinstance(holder, dict) else None
    if not isinstance(url, str) or not url:
        yield Case("image-url", at)
        return
    detail = holder.get("detail") if isinstance(holder, dict) else None
    if detail is not None and detail not in ("low", "high", "auto"):
        yield Case("image-detail", f"{at}.image_url.detail", {"value": shown(detail)})
    yield from _address(url, f"{at}.image_url.url", limits)


def _address(url: str, at: str, limits: Limits) -> Cases:
    if url.startswith("data:"):
        yield from _data_uri(url, at, limits)
    elif not url.startswith(("https://", "http://")):
        scheme = _SCHEME.match(url)
        yield Case("image-scheme", at, {"scheme": scheme.group() if scheme else shown(url, 20)})


def _data_uri(url: str, at: str, limits: Limits) -> Cases:
    head = _DATA_URI.match(url)
    if head is None or not head[2].endswith(";base64"):
        yield Case("image-data-uri", at, {"reason": "it is not base64" if head else "it has no data:<type>;base64, before the data"})
        return
    payload = len(url) - head.end()
    size = payload * 3 // 4
    if size > limits.image_bytes:
        yield Case("image-too-large", at, {"size": size_in_words(size), "limit": size_in_words(limits.image_bytes)})
    image = _decoded(url, head.end())
    if image is None:
        yield Case("image-data-uri", at, {"reason": "its base64 cannot be decoded"})
        return
    declared = (head[1] or "").lower().removeprefix("image/").replace("jpg", "jpeg")
    if declared not in FORMATS:
        yield Case("image-format", at, {"format": head[1] or "not given"})
    elif image.format != declared:
        code = "image-content" if image.format in FORMATS else "image-data-uri" if image.format == "unknown" else "image-format"
        yield Case(code, at, {"declared": declared, "actual": image.format, "format": image.format, "reason": f"it holds no {declared} image"})
    elif image.mode:
        yield Case("image-mode", at, {"mode": image.mode})


def _decoded(url: str, start: int) -> Image | None:
    payload = url[start:]
    if len(payload) % 4:
        return None
    try:
        head = base64.b64decode(payload[: _HEAD // 3 * 4], validate=True)
        base64.b64decode(payload[-400:] if len(payload) > 400 else payload, validate=True)
    except (binascii.Error, ValueError):
        return None
    return look(head) if head else None


def look(data: bytes) -> Image:
    """The kind, size and mode of an image, from its first bytes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 26:
        return Image("png", int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"), _PNG_MODES.get(data[25], ""))
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    for magic, name in ((b"GIF8", "gif"), (b"BM", "bmp"), (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"%PDF", "pdf")):
        if data.startswith(magic):
            return Image(name)
    return Image("unknown")


def _jpeg(data: bytes) -> Image:
    """Walks the segments to the frame header: height, width, number of components (1: grey, 4: CMYK)."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
            return Image("jpeg", width, height, {1: "grey", 4: "CMYK"}.get(data[at + 9], ""))
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return Image("jpeg")


def _webp(data: bytes) -> Image:
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return Image("webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return Image("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and len(data) >= 30:
        return Image("webp", int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF)
    return Image("webp")


def measure(part: dict[str, Any]) -> Image | None:
    """Size of an image in a data URI; None for an address that would have to be fetched, or a damaged one."""
    holder = part.get("image_url")
    url = holder.get("url") if isinstance(holder, dict) else None
    head = _DATA_URI.match(url) if isinstance(url, str) else None
    image = _decoded(str(url), head.end()) if head else None
    return image if image and image.width else None
