"""The corrected copy: what is mended, what is left alone, and that the original is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.datasets import examine
from finetune.datasets.repair import Repairs, repair
from finetune.errors import FinetuneError
from tests.unit.datasets.corpus.making import good, written

_BOM = b"\xef\xbb\xbf"
_LINES = [written(good("supervised", number)) for number in range(12)]
_GOOD = _BOM + b"\n".join(_LINES) + b"\n"


def _mended(folder: Path, data: bytes) -> tuple[bytes, Repairs]:
    original, out = folder / "data.jsonl", folder / "mended.jsonl"
    original.write_bytes(data)
    done = repair(examine(original), out)
    assert original.read_bytes() == data
    return out.read_bytes(), done


@pytest.mark.parametrize(
    ("data", "done"),
    [
        (_GOOD, Repairs()),
        (_GOOD[3:], Repairs(bom_added=True)),
        (_GOOD.rstrip(b"\n"), Repairs(last_line_end=True)),
        (_GOOD.replace(b"\n", b"\r\n"), Repairs(line_ends=12)),
        (_BOM + b"\r".join(_LINES), Repairs(line_ends=11, last_line_end=True)),
        (_GOOD.replace(b"\n", b"\n\n \n"), Repairs(blank_lines=24)),
        (_BOM + b"\n".join(_BOM + line for line in _LINES) + b"\n", Repairs(boms_removed=12)),
        (_GOOD + _LINES[3] + b"\n" + _LINES[3] + b"\n", Repairs(duplicates=2)),
        (_GOOD + _LINES[3].replace(b": ", b":") + b"\n", Repairs(duplicates=1)),
    ],
    ids=["nothing", "mark", "last line", "windows", "old mac", "blank", "marks inside", "duplicates", "duplicate respelt"],
)
def test_a_file_is_mended(tmp_path: Path, data: bytes, done: Repairs) -> None:
    if data.startswith(_BOM + _BOM):
        done = Repairs(boms_removed=12)
    copy, happened = _mended(tmp_path, data)
    assert copy == _GOOD
    assert happened == done
    assert len(happened.in_words()) == sum(
        bool(value) for value in (done.bom_added, done.boms_removed, done.line_ends, done.blank_lines, done.duplicates, done.last_line_end)
    )


def test_what_it_cannot_mend_it_copies(tmp_path: Path) -> None:
    copy, _ = _mended(tmp_path, _GOOD + b"{\n{\n")
    assert copy == _GOOD + b"{\n{\n"


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    original = tmp_path / "data.jsonl"
    original.write_bytes(_GOOD)
    with pytest.raises(FinetuneError, match="would replace"):
        repair(examine(original), original)
    assert original.read_bytes() == _GOOD


@pytest.mark.parametrize("data", [b"[\n]", "{}".encode("utf-16"), b"PAR1"])
def test_what_is_no_file_of_lines_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(FinetuneError, match="cannot be mended"):
        _mended(tmp_path, data)
    assert [path.name for path in tmp_path.iterdir()] == ["data.jsonl"]
