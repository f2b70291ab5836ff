"""Training files that lie in Azure Blob Storage: fetched by the service, with a signature that nobody sees."""

from __future__ import annotations

import base64
import hmac
import logging
import re
from typing import Any

import pytest

from finetune.azure import blob_import, files
from finetune.azure.blob_import import Blob, locate, shown, string_to_sign
from finetune.azure.refusals import without_signatures
from finetune.errors import FinetuneError, ServiceRefused
from tests.local_azure.conftest import Account, chat_lines
from tests.local_azure.storage import READER, Storage

DATA = chat_lines(12)
SOURCE = "az://mathtutordata/training/sets/train 1.jsonl"
URL = "https://mathtutordata.blob.core.windows.net/training/sets/train%201.jsonl"


@pytest.fixture
def storage(account: Account) -> Storage:
    made = Storage(account.cloud)
    made.put("sets/train%201.jsonl", DATA)
    return made


def fetch(account: Account, source: str = SOURCE, **options: Any) -> dict[str, Any]:
    """Imports a file and waits until it is processed."""
    found = files.adopt_or_import(account.url, source, "train.0123.jsonl", "fine-tune", 0.0, **options)
    return files.wait_until_processed(account.url, found["id"], shown(source), 30)


@pytest.mark.parametrize("source", [SOURCE, URL])
def test_a_private_blob_is_imported_with_a_signature_of_the_toolkits_own(account: Account, storage: Storage, source: str) -> None:
    file = fetch(account, source, sas=True)
    assert file["bytes"] == len(DATA)
    assert files.content(account.url, file["id"]) == DATA


def test_a_second_import_of_the_same_name_adopts_the_first(account: Account, storage: Storage) -> None:
    assert fetch(account, sas=True)["id"] == fetch(account, sas=True)["id"]


def test_a_lost_answer_leaves_one_file(account: Account, storage: Storage) -> None:
    account.cloud.door.fault(path="operation:import_file$", nth=1, cut=True, after=True)
    fetch(account, sas=True)
    assert len(list(account.v1().files.list())) == 1


def test_a_public_blob_is_imported_as_it_is(account: Account) -> None:
    storage = Storage(account.cloud, allowBlobPublicAccess=True)
    storage.make_container("open", publicAccess="Blob")
    storage.call("PUT", "/open/train.jsonl", DATA, x_ms_blob_type="BlockBlob")
    assert fetch(account, "az://mathtutordata/open/train.jsonl")["bytes"] == len(DATA)
    assert "get_user_delegation_key" not in {row["operation"] for row in account.cloud.door.journal()}


