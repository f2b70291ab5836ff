"""The part of OData that the Retail Prices API's ``$filter`` takes: eq, ne, contains, startswith, endswith, and, or, not, parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable

from local_azure.http import Json

Predicate = Callable[[Json], bool]


class FilterError(ValueError):
    """The filter is not one; the text says where."""


#: Names that a filter may use (any case) → member of an item.
_FIELDS = {
    name.lower(): name
    for name in [
        "armRegionName",
        "location",
        "meterId",
        "meterName",
        "productId",
        "skuId",
        "productName",
        "skuName",
        "serviceName",
        "serviceId",
        "serviceFamily",
        "armSkuName",
        "currencyCode",
        "unitOfMeasure",
    ]
} | {"pricetype": "type"}

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z]+)|(?P<mark>[(),]))")

_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {"eq": str.__eq__, "ne": str.__ne__}


def predicate(text: str, *, case_sensitive: bool) -> Predicate:
    """What a filter means. An empty one finds everything.

    Raises:
        FilterError: for anything that is not understood, so that no filter is silently ignored.
    """
    if not text.strip():
        return lambda item: True
    parser = _Parser(_tokens(text), (lambda value: value) if case_sensitive else str.casefold)
    found = parser.either()
    if parser.rest:
        raise FilterError(f"unexpected {parser.rest[0]!r}")
    return found


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterError(f"unexpected {text[at:].strip()[:20]!r}")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


class _Parser:
    """Reads tokens from the left; ``or`` binds less than ``and``, which binds less than ``not``."""

    def __init__(self, tokens: list[str], fold: Callable[[str], str]):
        self.rest, self._fold = tokens, fold

    def either(self) -> Predicate:
        found = [self._both()]
        while self._takes("or"):
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda item: any(one(item) for one in found)

    def _both(self) -> Predicate:
        found = [self._single()]
        while self._takes("and"):
            found.append(self._single())
        return found[0] if len(found) == 1 else lambda item: all(one(item) for one in found)

    def _single(self) -> Predicate:
        if self._takes("not"):
            denied = self._single()
            return lambda item: not denied(item)
        if self._takes("("):
            inner = self.either()
            self._need(")")
            return inner
        word = self._next()
        if word.lower() in _FUNCTIONS and self._takes("("):
            field = self._field(self._next())
            self._need(",")
            test = self._test(_FUNCTIONS[word.lower()], field, self._text())
            self._need(")")
            return test
        field, comparison = self._field(word), self._next()
        if comparison.lower() not in _COMPARISONS:
            raise FilterError(f"unexpected {comparison!r}")
        return self._test(_COMPARISONS[comparison.lower()], field, self._text())

    def _test(self, compare: Callable[[str, str], bool], field: str, value: str) -> Predicate:
        fold, wanted = self._fold, self._fold(value)
        return lambda item: compare(fold(item[field]), wanted)

    def _field(self, word: str) -> str:
        if word.lower() not in _FIELDS:
            raise FilterError(f"there is no field {word!r}")
        return _FIELDS[word.lower()]

    def _text(self) -> str:
        token = self._next()
        if not token.startswith("'"):
            raise FilterError(f"a text in quotes is expected, not {token!r}")
        return token[1:-1].replace("''", "'")

    def _next(self) -> str:
        if not self.rest:
            raise FilterError("it ends too early")
        return self.rest.pop(0)

    def _takes(self, word: str) -> bool:
        if self.rest and self.rest[0].lower() == word:
            self.rest.pop(0)
            return True
        return False

    def _need(self, mark: str) -> None:
        if not self._takes(mark):
            raise FilterError(f"{mark!r} is missing")
