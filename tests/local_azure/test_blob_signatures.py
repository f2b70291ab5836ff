"""User delegation signatures, made by the published rule: what they open, and everything that closes them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.conftest import Cloud
from tests.local_azure.storage import CONTRIBUTOR, READER, Storage, at

TEXT = b'{"messages": []}\n' * 20
KEY = "/?restype=service&comp=userdelegationkey"


@pytest.fixture
def storage(cloud: Cloud) -> Storage:
    made = Storage(cloud)
    made.put("sets/a.jsonl", TEXT)
    made.put("b.jsonl", TEXT)
    return made


def get(storage: Storage, query: str, name: str = "sets/a.jsonl", method: str = "GET", **more: Any) -> requests.Response:
    """A request that carries nothing but the signature."""
    return requests.request(method, f"{storage.url}/training/{name}?{query}", timeout=30, **more)


def test_a_signature_opens_its_blob_without_a_sign_in(storage: Storage) -> None:
    query = storage.sas("training/sets/a.jsonl")
    assert get(storage, query).content == TEXT
    assert get(storage, query, method="HEAD").headers["content-length"] == str(len(TEXT))
    assert get(storage, query, headers={"Range": "bytes=0-3"}).content == TEXT[:4]


def test_a_signature_for_a_container_opens_every_blob_in_it(storage: Storage) -> None:
    query = storage.sas("training", kind="c")
    assert get(storage, query).content == get(storage, query, "b.jsonl").content == TEXT


def test_a_signature_for_another_blob_does_not_fit(storage: Storage) -> None:
    answer = get(storage, storage.sas("training/b.jsonl"))
    assert answer.status_code == 403 and "Signature did not match. String to sign used was r\n" in answer.text


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [("sp=r", "sp=rw"), ("se=2", "se=3"), ("sv=2022-11-02", "sv=2023-11-03"), ("spr=https", "spr=http"), ("sig=.", "sig=_"), ("ske=2", "ske=3")],
)
def test_a_changed_field_breaks_the_signature(storage: Storage, pattern: str, instead: str) -> None:
    query = storage.sas("training/sets/a.jsonl")
    changed = re.sub(pattern, instead, query, count=1)
    assert changed != query
    assert get(storage, changed).headers["x-ms-error-code"] == "AuthenticationFailed"


@pytest.mark.parametrize("times", [{"end": -1}, {"start": 10}, {"key_end": -1}])
def test_a_signature_counts_in_its_time_only(storage: Storage, times: dict[str, float]) -> None:
    answer = get(storage, storage.sas("training/sets/a.jsonl", **times))
    assert answer.headers["x-ms-error-code"] == "AuthenticationFailed" and "not valid in the specified time frame" in answer.text


def test_a_signature_allows_what_its_letters_say(storage: Storage) -> None:
    reading, writing = storage.sas("training/c.jsonl"), storage.sas("training/c.jsonl", permissions="w")
    put = {"method": "PUT", "data": TEXT, "headers": {"x-ms-blob-type": "BlockBlob"}}
    assert get(storage, reading, "c.jsonl", **put).headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"
    assert get(storage, writing, "c.jsonl", **put).status_code == 201
    assert get(storage, writing, "c.jsonl").headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"
    assert get(storage, reading, "c.jsonl").content == TEXT


def test_a_signature_allows_no_more_than_its_maker_may_do(cloud: Cloud) -> None:
    storage = Storage(cloud, role=READER)
    answer = get(storage, storage.sas("training/c.jsonl", permissions="w"), "c.jsonl", "PUT", headers={"x-ms-blob-type": "BlockBlob"})
    assert answer.headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"


def test_a_signature_ends_with_its_makers_role(cloud: Cloud) -> None:
    storage = Storage(cloud, role="")
    assignment = storage.arm.assign(storage.id, CONTRIBUTOR, cloud.identity.object_id)
    storage.put("sets/a.jsonl", TEXT)
    query = storage.sas("training/sets/a.jsonl")
    assert get(storage, query).status_code == 200
    storage.arm.call("DELETE", assignment, version="2022-04-01")
    assert get(storage, query).headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("sv=2022-11-02&sr=b&sp=r&se=2030-01-01&sig=x", "signatures with an account key"),
        ("skoid=a&sktid=b&skt=c&ske=d&sks=b&skv=e&sv=2019-12-12&sr=b&sp=r&se=2030-01-01&sig=x", "version 2019-12-12"),
        ("skoid=a&sktid=b&skt=c&ske=d&sks=b&skv=e&sv=2022-11-02&sr=d&sp=r&se=2030-01-01&sig=x", "kind d"),
        ("skoid=a&sktid=b&skt=c&ske=d&sks=b&skv=e&sv=2022-11-02&sr=b&sp=r&se=2030-01-01&sig=x&sip=1.1.1.1", "field sip"),
    ],
)
def test_what_is_not_emulated_says_so_by_name(storage: Storage, query: str, what: str) -> None:
    answer = get(storage, query)
    assert answer.headers["x-ms-error-code"] == "NotEmulated" and what in answer.text


@pytest.mark.parametrize(
    ("start", "expiry", "code"),
    [(at(0), at(60 * 24 * 8), "InvalidXmlNodeValue"), (at(10), at(0), "InvalidXmlNodeValue"), (at(0), "", "InvalidXmlNodeValue")],
    ids=["too long", "backwards", "without an end"],
)
def test_a_key_lasts_seven_days_at_most(storage: Storage, start: str, expiry: str, code: str) -> None:
    body = f"<KeyInfo><Start>{start}</Start><Expiry>{expiry}</Expiry></KeyInfo>"
    assert storage.call("POST", KEY, body.encode()).headers["x-ms-error-code"] == code


def test_a_key_needs_a_body_and_a_sign_in(storage: Storage) -> None:
    assert storage.call("POST", KEY, b"<KeyInfo>").headers["x-ms-error-code"] == "InvalidXmlDocument"
    assert requests.post(f"{storage.url}{KEY}", timeout=30).headers["x-ms-error-code"] == "PublicAccessNotPermitted"


def test_the_journal_keeps_no_signature(storage: Storage) -> None:
    get(storage, storage.sas("training/sets/a.jsonl"))
    rows = [row for row in storage.cloud.door.journal() if row["service"] == "storage"]
    assert rows[-1]["path"] == "/training/sets/a.jsonl" and "sig" not in str(rows)
