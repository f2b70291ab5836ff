"""An unchanged file is examined once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from finetune.datasets import cache, examine, examined
from finetune.errors import FinetuneError
from tests.unit.datasets.corpus.making import good, written


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join(written(good("supervised", number)) for number in range(20)))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that were read, in order."""
    seen: list[str] = []

    def counted(path: Path, **arguments: object) -> object:
        seen.append(Path(path).name)
        return examine(path, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "examine", counted)
    return seen


def test_a_second_look_reads_nothing_and_says_the_same(data: Path, reads: list[str], tmp_path: Path) -> None:
    first, second = (examined(data, folder=tmp_path / "kept") for _ in range(2))
    assert first == second
    assert reads == ["data.jsonl"]


def test_a_changed_file_is_read_again(data: Path, reads: list[str], tmp_path: Path) -> None:
    examined(data, folder=tmp_path / "kept")
    data.write_bytes(data.read_bytes() + b"\n{")
    assert not examined(data, folder=tmp_path / "kept").ok
    assert len(reads) == 2


def test_a_file_changed_to_the_same_size_is_read_again(data: Path, reads: list[str], tmp_path: Path) -> None:
    examined(data, folder=tmp_path / "kept")
    data.write_bytes(b"}" * data.stat().st_size)
    assert not examined(data, folder=tmp_path / "kept").ok
    assert len(reads) == 2


def test_other_questions_are_other_reports(data: Path, reads: list[str], tmp_path: Path) -> None:
    assert examined(data, folder=tmp_path / "kept").ok
    assert not examined(data, method="dpo", folder=tmp_path / "kept").ok
    examined(data, base="gpt-4.1-nano", folder=tmp_path / "kept")
    examined(data, tokens=False, folder=tmp_path / "kept")
    assert len(reads) == 4


def test_a_file_written_just_now_is_not_kept(data: Path, reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_SETTLED", 3600.0)
    data.write_bytes(data.read_bytes())
    for _ in range(2):
        examined(data, folder=tmp_path / "kept")
    assert len(reads) == 2


def test_a_damaged_or_forbidden_cache_does_no_harm(data: Path, reads: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    examined(data, folder=folder)
    for kept in folder.glob("*.msgpack"):
        kept.write_bytes(b"\xc1")
    assert examined(data, folder=folder).ok
    (tmp_path / "no-folder").write_text("")
    assert examined(data, folder=tmp_path / "no-folder" / "below").ok
    assert len(reads) == 3


def test_old_reports_go(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_KEPT", 3)
    for number in range(6):
        examined(data, max_findings=10 + number, folder=tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 3


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="cannot be read"):
        examined(tmp_path / "nothing.jsonl", folder=tmp_path / "kept")
