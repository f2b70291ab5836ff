"""Encodings, line ends, JSON: what concerns bytes and lines."""

from __future__ import annotations

import gzip
import json

from tests.unit.datasets.corpus.making import ASKED, Case, good, talk, written

_LINES = [written(good("supervised", number)) for number in range(12)]
_FILE = b"\n".join(_LINES) + b"\n"
_BOM = b"\xef\xbb\xbf"
_GOOD_LINE = written(talk(ASKED, "It is a line."))
_OBJECT = _GOOD_LINE.decode()


def _whole(name: str, data: bytes, *expected: tuple[str, int | None]) -> Case:
    return Case(name, data, whole=True, expected=frozenset(expected))


def _at(line: int, data: bytes) -> bytes:
    """The good file with one line replaced."""
    return b"\n".join([*_LINES[: line - 1], data, *_LINES[line:]]) + b"\n"


def _parted(cut: int) -> bytes:
    """The good file with a line broken in two."""
    return b"\n".join([*_LINES[:3], _LINES[3][:cut], _LINES[3][cut:], *_LINES[4:]]) + b"\n"


CASES: tuple[Case, ...] = (
    _whole("nothing", b"", ("file-empty", None)),
    _whole("only blank lines", b"\n\n\n", ("file-empty", None), ("blank-line", 1), ("blank-line", 2), ("blank-line", 3)),
    _whole("only a mark", _BOM, ("file-empty", None), ("blank-line", 1)),
    _whole("one space", b" ", ("file-empty", None), ("blank-line", 1)),
    _whole("good", _FILE),
    _whole("good with a mark", _BOM + _FILE),
    _whole("no line end at the end", _FILE.rstrip(b"\n")),
    _whole("nine examples", b"\n".join(_LINES[:9]), ("too-few-examples", None)),
    _whole("ten examples", b"\n".join(_LINES[:10])),
    _whole("one example", _LINES[0], ("too-few-examples", None)),
    _whole("windows line ends", _FILE.replace(b"\n", b"\r\n")),
    _whole("windows line ends and a mark", _BOM + _FILE.replace(b"\n", b"\r\n")),
    _whole("one windows line end", _at(5, _LINES[4] + b"\r")),
    _whole("old mac line ends", _FILE.replace(b"\n", b"\r"), ("cr-line-ends", 1)),
    _whole("one old mac line end", _at(5, _LINES[4] + b"\r" + _GOOD_LINE), ("cr-line-ends", 5)),
    _whole("utf-16 with a mark", _FILE.decode().encode("utf-16"), ("file-encoding", None)),
    _whole("utf-16 big endian with a mark", b"\xfe\xff" + _FILE.decode().encode("utf-16-be"), ("file-encoding", None)),
    _whole("utf-16 little endian", _FILE.decode().encode("utf-16-le"), ("file-encoding", None)),
    _whole("utf-16 big endian", _FILE.decode().encode("utf-16-be"), ("file-encoding", None)),
    _whole("utf-32", _FILE.decode().encode("utf-32"), ("file-encoding", None)),
    _whole("utf-32 big endian", _FILE.decode().encode("utf-32-be"), ("file-encoding", None)),
    _whole("gzip", gzip.compress(_FILE), ("file-not-jsonl", None)),
    _whole("zip", b"PK\x03\x04rest", ("file-not-jsonl", None)),
    _whole("parquet", b"PAR1rest", ("file-not-jsonl", None)),
    _whole("arrow", b"ARROW1\0\0rest", ("file-not-jsonl", None)),
    _whole("zstandard", b"\x28\xb5\x2f\xfdrest", ("file-not-jsonl", None)),
    _whole("array over lines", b"[\n" + b",\n".join(_LINES) + b"\n]\n", ("json-array", None)),
    _whole("array on one line", b"[" + b", ".join(_LINES) + b"]", ("json-array", 1)),
    _whole("indented objects", json.dumps(good("supervised", 1), indent=2).encode(), ("json-spread", None)),
    _whole("indented objects, windows", json.dumps(good("supervised", 1), indent=2).replace("\n", "\r\n").encode(), ("json-spread", None)),
    _whole(
        "an object over lines in the middle",
        b"\n".join([*_LINES, b"{", b'"messages": []', b"}"]),
        ("json-spread", 13),
        ("json-invalid", 14),
        ("json-invalid", 15),
    ),
    _whole("comma separated text", b"prompt,completion\nwhat,that\n", ("json-invalid", 1), ("json-invalid", 2)),
    _whole("cut at the end", _FILE + _GOOD_LINE[:40], ("json-truncated", 13)),
    _whole("cut in a string at the end", _FILE + _GOOD_LINE[:45], ("json-truncated", 13)),
    _whole("cut in the middle of a character", _FILE + '{"messages": [{"role": "user", "content": "ü'.encode()[:-1], ("line-not-utf8", 13)),
    _whole("a line broken in two", _parted(30), ("json-invalid", 4), ("json-invalid", 5)),
    _whole("blank line in the middle", _at(4, b""), ("blank-line", 4)),
    _whole("a line of spaces", _at(4, b"  \t "), ("blank-line", 4)),
    _whole("blank lines at the end", _FILE + b"\n\n", ("blank-line", 13), ("blank-line", 14)),
    _whole("blank windows line", _at(4, b"\r"), ("blank-line", 4)),
    _whole("duplicate", _at(9, _LINES[2]), ("duplicate-example", 9)),
    _whole("three times the same", _at(9, _LINES[2]) + _LINES[2], ("duplicate-example", 9), ("duplicate-example", 13)),
    _whole("duplicate written otherwise", _at(9, json.dumps(json.loads(_LINES[2]), separators=(",", ":")).encode()), ("duplicate-example", 9)),
    _whole("duplicate in a broken line is no duplicate", _at(9, b"{"), ("json-spread", 9)),
    _whole(
        "every second has a system message",
        b"\n".join(written(talk(*([("system", "Be brief.")] if number % 2 else []), ASKED, f"Answer {number}")) for number in range(12)),
        ("system-missing", 1),
    ),
    _whole(
        "the last has no system message",
        b"\n".join(written(talk(*([("system", "Be brief.")] if number < 11 else []), ASKED, f"Answer {number}")) for number in range(12)),
        ("system-missing", 12),
    ),
    _whole(
        "different system messages are only noted",
        b"\n".join(written(talk(("system", f"You are number {number}."), ASKED, f"Answer {number}")) for number in range(12)),
    ),
    Case("mark at the start of a line", _BOM + _GOOD_LINE, ("bom-in-middle",)),
    Case("two marks at the start of a line", _BOM + _BOM + _GOOD_LINE, ("bom-in-middle", "json-invalid")),
    Case("mark in a text", talk(ASKED, "It is\ufeff here."), ("bom-in-text",)),
    Case(
        "escaped mark in a text", b'{"messages": [{"role": "user", "content": "a\\ufeff"}, {"role": "assistant", "content": "b"}]}', ("bom-in-text",)
    ),
    Case("zero width joiner is text", talk(ASKED, "\U0001f468\u200d\U0001f469")),
    Case("latin 1", _GOOD_LINE.replace(b"It is", b"Gr\xfc\xdfe"), ("line-not-utf8",)),
    Case("windows quotation marks", _GOOD_LINE.replace(b"It is", b"\x93It\x94"), ("line-not-utf8",)),
    Case("half a character", _GOOD_LINE.replace(b"It is", b"\xe2\x82"), ("line-not-utf8",)),
    Case("surrogate as bytes", _GOOD_LINE.replace(b"It is", b"\xed\xa0\x80"), ("line-not-utf8",)),
    Case("overlong form", _GOOD_LINE.replace(b"It is", b"\xc0\xaf"), ("line-not-utf8",)),
    Case(
        "half a surrogate pair", b'{"messages": [{"role": "user", "content": "\\ud83d"}, {"role": "assistant", "content": "b"}]}', ("json-surrogate",)
    ),
    Case(
        "second half alone", b'{"messages": [{"role": "user", "content": "\\ude00 x"}, {"role": "assistant", "content": "b"}]}', ("json-surrogate",)
    ),
    Case("whole pair", b'{"messages": [{"role": "user", "content": "\\ud83d\\ude00"}, {"role": "assistant", "content": "b"}]}'),
    Case("nul byte", _GOOD_LINE.replace(b"It is", b"It\0is"), ("nul-byte",)),
    Case("nul byte after the object", _GOOD_LINE + b"\0", ("nul-byte",)),
    Case("escaped nul is text", _GOOD_LINE.replace(b"It is", b"It\\u0000is")),
    Case("tab in a string", _GOOD_LINE.replace(b"It is", b"It\tis"), ("json-invalid",)),
    Case("single quotes", b"{'messages': []}", ("json-invalid",)),
    Case("trailing comma", b'{"messages": [{"role": "user", "content": "hi"},]}', ("json-invalid",)),
    Case("comma after the object", _GOOD_LINE + b",", ("json-invalid",)),
    Case("comment", b"// the next ones are better", ("json-invalid",)),
    Case("python literals", b'{"messages": None}', ("json-invalid",)),
    Case("unquoted key", b"{messages: []}", ("json-invalid",)),
    Case("a missing brace", _GOOD_LINE[:-1], ("json-invalid",)),
    Case("a brace too many", _GOOD_LINE + b"}", ("json-invalid",)),
    Case("two objects on a line", _GOOD_LINE + _GOOD_LINE, ("json-two-values",)),
    Case("two objects with a space", _GOOD_LINE + b" " + _GOOD_LINE, ("json-two-values",)),
    Case("not a number", b'{"messages": NaN}', ("json-not-a-number",)),
    Case("infinity", b'{"messages": -Infinity}', ("json-not-a-number",)),
    Case("nested without end", b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ("json-too-deep",)),
    Case("a string", b'"text"', ("json-not-object",)),
    Case("a number", b"7", ("json-not-object",)),
    Case("null", b"null", ("json-not-object",)),
    Case("an empty list", b"[]", ("json-not-object",)),
    Case("a list of messages", b'[{"role": "user", "content": "hi"}]', ("json-array",)),
    Case("key twice", _OBJECT.replace('"role": "user"', '"role": "user", "role": "user"').encode(), ("json-duplicate-key",)),
    Case(
        "content twice",
        b'{"messages": [{"role": "user", "content": "a", "content": "b", "role": "user"}, {"role": "assistant", "content": "b"}]}',
        ("json-duplicate-key",),
    ),
    Case("messages twice", _OBJECT.replace('{"messages"', '{"messages": [], "messages"').encode(), ("json-duplicate-key",)),
    Case("spaces around the object", b"  " + _GOOD_LINE + b"  "),
    Case("line of a megabyte", talk(ASKED, "word " * 200_000)),
)
