"""Import of training files from Azure Blob Storage or any other URL, by the dated API.

The signature (SAS) that opens a blob for the service is made for one hour, used once, and stands in no log, state or error: requests
that carry it go by a client that logs no bodies.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit
from xml.etree import ElementTree

import requests
from pydantic import SecretStr

from finetune.azure import sign_in
from finetune.azure.openai_clients import DATED_VERSION, requested_key
from finetune.azure.refusals import ADVICE, BUSY_STATUSES, without_signatures
from finetune.errors import FinetuneError, ServiceBusy, ServiceRefused

#: Of the blob service's protocol and of the signature. The layout of what is signed holds for 2020-12-06 to 2025-05-05.
STORAGE_VERSION = "2022-11-02"
#: For how long a signature opens a blob; the service fetches soon after the import is asked for.
SIGNATURE_SECONDS = 3600.0
#: Clocks differ; a key that begins now may not have begun for the service ("set the start time 15 minutes in the past").
_SKEW_SECONDS = 900.0
_TIMEOUT = 60.0

_HOST = re.compile(r"([a-z0-9]{3,24})\.blob\.core\.windows\.net")
_EXAMPLE = "for example az://ACCOUNT/CONTAINER/train.jsonl"
#: Fields of a user delegation key in a signature, in the order of the text that is signed, and their names in the service's answer.
_KEY_FIELDS = {
    "skoid": "SignedOid",
    "sktid": "SignedTid",
    "skt": "SignedStart",
    "ske": "SignedExpiry",
    "sks": "SignedService",
    "skv": "SignedVersion",
}


@dataclass(frozen=True)
class Blob:
    """A blob's place."""

    account: str
    container: str
    name: str

    def __str__(self) -> str:
        return f"az://{self.account}/{self.container}/{self.name}"

    @property
    def url(self) -> str:
        return f"{self.service}/{self.container}/{quote(self.name)}"

    @property
    def service(self) -> str:
        return f"https://{self.account}.blob.core.windows.net"


def locate(source: str) -> Blob | None:
    """The blob of ``az://ACCOUNT/CONTAINER/NAME`` or of its https URL; None for another https URL.

    Raises:
        FinetuneError: for anything else.
    """
    parts = urlsplit(source)
    if parts.scheme not in ("az", "https") or not parts.hostname:
        raise FinetuneError("this is neither a blob nor an https URL", do=_EXAMPLE, source=shown(source))
    host = parts.hostname if parts.scheme == "https" else f"{parts.hostname}.blob.core.windows.net"
    match = _HOST.fullmatch(host)
    if match is None and parts.scheme == "https":
        return None
    container, _, name = parts.path.lstrip("/").partition("/")
    if match is None or not container or not name:
        raise FinetuneError("a blob needs an account, a container and a name", do=_EXAMPLE, source=shown(source))
    return Blob(match[1], container, unquote(name) if parts.scheme == "https" else name)


def shown(source: str) -> str:
    """A source as it may be written anywhere: without its query, which may hold a signature."""
    return source.partition("?")[0]


def import_file(endpoint: str, source: str, filename: str, purpose: str, *, sas: bool = False) -> dict[str, Any]:
    """Asks the service to fetch a file; returns it as the service shows it, ``pending``.

    The service reads the blob as it is: a byte order mark is not added.

    Args:
        endpoint: ``https://ACCOUNT.openai.azure.com``.
        source: ``az://ACCOUNT/CONTAINER/NAME``, or an https URL that the service can read.
        sas: sign the blob's URL for the service, as the signed-in principal. A source with a signature of its own is left as it is.

    Raises:
        FinetuneError: the source cannot be understood, or only blobs can be signed.
        ServiceRefused: the storage account's or the service's refusal.
    """
    url = _content_url(source, sas)
    body = {"purpose": purpose, "filename": filename, "content_url": url.get_secret_value()}
    address = f"{endpoint.rstrip('/')}/openai/files/import?api-version={DATED_VERSION}"
    key = requested_key(endpoint)
    headers = {"api-key": key} if key else _signed_in(sign_in.OPENAI_SCOPE)
    found: dict[str, Any] = _send("POST", address, f"import {shown(source)}", headers, json=body).json()
    return found


