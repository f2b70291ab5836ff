"""Import of training files by URL from the blob endpoint, with the real OpenAI client: states, roles, failures."""

from __future__ import annotations

import pytest
from openai import AzureOpenAI
from openai.types import FileObject

from tests.local_azure.conftest import Account, chat_lines
from tests.local_azure.storage import Storage

DATA = chat_lines(12)


@pytest.fixture
def storage(account: Account) -> Storage:
    made = Storage(account.cloud)
    made.put("train.jsonl", DATA)
    return made


def import_file(client: AzureOpenAI, url: str, purpose: str = "fine-tune") -> FileObject:
    body = {"purpose": purpose, "filename": "train.jsonl", "content_url": url}
    return client.post("/files/import", body=body, cast_to=FileObject)


def signed(storage: Storage, name: str = "train.jsonl", **options: float) -> str:
    return f"{storage.url}/training/{name}?{storage.sas(f'training/{name}', **options)}"  # type: ignore[arg-type]


def test_a_signed_blob_becomes_a_file_that_is_pending_then_running_then_processed(account: Account, storage: Storage) -> None:
    account.cloud.door.settings(file_import=10)
    client = account.dated()
    file = import_file(client, signed(storage))
    assert (file.status, file.bytes) == ("pending", 0)
    account.cloud.door.advance(5)
    file = client.files.retrieve(file.id)
    assert (file.status, file.bytes) == ("running", len(DATA))
    account.cloud.door.advance(5)
    assert client.files.retrieve(file.id).status == "processed"
    assert client.files.content(file.id).read() == DATA


def test_a_public_blob_needs_no_signature(account: Account) -> None:
    storage = Storage(account.cloud, allowBlobPublicAccess=True)
    storage.make_container("open", publicAccess="Blob")
    storage.call("PUT", "/open/train%20set.jsonl", DATA, x_ms_blob_type="BlockBlob")
    client = account.dated()
    file = import_file(client, f"{storage.url}/open/train%20set.jsonl")
    assert client.files.retrieve(file.id).status == "processed"


def failure(account: Account, url: str) -> str:
    client = account.dated()
    file = client.files.retrieve(import_file(client, url).id)
    assert file.status == "error"
    return str(file.status_details)


def test_an_unsigned_blob_cannot_be_imported(account: Account, storage: Storage) -> None:
    assert "fileImportFailed" in failure(account, f"{storage.url}/training/train.jsonl")


def test_a_signature_that_has_ended_fails_and_is_not_shown(account: Account, storage: Storage) -> None:
    url = signed(storage, end=-1)
    reason = failure(account, url)
    assert "403 AuthenticationFailed" in reason
    assert "sig=" not in reason and url.rpartition("sig=")[2] not in reason


def test_a_missing_blob_fails_with_its_reason(account: Account, storage: Storage) -> None:
    assert "404 BlobNotFound" in failure(account, signed(storage, "none.jsonl"))


@pytest.mark.parametrize("url", ["https://example.com/train.jsonl", "http://mathtutordata.blob.core.windows.net/training/train.jsonl", "train.jsonl"])
def test_nothing_outside_of_local_azure_is_reached(account: Account, storage: Storage, url: str) -> None:
    assert "fileImportFailed" in failure(account, url)


def test_a_file_too_large_for_the_account_fails(account: Account, storage: Storage) -> None:
    account.cloud.door.settings(files_bytes=100)
    assert "quotaExceeded" in failure(account, signed(storage))


def test_bad_data_fails_with_the_line(account: Account, storage: Storage) -> None:
    storage.put("bad.jsonl", chat_lines(3) + b"{oops\n")
    assert "jsonlValidationFailed" in failure(account, signed(storage, "bad.jsonl"))


def test_the_url_is_not_shown(account: Account, storage: Storage) -> None:
    account.cloud.door.settings(file_import=10)
    client = account.dated()
    file = import_file(client, signed(storage))
    assert "content_url" not in file.to_dict()
    assert "content_url" not in client.files.retrieve(file.id).to_dict()
    assert "sig=" not in str(account.cloud.door.journal())
