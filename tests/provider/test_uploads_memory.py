"""However large a file is, sending it takes the memory of a small one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local_azure.conftest import Account

#: Peak growth that is allowed, in bytes.
BOUND = 40 << 20

SCRIPT = """
import resource
from pathlib import Path
from finetune.azure import uploads
from finetune.errors import ServiceRefused

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

sent = 0
def progress(at, total):
    global sent
    sent = at

def send(path, name):
    try:
        uploads.upload({url!r}, Path(path), name, "fine-tune", progress, plain_bytes={plain})
    except ServiceRefused as error:
        assert error.code == "quotaExceeded", error

send({small!r}, "small.jsonl")
before = peak()
send({large!r}, "large.jsonl")
print(sent, peak() - before)
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the toolkit keeps in the user's cache folder is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def growth(account: Account, folder: Path, size: int, plain: int) -> int:
    """Peak memory that a process of its own needs for a large file beyond what it needs for a small one, in bytes."""
    small, large = folder / "small.jsonl", folder / "large.jsonl"
    small.write_bytes(b"{}\n")
    with open(large, "wb") as file:
        file.truncate(size)
    script = SCRIPT.format(url=account.url, small=str(small), large=str(large), plain=plain)
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": os.getcwd()}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    sent, grown = map(int, done.stdout.split())
    assert sent == size + 3
    return grown


def test_two_hundred_megabytes_in_one_request_are_not_held(account: Account, tmp_path: Path) -> None:
    # Refused when all has arrived, which saves local Azure the storing.
    account.cloud.door.fault(path="operation:upload_file$", status=400, code="quotaExceeded", message="Enough.")
    assert growth(account, tmp_path, 200 << 20, plain=1 << 30) < BOUND


def test_a_part_of_64_megabytes_is_not_held(account: Account, tmp_path: Path) -> None:
    account.cloud.door.settings(file_import=3600)
    assert growth(account, tmp_path, 80 << 20, plain=0) < BOUND
