"""Files, with the real OpenAI clients: upload, the service's checks, content, lists, deletion, limits."""

from __future__ import annotations

import codecs
import json

import openai
import pytest

from tests.local_azure.conftest import Account, chat_lines, upload


def test_a_file_is_pending_then_running_then_processed(account: Account) -> None:
    client = account.dated()
    account.cloud.door.settings(file_import=10)
    file = client.files.create(file=("train.jsonl", chat_lines(10)), purpose="fine-tune")
    assert file.id.startswith("file-") and file.status == "pending" and file.bytes == len(chat_lines(10))
    account.cloud.door.advance(5)
    assert client.files.retrieve(file.id).status == "running"
    account.cloud.door.advance(5)
    assert client.files.retrieve(file.id).status == "processed"


def test_an_upload_is_created_with_a_location_on_the_dated_routes_and_ok_on_v1(account: Account) -> None:
    form = {"file": ("train.jsonl", chat_lines(10)), "purpose": "fine-tune"}
    dated = account.dated().files.with_raw_response.create(**form)  # type: ignore[arg-type]
    assert dated.status_code == 201
    assert f"/openai/files/{dated.parse().id}" in dated.headers["location"]
    assert account.v1().files.with_raw_response.create(**form).status_code == 200  # type: ignore[arg-type]


def test_the_content_comes_back_as_it_was_sent(account: Account) -> None:
    client, data = account.v1(), codecs.BOM_UTF8 + chat_lines(12)
    assert client.files.content(upload(client, data)).read() == data


def test_files_are_listed_newest_first_and_by_purpose(account: Account) -> None:
    client = account.v1()
    ids = [upload(client, chat_lines(10), f"{name}.jsonl") for name in "abc"]
    assert [file.id for file in client.files.list()] == ids[::-1]
    assert [file.id for file in client.files.list(order="asc", limit=2)] == ids
    assert not list(client.files.list(purpose="batch"))


def test_both_routes_show_the_same_files(account: Account) -> None:
    id = upload(account.dated(), chat_lines(10))
    assert account.v1().files.retrieve(id).filename == "train.jsonl"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (chat_lines(9), "has 9 example(s), but must have at least 10"),
        (chat_lines(4) + b"{oops\n" + chat_lines(10), "line 5: it is not valid JSON"),
        (chat_lines(2) + b'{"prompt": "a", "completion": "b"}\n' + chat_lines(10), "line 3: 'messages' is missing"),
        (b'{"messages": [{"role": "robot", "content": "a"}]}\n' * 10, "line 1: 'messages[0].role' must be one of"),
        (b'{"messages": [{"role": "user"}]}\n' * 10, "line 1: 'messages[0].content' must be a text"),
        (chat_lines(10) + b'{"messages": [{"role": "user", "content": "a"}]}\n', "line 11: the example is of the kind 'reinforcement'"),
        (b"\xff\xfe" + chat_lines(10), "line 1: it is not"),
        (b"", "has 0 example(s)"),
    ],
)
def test_a_bad_file_ends_in_error_and_says_where(account: Account, content: bytes, reason: str) -> None:
    client = account.v1()
    file = client.files.retrieve(client.files.create(file=("bad.jsonl", content), purpose="fine-tune").id)
    assert file.status == "error"
    assert reason in str(file.status_details)


def test_preference_and_reinforcement_data_are_accepted(account: Account) -> None:
    user = {"role": "user", "content": "2+2?"}
    good, bad = ([{"role": "assistant", "content": text}] for text in ("4", "5"))
    preference = {"input": {"messages": [user]}, "preferred_output": good, "non_preferred_output": bad}
    for row in (preference, {"messages": [user], "answer": "4"}):
        upload(account.v1(), (json.dumps(row).encode() + b"\n") * 10)


@pytest.mark.parametrize("name", ["gsm8k-chat", "stock-tool-calls", "orca-dpo", "medmcq-rft"])
def test_the_real_sets_are_processed(account: Account, shared: object, name: str) -> None:
    data = (shared / "data" / name / "train.jsonl").read_bytes()  # type: ignore[operator]
    upload(account.v1(), data)


def test_an_import_from_an_unreachable_url_ends_in_error(account: Account) -> None:
    body = {"purpose": "fine-tune", "filename": "far.jsonl", "content_url": "https://elsewhere.blob.core.windows.net/c/far.jsonl?sig=x"}
    client = account.dated()
    made = client.post("/files/import", body=body, cast_to=openai.types.FileObject)
    assert made.status == "pending"
    file = client.files.retrieve(made.id)
    assert file.status == "error" and "fileImportFailed" in str(file.status_details)


def test_import_is_not_on_the_v1_routes(account: Account) -> None:
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        account.v1().post("/files/import", body={}, cast_to=openai.types.FileObject)


def test_a_deleted_file_is_gone(account: Account) -> None:
    client = account.v1()
    id = upload(client, chat_lines(10))
    assert client.files.delete(id).deleted
    with pytest.raises(openai.NotFoundError, match=id):
        client.files.retrieve(id)


@pytest.mark.parametrize(
    ("limit", "code"), [({"files": 1}, "quotaExceeded"), ({"files_bytes": 100}, "quotaExceeded"), ({"file_bytes": 100}, "invalidPayload")]
)
def test_limits_on_files_refuse_an_upload(account: Account, limit: dict[str, int], code: str) -> None:
    client = account.v1()
    upload(client, chat_lines(10))
    account.cloud.door.settings(**limit)
    with pytest.raises(openai.APIStatusError) as refusal:
        client.files.create(file=("more.jsonl", chat_lines(10)), purpose="fine-tune")
    assert refusal.value.code == code


def test_a_file_with_an_end_is_gone_after_it(account: Account) -> None:
    client = account.v1()
    file = client.files.create(file=("t.jsonl", chat_lines(10)), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 1_209_600})
    assert file.expires_at == file.created_at + 1_209_600
    account.cloud.door.advance(1_209_601)
    assert not list(client.files.list())


def test_a_wrong_purpose_is_refused(account: Account) -> None:
    with pytest.raises(openai.BadRequestError, match="purpose 'training' is not valid"):
        account.v1().files.create(file=("t.jsonl", chat_lines(10)), purpose="training")  # type: ignore[arg-type]
