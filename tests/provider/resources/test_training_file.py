"""TrainingFile, as the engine drives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cloud
from tests.local_azure.conftest import Account, chat_lines
from tests.provider.resources.conftest import Failed, Kind, Plugin, effects, file_inputs


def test_a_good_file_passes_the_check_and_sends_nothing(files: Kind, account: Account, data: Path) -> None:
    before = len(account.cloud.door.journal())
    inputs, failures = files.check(file_inputs(account, data))
    assert failures == {}
    assert inputs == file_inputs(account, data)
    assert len(account.cloud.door.journal()) == before


def test_a_bad_line_fails_the_check_with_its_number_and_sends_nothing(files: Kind, account: Account, data: Path) -> None:
    data.write_bytes(chat_lines(11) + b'{"messages": [{"role": "user", "content": "no answer"}]}\n')
    before = len(account.cloud.door.journal())
    _, failures = files.check(file_inputs(account, data))
    assert f"{data}:12:" in failures["path"]
    assert "finetune validate" in failures["path"]
    assert len(account.cloud.door.journal()) == before


def test_a_file_that_is_not_there_fails_the_check_by_its_name(files: Kind, account: Account, tmp_path: Path) -> None:
    _, failures = files.check(file_inputs(account, tmp_path / "absent.jsonl"))
    assert f"there is no file {tmp_path / 'absent.jsonl'}" in failures["path"]


def test_it_is_uploaded_once_with_its_hash_in_its_name_and_processed(files: Kind, account: Account, data: Path) -> None:
    id, outputs = files.create(file_inputs(account, data))
    found = account.v1().files.retrieve(id)
    assert found.status == "processed"
    assert found.filename == outputs["filename"] == f"train.{outputs['content_hash'][:16]}.jsonl"
    assert outputs["uploaded_bytes"] == found.bytes


def test_the_same_content_is_adopted_not_uploaded_again(files: Kind, account: Account, data: Path) -> None:
    first, _ = files.create(file_inputs(account, data))
    second, _ = files.create(file_inputs(account, data))
    assert first == second
    assert len(effects(account.cloud, "created file-")) == 1


def test_an_answer_lost_after_the_upload_leaves_one_file(files: Kind, account: Account, data: Path) -> None:
    account.cloud.door.fault(path="operation:upload_file", method="POST", after=True, cut=True, times=1)
    id, _ = files.create(file_inputs(account, data))
    assert effects(account.cloud, "created file-") == [f"created {id}"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_service_is_asked_again(files: Kind, account: Account, data: Path, status: int) -> None:
    account.cloud.door.fault(path="operation:upload_file", method="POST", status=status, code="busy", times=1)
    account.cloud.door.fault(path="/files", method="GET", status=status, code="busy", times=2)
    files.create(file_inputs(account, data))
    assert len(effects(account.cloud, "created file-")) == 1


def test_a_file_that_changed_since_it_was_examined_is_not_sent_under_a_wrong_hash(files: Kind, account: Account, data: Path) -> None:
    inputs = file_inputs(account, data)
    data.write_bytes(chat_lines(13))
    with pytest.raises(Failed, match="changed since it was examined"):
        files.create(inputs)
    assert effects(account.cloud, "created file-") == []


def test_a_missing_role_is_told_in_three_lines_without_a_trace(files: Kind, account: Account, data: Path, cloud: Cloud) -> None:
    cloud.door.settings(role_lag=3600)
    cloud.door.fault(path="operation:list_files", status=401, code="PermissionDenied", message="The principal lacks the data action.")
    with pytest.raises(Failed) as caught:
        files.create(file_inputs(account, data))
    what, why, do = caught.value.shown.splitlines()
    assert what.startswith("could not list the files of https://tutor-swc.openai.azure.com")
    assert why.startswith("  why: 401 PermissionDenied: The principal lacks the data action.")
    assert do.startswith("  do:  grant the principal Cognitive Services OpenAI Contributor")


def test_changed_content_replaces_and_says_why(files: Kind, account: Account, data: Path, plugin: Plugin) -> None:
    olds = file_inputs(account, data)
    assert files.diff(olds, {**olds, "content_hash": "b" * 64}) == (True, ["content_hash"])
    assert plugin.said("tutor-training: the data changed, so it is uploaded again")


def test_another_machines_paths_and_patience_are_no_change(files: Kind, account: Account, data: Path) -> None:
    olds = {**file_inputs(account, data), "filename": "train.x.jsonl", "uploaded_bytes": 10}
    assert files.diff(olds, {**olds, "path": "/elsewhere/train.jsonl", "role_seconds": 900, "size": 5}) == (False, [])


def test_reading_finds_it_or_finds_it_gone(files: Kind, account: Account, data: Path) -> None:
    inputs = file_inputs(account, data)
    id, outputs = files.create(inputs)
    found, _, read_inputs = files.read(id, outputs)
    assert (found, read_inputs) == (id, inputs)
    account.v1().files.delete(id)
    assert files.read(id, outputs)[0] == ""


def test_deleting_deletes_it_and_what_is_gone_already_is_fine(files: Kind, account: Account, data: Path) -> None:
    id, outputs = files.create(file_inputs(account, data))
    files.delete(id, outputs)
    assert [file.id for file in account.v1().files.list()] == []
    files.delete(id, outputs)