def _content_url(source: str, sas: bool) -> SecretStr:
    blob = locate(source)
    if not sas or "sig=" in urlsplit(source).query:
        return SecretStr(blob.url if blob and source.startswith("az:") else source)
    if blob is None:
        raise FinetuneError("only a blob's URL can be signed", do=_EXAMPLE, source=shown(source))
    return signed_url(blob)


def signed_url(blob: Blob, seconds: float = SIGNATURE_SECONDS) -> SecretStr:
    """The blob's URL with a user delegation SAS that allows to read it for a while.

    Raises:
        ServiceRefused: there is no such blob, or the principal may not read it (then nobody could with its signature).
    """
    _send("HEAD", blob.url, f"read {blob}", {**_signed_in(sign_in.STORAGE_SCOPE), "x-ms-version": STORAGE_VERSION})
    now = datetime.now(UTC)
    expiry = _written(now + timedelta(seconds=seconds))
    key, fields = _delegation_key(blob, _written(now - timedelta(seconds=_SKEW_SECONDS)), expiry)
    query = {"sp": "r", "se": expiry, "spr": "https", "sv": STORAGE_VERSION, "sr": "b", **fields}
    signature = hmac.digest(base64.b64decode(key.get_secret_value()), string_to_sign(blob, query).encode(), "sha256")
    return SecretStr(f"{blob.url}?{urlencode({**query, 'sig': base64.b64encode(signature).decode()})}")


def string_to_sign(blob: Blob, query: Mapping[str, str]) -> str:
    """What is signed ("Create a user delegation SAS", version 2020-12-06 and later); what a field does not say is an empty line."""
    resource = f"/blob/{blob.account}/{blob.container}/{blob.name}"
    own = [
        query.get(name, "")
        for name in ("saoid", "suoid", "scid", "sip", "spr", "sv", "sr", "snapshot", "ses", "rscc", "rscd", "rsce", "rscl", "rsct")
    ]
    return "\n".join([query["sp"], query.get("st", ""), query["se"], resource, *(query[name] for name in _KEY_FIELDS), *own])


def _delegation_key(blob: Blob, start: str, expiry: str) -> tuple[SecretStr, dict[str, str]]:
    """A key of the signed-in principal (base64), and its fields in a signature."""
    body = f'<?xml version="1.0" encoding="utf-8"?><KeyInfo><Start>{start}</Start><Expiry>{expiry}</Expiry></KeyInfo>'
    address = f"{blob.service}/?restype=service&comp=userdelegationkey"
    headers = {**_signed_in(sign_in.STORAGE_SCOPE), "x-ms-version": STORAGE_VERSION, "Content-Type": "application/xml"}
    answer = _send("POST", address, f"get a user delegation key of the storage account {blob.account}", headers, data=body)
    values = {child.tag: child.text or "" for child in ElementTree.fromstring(answer.content)}
    return SecretStr(values["Value"]), {field: values[tag] for field, tag in _KEY_FIELDS.items()}


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _signed_in(scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in.token(scope)}"}


def _send(method: str, url: str, doing: str, headers: Mapping[str, str], **content: Any) -> requests.Response:
    """One request; repeating it is the caller's affair.

    The refusal is raised outside of the handler, so that no chain of errors leads to the request and its body.
    """
    try:
        answer = requests.request(method, url, headers=headers, timeout=_TIMEOUT, **content)
        problem = None if answer.ok else _refusal(answer, doing)
    except requests.RequestException as error:
        problem = ServiceBusy(f"could not {doing}", f"the connection failed ({error})")
    if problem:
        raise problem
    return answer


def _refusal(answer: requests.Response, doing: str) -> ServiceRefused:
    """Our error for the blob service's XML (a HEAD has the code in a header only) or for a JSON error."""
    found = re.search(r"<Message>([^<\n]*)", answer.text)
    code, text = answer.headers.get("x-ms-error-code", ""), found[1] if found else str(answer.reason)
    with suppress(ValueError, KeyError, TypeError):
        error = answer.json()["error"]
        code, text = str(error["code"]), str(error["message"])
    request_id = answer.headers.get("apim-request-id") or answer.headers.get("x-ms-request-id", "")
    kind = ServiceBusy if answer.status_code in BUSY_STATUSES else ServiceRefused
    why = without_signatures(f"{answer.status_code} {code}: {text} (request {request_id})")
    return kind(f"could not {doing}", why, ADVICE.get(code, ""), status=answer.status_code, code=code, request_id=request_id)
