"""User delegation: the key that a signed-in principal asks for, and the signatures (SAS) that are made with it.

Keys are not stored: each follows from what it is for and a secret of this world. Signatures and keys age in real time, not on the
clock that tests move: those who make them know only their own clock, as with tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_azure.http import Principal
from local_azure.storage.refusals import refuse
from local_azure.world import World

#: Older versions have another layout, and are refused by name.
FIRST_VERSION = "2020-12-06"
#: "…within seven days of the start time" (Get User Delegation Key).
LONGEST = timedelta(days=7)

#: The fields of a user delegation key in a SAS, in the order of the string to sign.
KEY_FIELDS = ("skoid", "sktid", "skt", "ske", "sks", "skv")
#: What stands before and after the resource, in that order, and since which version ("Create a user delegation SAS"; for the last
#: two additions: change log and code of azure-storage-blob 12.31).
_BEFORE = ("sp", "st", "se")
_AFTER = (
    *((name, FIRST_VERSION) for name in (*KEY_FIELDS, "saoid", "suoid", "scid")),
    *((name, "2025-07-05") for name in ("skdutid", "sduoid")),
    *((name, FIRST_VERSION) for name in ("sip", "spr", "sv", "sr", "snapshot", "ses")),
    *((name, "2026-04-06") for name in ("srh", "srq")),
    *((name, FIRST_VERSION) for name in ("rscc", "rscd", "rsce", "rscl", "rsct")),
)
_NEEDED = ("sp", "se", "sv", "sr", "sig", *KEY_FIELDS)
#: Fields that would narrow what the signature allows, and that nobody here looks at.
_NOT_EMULATED = ("saoid", "suoid", "skdutid", "sduoid", "sip", "snapshot", "ses", "sdd", "srh", "srq")


@dataclass(frozen=True, slots=True)
class Signature:
    """A SAS that was found to be good: who delegated, and the letters of what is allowed."""

    principal: Principal
    permissions: str


def key_value(world: World, fields: Mapping[str, str]) -> str:
    """The key (base64) for the fields of ``KEY_FIELDS``."""
    secret = hashlib.sha256(world.identity.signing_key.encode()).digest()
    return base64.b64encode(hmac.digest(secret, "\n".join(fields[name] for name in KEY_FIELDS).encode(), "sha256")).decode()


def string_to_sign(query: Mapping[str, str], account: str, resource: str) -> str:
    """What is signed, for ``resource`` like ``container/folder/blob`` (or a container's name)."""
    before = [query.get(name, "") for name in _BEFORE]
    after = [query.get(name, "") for name, since in _AFTER if since <= query["sv"]]
    return "\n".join([*before, f"/blob/{account}/{resource}", *after])


def check(world: World, query: Mapping[str, str], account: str, container: str, blob: str) -> Signature:
    """Reads the SAS of a request.

    Raises:
        ServiceError: 403 ``AuthenticationFailed`` with the reason in its detail; 400 for what is not emulated.
    """
    if "skoid" not in query:
        raise refuse("not emulated", what="signatures with an account key (a user delegation SAS has the field skoid)")
    for name in _NEEDED:
        if not query.get(name):
            raise refuse("not authenticated", f"{name} is mandatory. Cannot be empty")
    for name in _NOT_EMULATED:
        if query.get(name):
            raise refuse("not emulated", what=f"the field {name} of a signature")
    if query["sv"] < FIRST_VERSION:
        raise refuse("not emulated", what=f"signatures of version {query['sv']} (from {FIRST_VERSION} on they are)")
    _check_signature(world, query, account, _resource(query["sr"], container, blob))
    _check_times(query)
    return Signature(Principal(query["skoid"], query["sktid"]), query["sp"])


def _resource(kind: str, container: str, blob: str) -> str:
    if kind not in ("b", "c"):
        raise refuse("not emulated", what=f"signatures for resources of the kind {kind} (sr=b and sr=c they are)")
    return f"{container}/{blob}" if kind == "b" else container


def _check_signature(world: World, query: Mapping[str, str], account: str, resource: str) -> None:
    text = string_to_sign(query, account, resource)
    wanted = base64.b64encode(hmac.digest(base64.b64decode(key_value(world, query)), text.encode(), "sha256")).decode()
    if not hmac.compare_digest(wanted.encode(), query["sig"].encode()):
        raise refuse("not authenticated", f"Signature did not match. String to sign used was {text}")


def _check_times(query: Mapping[str, str]) -> None:
    now = datetime.now(UTC)
    shown = "%a, %d %b %Y %H:%M:%S GMT"
    for first, last, whose in ((query.get("st", ""), query["se"], "Signature"), (query["skt"], query["ske"], "Signature key")):
        start, end = read_time(first) if first else now, read_time(last)
        if not start <= now < end:
            times = f"Start [{start:{shown}}] - Expiry [{end:{shown}}] - Current [{now:{shown}}]"
            raise refuse("not authenticated", f"{whose} not valid in the specified time frame: {times}")


def read_time(text: str) -> datetime:
    """A time as ISO 8601 in UTC.

    Raises:
        ServiceError: 403 ``AuthenticationFailed``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refuse("not authenticated", f"{text} is not a time in ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