def test_a_signature_that_the_user_gives_is_used(account: Account, storage: Storage) -> None:
    own = f"{URL}?{storage.sas('training/sets/train 1.jsonl')}"
    before = len(account.cloud.door.journal())
    assert fetch(account, own, sas=True)["bytes"] == len(DATA)
    assert not [row for row in account.cloud.door.journal()[before:] if row["service"] == "storage"]


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every signed URL that is made."""
    made: list[str] = []
    original = blob_import.signed_url

    def remember(blob: Blob) -> Any:
        url = original(blob)
        made.append(re.search("sig=([^&]+)", url.get_secret_value())[1])  # type: ignore[index]
        return url

    monkeypatch.setattr(blob_import, "signed_url", remember)
    return made


def test_the_signature_stands_in_no_log_result_or_journal(
    account: Account, storage: Storage, signatures: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    file = fetch(account, sas=True)
    (signature,) = signatures
    log = (account.cloud.folder / "log").read_text()
    for place in (caplog.text, str(file), str(account.cloud.door.journal()), log, *capfd.readouterr()):
        assert signature not in place and "sig=" not in place
    assert "/openai/files/import" in caplog.text


def test_the_signature_stands_in_no_error_and_in_nothing_behind_it(account: Account, storage: Storage, signatures: list[str]) -> None:
    account.cloud.door.fault(
        path="operation:import_file$", status=400, code="invalidPayload", message="Bad content_url https://x/y?sp=r&sig=abc%2F=&z=1"
    )
    with pytest.raises(ServiceRefused) as refusal:
        fetch(account, sas=True)
    assert "invalidPayload: Bad content_url https://x/y?sp=r&sig=…&z=1" in str(refusal.value)
    error = refusal.value
    assert error.__cause__ is None and error.__context__ is None
    assert signatures[0] not in repr(vars(error))


def test_a_failed_import_is_told_without_the_signature(account: Account, storage: Storage, signatures: list[str]) -> None:
    account.cloud.door.settings(file_import=1)
    found = files.adopt_or_import(account.url, SOURCE, "train.jsonl", "fine-tune", 0.0, sas=True)
    storage.call("DELETE", "/training/sets/train%201.jsonl")
    account.cloud.door.advance(10)
    with pytest.raises(FinetuneError, match="the service refused train.jsonl") as refusal:
        files.wait_until_processed(account.url, found["id"], "train.jsonl", 30)
    assert "fileImportFailed" in str(refusal.value) and "404 BlobNotFound" in str(refusal.value)
    assert signatures[0] not in str(refusal.value)


@pytest.mark.parametrize(
    ("role", "source", "code", "advice"),
    [
        ("", SOURCE, "AuthorizationPermissionMismatch", "Storage Blob Data Reader"),
        (READER, "az://mathtutordata/training/none.jsonl", "BlobNotFound", "case-sensitive"),
        (READER, "az://mathtutordata/nowhere/train.jsonl", "ContainerNotFound", "container's name"),
        (READER, "az://nosuchaccount/training/train.jsonl", "ResourceNotFound", ""),
    ],
)
def test_what_cannot_be_read_is_told_before_the_service_is_asked(account: Account, role: str, source: str, code: str, advice: str) -> None:
    Storage(account.cloud, role=role)
    with pytest.raises(ServiceRefused) as refusal:
        fetch(account, source, sas=True)
    assert refusal.value.code == code and advice in refusal.value.do
    assert f"could not read {source}" in str(refusal.value)
    assert "import_file" not in {row["operation"] for row in account.cloud.door.journal()}


def test_a_role_that_does_not_count_yet_is_waited_for(account: Account) -> None:
    storage = Storage(account.cloud, role="")
    storage.make_container("open")
    account.cloud.door.settings(role_lag=1)
    storage.arm.assign(storage.id, READER, account.cloud.identity.object_id)
    said: list[str] = []
    with pytest.raises(ServiceRefused) as refusal:
        files.adopt_or_import(account.url, SOURCE, "train.jsonl", "fine-tune", 60.0, sas=True, say=said.append)
    assert refusal.value.code == "BlobNotFound" and "waiting for a role assignment" in said[0]


@pytest.mark.parametrize(
    ("source", "blob"),
    [
        (SOURCE, Blob("mathtutordata", "training", "sets/train 1.jsonl")),
        (f"{URL}?sig=x", Blob("mathtutordata", "training", "sets/train 1.jsonl")),
        ("https://example.com/train.jsonl", None),
    ],
)
def test_a_source_is_a_blob_or_another_url(source: str, blob: Blob | None) -> None:
    assert locate(source) == blob


@pytest.mark.parametrize(
    "source", ["train.jsonl", "http://mathtutordata.blob.core.windows.net/c/b", "az://A/c/b", "az://mathtutordata/c", "az:///c/b"]
)
def test_another_source_is_explained_by_an_example(source: str) -> None:
    with pytest.raises(FinetuneError, match=re.escape("az://ACCOUNT/CONTAINER/train.jsonl")):
        locate(source)


def test_only_a_blob_can_be_signed(account: Account) -> None:
    with pytest.raises(FinetuneError, match="only a blob's URL can be signed"):
        blob_import.import_file(account.url, "https://example.com/train.jsonl", "train.jsonl", "fine-tune", sas=True)


def test_the_signature_is_the_one_that_microsofts_library_makes() -> None:
    """Made once by azure-storage-blob 12.19.0 (generate_blob_sas) with this key, which is nobody's."""
    query = {
        "sp": "r",
        "se": "2026-11-22T11:00:00Z",
        "spr": "https",
        "sv": "2022-11-02",
        "sr": "b",
        "skoid": "11111111-2222-3333-4444-555555555555",
        "sktid": "66666666-7777-8888-9999-000000000000",
        "skt": "2026-11-22T09:45:00Z",
        "ske": "2026-11-22T11:00:00Z",
        "sks": "b",
        "skv": "2022-11-02",
    }
    text = string_to_sign(Blob("mathtutordata", "training", "sets/a b.jsonl"), query)
    signature = hmac.digest(base64.b64decode("bm90IGEgcmVhbCBrZXk="), text.encode(), "sha256")
    assert base64.b64encode(signature).decode() == "R12QOt8udSaYZt+qk5l1dW03neJKvQNMzeOse93uX4Y="


def test_text_without_a_signature_stays_as_it_is() -> None:
    assert without_signatures("design=modern sigma") == "design=modern sigma"
