"""Large files go in parts, small ones whole; nothing is lost and nothing is sent twice, whatever happens on the way."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from finetune.azure import files, uploads
from finetune.azure.uploads import BOM
from finetune.errors import FinetuneError, ServiceBusy, ServiceRefused
from tests.local_azure.conftest import Account, chat_lines
from tests.provider.conftest import forget_clients
from tests.provider.flaky_wire import FlakyWire

PART = 50_000
DATA = chat_lines(2500)  # a little more than six parts


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the toolkit keeps in the user's cache folder is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "train.jsonl"
    file.write_bytes(DATA)
    assert len(DATA) // PART >= 4
    return file


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a large one."""
    sizes = {"plain_upload_bytes": 1000, "part_bytes": PART, "upload_bytes": 9 << 30}
    monkeypatch.setattr(uploads, "limit", sizes.__getitem__)


def parts_of(size: int) -> int:
    return -(-(size + len(BOM)) // PART)


def operations(account: Account) -> Counter[str]:
    """How often each operation on files and uploads happened with an effect."""
    return Counter(row["operation"] for row in account.cloud.door.journal() if row["service"] == "openai" and row["effect"])


def send(account: Account, path: Path, **options: object) -> dict[str, object]:
    return files.adopt_or_upload(account.url, path, "train.0123.jsonl", "fine-tune", 0.0, **options)  # type: ignore[arg-type]


def content(account: Account, file: dict[str, object]) -> bytes:
    return files.content(account.url, str(file["id"]))


@pytest.mark.parametrize("mark", [b"", BOM])
def test_a_small_file_goes_whole_and_with_one_byte_order_mark(account: Account, tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "small.jsonl"
    path.write_bytes(mark + chat_lines(12))
    file = send(account, path)
    assert content(account, file) == BOM + chat_lines(12)
    assert operations(account) == {"upload_file": 1}


@pytest.mark.parametrize("mark", [b"", BOM])
def test_a_large_file_goes_in_parts_and_with_one_byte_order_mark(account: Account, data: Path, in_parts: None, mark: bytes) -> None:
    data.write_bytes(mark + DATA)
    file = send(account, data)
    assert content(account, file) == BOM + DATA
    assert operations(account) == {"create_upload": 1, "add_part": parts_of(len(DATA)), "complete_upload": 1}
    assert files.wait_until_processed(account.url, str(file["id"]), "train.jsonl", 10)["status"] == "processed"


def test_progress_is_told_up_to_the_end(account: Account, data: Path, in_parts: None) -> None:
    told: list[tuple[int, int]] = []
    uploads.upload(account.url, data, "train.jsonl", "fine-tune", lambda *where: told.append(where))
    total = len(DATA) + len(BOM)
    assert told == sorted(told) and told[-1] == (total, total)
    lines: list[str] = []
    step = uploads.in_steps(lines.append, "train.jsonl")
    for sent in range(0, total, 1000):
        step(sent, total)
    assert len(lines) == 9 and lines[0].startswith("train.jsonl: 0 of 0 MB")


def broken_wire(account: Account, monkeypatch: pytest.MonkeyPatch, after: int, times: int) -> FlakyWire:
    wire = FlakyWire(account.cloud.running.proxy, after, times)
    monkeypatch.setenv("HTTPS_PROXY", wire.proxy)
    forget_clients()
    return wire


def test_a_cut_in_the_middle_of_a_plain_upload_is_mended_by_another(account: Account, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = broken_wire(account, monkeypatch, after=len(DATA) // 2, times=2)
    assert content(account, send(account, data)) == BOM + DATA
    assert wire.cuts == 2 and operations(account) == {"upload_file": 1}
    wire.close()


def test_a_cut_in_the_middle_of_a_part_repeats_that_part_only(account: Account, data: Path, in_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = broken_wire(account, monkeypatch, after=PART * 5 // 2, times=2)
    assert content(account, send(account, data)) == BOM + DATA
    assert wire.cuts == 2
    assert operations(account) == {"create_upload": 1, "add_part": parts_of(len(DATA)), "complete_upload": 1}
    wire.close()


@pytest.mark.parametrize("operation", ["create_upload", "add_part", "complete_upload"])
@pytest.mark.parametrize("fault", [{"cut": True}, {"cut": True, "after": True}, {"status": 503}], ids=["cut", "lost-answer", "503"])
def test_one_file_results_from_any_trouble_with_any_request(account: Account, data: Path, in_parts: None, operation: str, fault: dict) -> None:
    account.cloud.door.fault(path=f"operation:{operation}$", nth=1, **fault)
    assert content(account, send(account, data)) == BOM + DATA
    assert len(list(account.v1().files.list())) == 1


SCRIPT = """
import os, signal, sys
from pathlib import Path
from finetune.azure import uploads

def die_in_the_third_part(sent, total):
    if sent > 2 * {part}:
        os.kill(os.getpid(), signal.SIGKILL)

uploads.upload({url!r}, Path({path!r}), "train.jsonl", "fine-tune", die_in_the_third_part, plain_bytes=0, part_bytes={part})
"""


def killed_in_the_third_part(account: Account, data: Path) -> None:
    script = SCRIPT.format(part=PART, url=account.url, path=str(data))
    ended = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": os.getcwd()}, timeout=60)
    assert ended.returncode == -9


def resume(account: Account, data: Path) -> dict[str, object]:
    return uploads.upload(account.url, data, "train.jsonl", "fine-tune", plain_bytes=0, part_bytes=PART)


def test_a_killed_upload_goes_on_with_the_missing_parts(account: Account, data: Path) -> None:
    killed_in_the_third_part(account, data)
    assert operations(account) == {"create_upload": 1, "add_part": 2}
    assert content(account, resume(account, data)) == BOM + DATA
    assert operations(account) == {"create_upload": 1, "add_part": parts_of(len(DATA)), "complete_upload": 1}


def test_an_upload_that_expired_meanwhile_begins_again(account: Account, data: Path) -> None:
    killed_in_the_third_part(account, data)
    account.cloud.door.advance(7201)
    with pytest.raises(ServiceBusy, match="could not upload"):
        resume(account, data)
    assert content(account, resume(account, data)) == BOM + DATA


def test_other_content_under_the_same_name_begins_again(account: Account, data: Path) -> None:
    killed_in_the_third_part(account, data)
    data.write_bytes(DATA[::-1])
    assert content(account, resume(account, data)) == BOM + DATA[::-1]
    assert operations(account)["create_upload"] == 2


def test_what_is_remembered_holds_no_secret_and_goes_when_the_file_is_there(account: Account, data: Path, tmp_path: Path) -> None:
    killed_in_the_third_part(account, data)
    (kept,) = (tmp_path / "cache").rglob("uploads/*.json")
    assert set(json.loads(kept.read_text())) == {"upload", "expires_at", "part_bytes", "parts"}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    resume(account, data)
    assert not kept.exists()


def test_a_cache_folder_that_cannot_be_written_only_costs_the_resuming(account: Account, data: Path, in_parts: None, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert content(account, send(account, data)) == BOM + DATA


def test_a_file_that_changes_meanwhile_is_not_taken(account: Account, data: Path, in_parts: None) -> None:
    def meddle(sent: int, _total: int) -> None:
        if sent > 2 * PART:
            data.write_bytes(DATA + b"{}\n")

    with pytest.raises(FinetuneError, match="changed while it was uploaded"):
        uploads.upload(account.url, data, "train.jsonl", "fine-tune", meddle)
    assert not list(account.v1().files.list())


def test_a_file_beyond_every_limit_is_refused_before_anything_is_sent(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with open(path, "wb") as file:
        file.truncate((9 << 30) + 1)
    with pytest.raises(FinetuneError, match="larger than the 9 GB"):
        uploads.upload(account.url, path, "huge.jsonl", "fine-tune")
    assert not operations(account)


def test_the_services_refusal_is_shown_and_forgets_the_upload(account: Account, data: Path, in_parts: None, tmp_path: Path) -> None:
    account.cloud.door.fault(path="operation:complete_upload$", status=400, code="invalidPayload", message="The md5 of the parts is wrong.")
    with pytest.raises(ServiceRefused, match="could not complete the upload") as refusal:
        send(account, data)
    assert "invalidPayload: The md5 of the parts is wrong." in str(refusal.value)
    assert not list((tmp_path / "cache").rglob("uploads/*.json"))
