"""The grammar of ARM ids: a scope, then ``/providers/Namespace/type/name[/subtype/subname…]``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ResourceId:
    """One id, or the path of a collection (then there is one type more than names)."""

    text: str
    scope: str  #: what stands before the last ``/providers/``; empty for the tenant
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.text.lower()

    @property
    def type(self) -> str:
        return "/".join((self.namespace, *self.types))

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def is_collection(self) -> bool:
        return len(self.types) > len(self.names)

    @property
    def parent(self) -> str:
        """The id of the resource that this one (or this collection) is nested in; empty for a top-level one."""
        whole = len(self.types) - 1
        return f"{self.scope}/providers/{self.namespace}{pairs(self.types[:whole], self.names[:whole])}" if whole else ""

    @property
    def subscription(self) -> str:
        return segment_after(self.text, "subscriptions")

    @property
    def group(self) -> str:
        return segment_after(self.text, "resourcegroups")


def pairs(types: tuple[str, ...], names: tuple[str, ...]) -> str:
    return "".join(f"/{kind}/{name}" for kind, name in zip(types, names, strict=False))


def segment_after(path: str, word: str) -> str:
    """The segment that follows ``word`` in a path, or an empty string."""
    parts = path.split("/")
    for at, part in enumerate(parts[:-1]):
        if part.lower() == word:
            return parts[at + 1]
    return ""


@lru_cache(maxsize=4096)
def parse(path: str) -> ResourceId | None:
    """Reads an id or the path of a collection; None when it has no ``/providers/`` with a type."""
    text = path.rstrip("/")
    at = text.lower().rfind("/providers/")
    if at < 0:
        return None
    namespace, *rest = text[at + len("/providers/") :].split("/")
    if not rest or not all(rest):
        return None
    return ResourceId(text, text[:at], namespace, tuple(rest[0::2]), tuple(rest[1::2]))


def scope_of(path: str) -> str:
    """The resource, group or subscription that an operation works on: ``…/accounts/a/listKeys`` gives ``…/accounts/a``."""
    found = parse(path)
    if found is None:
        return path.rstrip("/")
    if not found.is_collection:
        return found.text
    return found.parent or found.scope
