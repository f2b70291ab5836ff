"""The blob endpoint over the plain protocol: write, read, ranges, roles, tokens, public containers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
import requests

from local_azure.arm.resource_type import ResourceType
from local_azure.arm.storage import BLOB_SERVICES, CONTAINERS, STORAGE_ACCOUNTS
from tests.conftest import Cloud
from tests.local_azure.conftest import SCOPE as OPENAI_SCOPE
from tests.local_azure.storage import ARM_VERSION, READER, VERSION, Storage

TEXT = b'{"messages": []}\n' * 20


@pytest.fixture
def storage(cloud: Cloud) -> Storage:
    return Storage(cloud)


def code(answer: requests.Response) -> str:
    """The error code, which stands in a header and, but for HEAD, in the document."""
    found = re.search(r"<Code>(\w+)</Code>", answer.text)
    assert found is None or found[1] == answer.headers["x-ms-error-code"]
    return answer.headers["x-ms-error-code"]


def test_a_blob_comes_back_as_it_was_written(storage: Storage) -> None:
    written = storage.call("PUT", "/training/sets/a.jsonl", TEXT, x_ms_blob_type="BlockBlob", x_ms_meta_owner="me")
    assert written.status_code == 201 and written.headers["etag"].startswith('"0x')
    read = storage.call("GET", "/training/sets/a.jsonl")
    assert read.content == TEXT and read.headers["x-ms-blob-type"] == "BlockBlob" and read.headers["x-ms-meta-owner"] == "me"
    assert read.headers["content-md5"] == base64.b64encode(hashlib.md5(TEXT).digest()).decode()


def test_properties_tell_the_size_without_the_content(storage: Storage) -> None:
    storage.put("a.jsonl", TEXT)
    head = storage.call("HEAD", "/training/a.jsonl")
    assert head.status_code == 200 and head.headers["content-length"] == str(len(TEXT)) and not head.content


@pytest.mark.parametrize(("wanted", "first", "last"), [("bytes=0-9", 0, 9), ("bytes=330-", 330, 339), ("bytes=5-99999", 5, 339)])
def test_a_range_gives_these_bytes_only(storage: Storage, wanted: str, first: int, last: int) -> None:
    storage.put("a.jsonl", TEXT)
    part = storage.call("GET", "/training/a.jsonl", range=wanted)
    assert part.status_code == 206 and part.content == TEXT[first : last + 1]
    assert part.headers["content-range"] == f"bytes {first}-{last}/{len(TEXT)}"


def test_a_range_behind_the_end_is_refused(storage: Storage) -> None:
    storage.put("a.jsonl", TEXT)
    assert code(storage.call("GET", "/training/a.jsonl", range="bytes=340-")) == "InvalidRange"


@pytest.mark.parametrize(
    ("method", "path", "headers", "wanted"),
    [
        ("GET", "/training/none.jsonl", {}, "BlobNotFound"),
        ("HEAD", "/training/none.jsonl", {}, "BlobNotFound"),
        ("GET", "/nowhere/a.jsonl", {}, "ContainerNotFound"),
        ("PUT", "/training/b.jsonl", {}, "MissingRequiredHeader"),
        ("PUT", "/training/b.jsonl", {"x_ms_blob_type": "PageBlob"}, "NotEmulated"),
        ("PUT", "/training/b.jsonl", {"x_ms_blob_type": "BlockBlob", "content_md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "Md5Mismatch"),
        ("PUT", "/training/a.jsonl", {"x_ms_blob_type": "BlockBlob", "if_none_match": "*"}, "BlobAlreadyExists"),
        ("PUT", "/training/a.jsonl?comp=block&blockid=AA==", {}, "NotEmulated"),
        ("PUT", "/training?restype=container", {}, "ContainerAlreadyExists"),
        ("PUT", "/No_Name?restype=container", {}, "InvalidResourceName"),
    ],
)
def test_what_cannot_be_done_is_told_by_the_services_code(storage: Storage, method: str, path: str, headers: dict[str, str], wanted: str) -> None:
    storage.put("a.jsonl", TEXT)
    assert code(storage.call(method, path, **headers)) == wanted


def test_a_deleted_blob_is_gone(storage: Storage) -> None:
    storage.put("a.jsonl", TEXT)
    assert storage.call("DELETE", "/training/a.jsonl").status_code == 202
    assert code(storage.call("GET", "/training/a.jsonl")) == "BlobNotFound"


def test_a_container_made_here_is_seen_by_resource_manager_and_goes_with_its_blobs(storage: Storage) -> None:
    assert storage.call("PUT", "/more?restype=container").status_code == 201
    storage.call("PUT", "/more/a.jsonl", TEXT, x_ms_blob_type="BlockBlob")
    id = f"{storage.id}/blobServices/default/containers/more"
    assert storage.arm.call("GET", id, version=ARM_VERSION)["name"] == "more"
    storage.arm.call("DELETE", id, version=ARM_VERSION)
    storage.make_container("more")
    assert code(storage.call("GET", "/more/a.jsonl")) == "BlobNotFound"


def test_a_deleted_accounts_name_and_host_are_free_again(storage: Storage) -> None:
    storage.arm.call("DELETE", storage.id, version=ARM_VERSION)
    assert code(storage.call("GET", "/training/a.jsonl")) == "ResourceNotFound"
    assert code(Storage(storage.cloud).call("GET", "/training/a.jsonl")) == "BlobNotFound"


def test_an_owner_without_a_data_role_reads_nothing(cloud: Cloud) -> None:
    storage = Storage(cloud, role="")
    assert code(storage.call("GET", "/training/a.jsonl")) == "AuthorizationPermissionMismatch"


def test_a_reader_reads_and_does_not_write(cloud: Cloud) -> None:
    storage = Storage(cloud, role=READER)
    assert code(storage.call("GET", "/training/a.jsonl")) == "BlobNotFound"
    assert code(storage.call("PUT", "/training/a.jsonl", TEXT, x_ms_blob_type="BlockBlob")) == "AuthorizationPermissionMismatch"


def test_a_token_for_another_service_is_refused_with_a_challenge(storage: Storage) -> None:
    answer = storage.call("GET", "/training/a.jsonl", scope=OPENAI_SCOPE)
    assert code(answer) == "InvalidAuthenticationInfo" and "resource_id=https://storage.azure.com" in answer.headers["www-authenticate"]


def test_tokens_need_a_version_of_the_protocol_that_knows_them(storage: Storage) -> None:
    answer = storage.call("GET", "/training/a.jsonl", x_ms_version="2015-04-05")
    assert code(answer) == "AuthenticationFailed" and "not supported in this version" in answer.text


def test_anybody_reads_a_public_container_and_nothing_else(cloud: Cloud) -> None:
    storage = Storage(cloud, allowBlobPublicAccess=True)
    storage.make_container("open", publicAccess="Blob")
    storage.call("PUT", "/open/a.jsonl", TEXT, x_ms_blob_type="BlockBlob")
    storage.put("a.jsonl", TEXT)
    assert requests.get(f"{storage.url}/open/a.jsonl", timeout=30).content == TEXT
    assert code(requests.get(f"{storage.url}/training/a.jsonl", timeout=30)) == "ResourceNotFound"
    assert code(requests.put(f"{storage.url}/open/b.jsonl", data=TEXT, timeout=30)) == "ResourceNotFound"


def test_nobody_reads_without_a_sign_in_unless_the_account_allows_it(storage: Storage) -> None:
    storage.put("a.jsonl", TEXT)
    assert code(requests.get(f"{storage.url}/training/a.jsonl", headers={"x-ms-version": VERSION}, timeout=30)) == "PublicAccessNotPermitted"


def test_a_closed_network_answers_nobody(cloud: Cloud) -> None:
    storage = Storage(cloud, publicNetworkAccess="Disabled")
    assert code(storage.call("GET", "/training/a.jsonl")) == "AuthorizationFailure"


@pytest.mark.parametrize(("row", "suffix"), [(STORAGE_ACCOUNTS, ""), (BLOB_SERVICES, "/blobServices"), (CONTAINERS, "/blobServices/containers")])
def test_every_property_of_microsofts_type_has_its_place(shared: Path, row: ResourceType, suffix: str) -> None:
    known = properties(shared, f"Microsoft.Storage/storageAccounts{suffix}@2024-01-01")
    known.pop("provisioningState", None)
    assert {name for name, read_only in known.items() if read_only} == set(row.read_only)
    assert {name for name, read_only in known.items() if not read_only} == {*row.writable, *row.not_emulated}


def properties(shared: Path, name: str) -> dict[str, bool]:
    """Property → whether it is read-only, of one type in Microsoft's list."""
    types = json.loads((shared / "azure-types" / "storage-2024-01-01.types.json").read_text())

    def at(reference: dict[str, str]) -> dict:
        return types[int(reference["$ref"].rpartition("/")[2])]

    resource = next(entry for entry in types if entry.get("name") == name)
    found = at(at(resource["body"])["properties"]["properties"]["type"])["properties"]
    return {key: bool(value["flags"] & 2) for key, value in found.items()}
