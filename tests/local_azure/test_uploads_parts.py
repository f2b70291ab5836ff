"""Uploads of large files, with the real OpenAI clients: parts, completion, cancellation, expiry, limits."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import openai
import pytest

from tests.local_azure.conftest import Account, chat_lines, make_account

DATA = chat_lines(30)


def begin(client: openai.OpenAI, size: int = len(DATA), **options: Any) -> Any:
    return client.uploads.create(**{"bytes": size, "filename": "train.jsonl", "mime_type": "application/jsonl", "purpose": "fine-tune", **options})


def send(client: openai.OpenAI, upload: str, *parts: bytes) -> list[str]:
    return [client.uploads.parts.create(upload, data=part).id for part in parts]


def test_an_upload_in_parts_becomes_a_processed_file(account: Account) -> None:
    client = account.dated()
    upload = begin(client)
    assert (upload.status, upload.bytes, upload.file) == ("pending", len(DATA), None)
    parts = send(client, upload.id, DATA[:500], DATA[500:])
    done = client.uploads.complete(upload.id, part_ids=parts, md5=hashlib.md5(DATA).hexdigest())
    assert done.status == "completed" and done.file is not None and done.file.filename == "train.jsonl"
    assert client.files.retrieve(done.file.id).status == "processed"
    assert client.files.content(done.file.id).read() == DATA


def test_the_clients_own_chunked_upload_works(account: Account) -> None:
    client = account.dated()
    done = client.uploads.upload_file_chunked(
        file=DATA, filename="train.jsonl", bytes=len(DATA), mime_type="application/jsonl", purpose="fine-tune", part_size=700
    )
    assert done.file is not None
    assert client.files.content(done.file.id).read() == DATA


def test_the_order_is_that_of_the_part_ids_not_of_arrival(account: Account) -> None:
    client = account.dated()
    upload = begin(client)
    second, first = send(client, upload.id, DATA[500:], DATA[:500])
    done = client.uploads.complete(upload.id, part_ids=[first, second])
    assert done.file is not None
    assert client.files.content(done.file.id).read() == DATA


def test_parts_may_be_named_by_their_block_ids(account: Account) -> None:
    client = account.dated()
    upload = begin(client)
    part = client.uploads.parts.create(upload.id, data=io.BytesIO(DATA))
    block = part.to_dict()["azure_block_id"]
    assert len(base64.b64decode(str(block))) == 16
    assert client.uploads.complete(upload.id, part_ids=[str(block)]).status == "completed"


def test_only_the_parts_that_are_named_count(account: Account) -> None:
    client = account.dated()
    upload = begin(client)
    sent_twice = send(client, upload.id, DATA, DATA)
    done = client.uploads.complete(upload.id, part_ids=sent_twice[1:])
    assert done.file is not None and done.file.bytes == len(DATA)


@pytest.mark.parametrize(
    ("parts", "options", "reason"),
    [
        ((DATA[:-1],), {}, "were announced"),
        ((DATA,), {"md5": "0" * 32}, "was expected"),
        ((DATA,), {"part_ids": ["uplprt-nothing"]}, "does not belong to the upload"),
        ((DATA,), {"part_ids": []}, "at least one part"),
    ],
)
def test_what_does_not_fit_is_not_completed_and_can_be_mended(
    account: Account, parts: tuple[bytes, ...], options: dict[str, Any], reason: str
) -> None:
    client = account.dated()
    upload = begin(client)
    ids = send(client, upload.id, *parts)
    with pytest.raises(openai.BadRequestError, match=reason) as refusal:
        client.uploads.complete(upload.id, **{"part_ids": ids, **options})
    assert refusal.value.code == "invalidPayload"
    assert not list(client.files.list())
    assert client.uploads.complete(upload.id, part_ids=send(client, upload.id, DATA)).status == "completed"


def test_an_upload_that_is_left_alone_expires_after_two_hours(account: Account) -> None:
    client = account.dated()
    upload = begin(client)
    assert upload.expires_at == upload.created_at + 7200
    part = send(client, upload.id, DATA)
    account.cloud.door.advance(7201)
    for call in (lambda: send(client, upload.id, DATA), lambda: client.uploads.complete(upload.id, part_ids=part)):
        with pytest.raises(openai.ConflictError, match="is expired") as refusal:
            call()
        assert refusal.value.code == "unexpectedEntityState"


@pytest.mark.parametrize("end", ["cancelled", "completed"])
def test_an_upload_ends_once(account: Account, end: str) -> None:
    client = account.dated()
    upload = begin(client)
    part = send(client, upload.id, DATA)
    finish = {"cancelled": lambda: client.uploads.cancel(upload.id), "completed": lambda: client.uploads.complete(upload.id, part_ids=part)}
    assert finish[end]().status == end
    for again in finish.values():
        with pytest.raises(openai.ConflictError, match=f"is {end}"):
            again()


def test_an_ended_upload_leaves_no_parts_behind(account: Account) -> None:
    client = account.dated()
    upload = begin(client)
    send(client, upload.id, DATA)
    assert account.cloud.door.call("GET", "/status")["contents"]["upload-part"] == 1
    client.uploads.cancel(upload.id)
    assert "upload-part" not in account.cloud.door.call("GET", "/status")["contents"]


@pytest.mark.parametrize(
    ("settings", "status", "reason"),
    [({"upload_bytes": 100}, 413, "at most 100 bytes"), ({"files": 0}, 400, "at most 0"), ({"files_bytes": 100}, 400, "in total")],
)
def test_limits_refuse_an_upload_before_anything_is_sent(account: Account, settings: dict[str, int], status: int, reason: str) -> None:
    account.cloud.door.settings(**settings)
    with pytest.raises(openai.APIStatusError, match=reason) as refusal:
        begin(account.dated())
    assert refusal.value.status_code == status


def test_an_upload_may_be_larger_than_a_file_by_the_files_api(account: Account) -> None:
    account.cloud.door.settings(file_bytes=1000)
    client = account.dated()
    upload = begin(client)
    assert client.uploads.complete(upload.id, part_ids=send(client, upload.id, DATA)).status == "completed"


def test_a_part_that_is_too_large_is_refused(account: Account) -> None:
    account.cloud.door.settings(part_bytes=100)
    client = account.dated()
    upload = begin(client)
    with pytest.raises(openai.APIStatusError, match="at most 100 bytes") as refusal:
        send(client, upload.id, DATA[:101])
    assert refusal.value.status_code == 413


def test_bad_requests_are_told_apart(account: Account) -> None:
    client = account.dated()
    for wrong, reason in (({"size": 0}, "'bytes' is required"), ({"purpose": "training"}, "purpose 'training'"), ({"filename": ""}, "'filename'")):
        with pytest.raises(openai.BadRequestError, match=reason):
            begin(client, **wrong)
    with pytest.raises(openai.NotFoundError, match="upload_nothing"):
        send(client, "upload_nothing", DATA)


def test_uploads_are_not_on_the_v1_routes(account: Account) -> None:
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        begin(account.v1())


def test_another_account_does_not_see_an_upload(account: Account) -> None:
    upload = begin(account.dated())
    other = make_account(account.cloud, "somebody-else").dated()
    with pytest.raises(openai.NotFoundError):
        send(other, upload.id, DATA)
    other.close()


def test_a_caller_without_the_role_cannot_upload(account: Account) -> None:
    stranger = make_account(account.cloud, "no-role-here", grant=False).dated()
    with pytest.raises(openai.AuthenticationError, match="uploads/write"):
        begin(stranger)
    stranger.close()
