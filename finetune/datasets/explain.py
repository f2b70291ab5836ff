"""The other lane: one line, read with patience, and everything that is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from finetune.datasets.findings import Case
from finetune.datasets.limits import Limits, Method, size_in_words
from finetune.datasets.rules.chat import check_supervised
from finetune.datasets.rules.preference import check_preference
from finetune.datasets.rules.reinforcement import check_reinforcement
from finetune.datasets.rules.table import RULES
from finetune.datasets.rules.values import kind

BOM = b"\xef\xbb\xbf"
#: Stands for a line that was longer than the limit and was not kept.
OVERLONG = b"\0line-too-long"
_decode = msgspec.json.Decoder().decode
#: The end of a key. A string with such an end in it, behind an escaped backslash, is taken for one: then the slow reader decides.
_KEY = re.compile(rb'(?<!\\)"[ \t]*:')
_HALF_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
#: Names for bytes that are not UTF-8: what text editors call them.
_OLD_ENCODING = "; it looks like Windows-1252 or ISO 8859-1"


class Explained(NamedTuple):
    """A line in detail.

    Args:
        example: the object, or None when there is none.
        cases: what is wrong.
        sound: an object without an error, which can be counted.
    """

    example: dict[str, Any] | None
    cases: list[Case]
    sound: bool


class Explainer:
    """Reads lines for one method.

    Args:
        fields: what the grader reads of each example.
    """

    def __init__(self, method: Method, limits: Limits, fields: tuple[str, ...] = ()):
        rules: dict[Method, Callable[[dict[str, Any], Limits], Iterator[Case]]] = {
            "supervised": check_supervised,
            "dpo": check_preference,
            "reinforcement": partial(check_reinforcement, fields=fields),
        }
        self._check = rules[method]
        self._limits = limits

    def __call__(self, line: bytes) -> Explained:
        """Explains one line with its line end. A line without one is the file's last, which may have been cut."""
        if line is OVERLONG:
            return _only(Case("line-too-long", "", {"limit": size_in_words(self._limits.line_bytes)}))
        cases: list[Case] = []
        last = not line.endswith(b"\n")
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if line.startswith(BOM):
            cases.append(Case("bom-in-middle", "", {}, 1))
            line = line[len(BOM) :]
        if not line.strip():
            return Explained(None, [*cases, Case("blank-line")], False)
        value, problem = _parse(line, cases, last)
        if problem:
            return Explained(None, [*cases, problem], False)
        if not isinstance(value, dict):
            return Explained(None, [*cases, _no_object(value)], False)
        try:
            cases.extend(self._check(value, self._limits))
        except RecursionError:
            cases.append(Case("json-too-deep"))
        cases.extend(_odd_texts(value, line))
        return Explained(value, cases, not any(RULES[case.code].severity == "error" for case in cases))


def _only(case: Case) -> Explained:
    return Explained(None, [case], False)


def _no_object(value: Any) -> Case:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return Case("json-array")
    return Case("json-not-object", "", {"kind": kind(value)})


class _NotANumber(ValueError):
    pass


def _refuse(constant: str) -> Any:
    raise _NotANumber(constant)


def _parse(line: bytes, cases: list[Case], last: bool) -> tuple[Any, Case | None]:
    """The value of a line, or the case that says why there is none. Repeated keys are added to ``cases``."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return None, _not_utf8(line, error)
    if "\0" in text:
        return None, Case("nul-byte", "", {}, text.index("\0") + 1)
    value = _quickly(line)
    return (value, None) if value is not None else _slowly(text, cases, last)


def _quickly(line: bytes) -> Any:
    """The value of a line that is sound JSON without repeated keys; None when that is not sure."""
    try:
        value = _decode(line)
    except (ValueError, RecursionError):
        return None
    keys, stack = 0, [value]
    while stack:
        top = stack.pop()
        if isinstance(top, dict):
            keys += len(top)
            stack.extend(top.values())
        elif isinstance(top, list):
            stack.extend(top)
    return value if keys == len(_KEY.findall(line)) else None


def _slowly(text: str, cases: list[Case], last: bool) -> tuple[Any, Case | None]:
    """As :func:`_parse`, with a reader that can say what is wrong, and where."""
    repeated: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(members)
        if len(made) < len(members):
            seen: set[str] = set()
            repeated.extend(key for key, _ in members if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse)
    except _NotANumber as error:
        constant = str(error)
        return None, Case("json-not-a-number", "", {"value": constant}, text.find(constant) + 1)
    except json.JSONDecodeError as error:
        return None, _json_fault(text, error, last)
    except RecursionError:
        return None, Case("json-too-deep")
    except ValueError as error:
        return None, Case("json-invalid", "", {"reason": str(error)})
    cases.extend(Case("json-duplicate-key", "", {"key": key}) for key in repeated)
    return value, None


def _not_utf8(line: bytes, error: UnicodeDecodeError) -> Case:
    value = line[error.start]
    guess = _OLD_ENCODING if value >= 0xA0 or value in (0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x96, 0x97) else ""
    column = len(line[: error.start].decode("utf-8", "replace")) + 1
    return Case("line-not-utf8", "", {"byte": error.start + 1, "value": f"{value:02x}", "guess": guess}, column)


def _json_fault(text: str, error: json.JSONDecodeError, last: bool) -> Case:
    """What kind of wrong JSON a line is."""
    stripped = text.strip()
    if "\r" in stripped and stripped.split("\r", 1)[0].rstrip().endswith("}"):
        return Case("cr-line-ends", "", {}, text.index("\r") + 1)
    if error.msg == "Extra data":
        rest = text[error.pos :].lstrip()
        code = "json-two-values" if rest.startswith(("{", "[")) else "json-invalid"
        reason = "a comma follows the object" if rest == "," else "something follows the object"
        return Case(code, "", {"reason": reason}, error.pos + 1)
    unfinished = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if unfinished and last:
        return Case("json-truncated", "", {}, len(text))
    if unfinished and stripped in ("{", "[", "[{"):
        return Case("json-spread", "", {}, len(text.rstrip()))
    return Case("json-invalid", "", {"reason": _reason(text, error)}, error.pos + 1)


def _reason(text: str, error: json.JSONDecodeError) -> str:
    around = text[error.pos : error.pos + 1]
    if around == "'":
        return "strings stand in \" not in '"
    if error.pos >= len(text):
        return f"the line ends too early ({error.msg[0].lower()}{error.msg[1:]})"
    return f"{error.msg[0].lower()}{error.msg[1:]}"


def _odd_texts(value: dict[str, Any], line: bytes) -> Iterator[Case]:
    """Half surrogates and byte order marks in texts; looked for only if the line can have them."""
    surrogates = b"\\u" in line and _HALF_SURROGATE.search(line.decode("utf-8", "replace")) is not None
    marks = BOM in line or b"\\ufeff" in line.lower()
    if not surrogates and not marks:
        return
    for path, text in _texts(value, ""):
        if marks and "\ufeff" in text:
            yield Case("bom-in-text", path)
        if surrogates and (half := next((c for c in text if "\ud800" <= c <= "\udfff"), None)):
            yield Case("json-surrogate", path, {"value": f"{ord(half):04x}"})


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    stack = [(path, value)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield path, key
                stack.append((f"{path}.{key}" if path else key, inner))
        elif isinstance(value, list):
            stack.extend((f"{path}[{index}]", inner) for index, inner in enumerate(value))
