"""Splitting: no leakage, sides that stay, and all examples kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.datasets.split import Split, split
from finetune.errors import CheckFailed, FinetuneError
from tests.unit.datasets.corpus.making import good, written

_LINES = [written(good("supervised", number)) for number in range(1000)]


def _split(folder: Path, lines: list[bytes], **options: object) -> tuple[list[bytes], list[bytes], Split]:
    folder.mkdir(exist_ok=True)
    path = folder / "data.jsonl"
    path.write_bytes(b"\n".join(lines))
    made = split(path, **options)  # type: ignore[arg-type]
    return made.training.read_bytes().splitlines(), made.validation.read_bytes().splitlines(), made


def test_all_examples_are_kept_in_their_order(tmp_path: Path) -> None:
    training, validation, made = _split(tmp_path, _LINES)
    assert sorted(training + validation) == sorted(_LINES)
    assert training == [line for line in _LINES if line in set(training)]
    assert (len(training), len(validation)) == (made.training_examples, made.validation_examples)
    assert (made.training.name, made.validation.name) == ("data.training.jsonl", "data.validation.jsonl")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_is_met_on_average(tmp_path: Path, share: float) -> None:
    assert abs(len(_split(tmp_path, _LINES, share=share)[1]) / 1000 - share) < 0.05


def test_examples_keep_their_side_when_lines_are_added(tmp_path: Path) -> None:
    before, after = _split(tmp_path / "a", _LINES[:500])[1], _split(tmp_path / "b", [*_LINES[500:], *_LINES[:500]])[1]
    assert set(before) == set(after) & set(_LINES[:500])


def test_equal_examples_go_to_the_same_side(tmp_path: Path) -> None:
    respelt = [json.dumps(json.loads(line), separators=(",", ":")).encode() for line in _LINES]
    training, validation, _ = _split(tmp_path, [*_LINES, *respelt, *_LINES])
    assert not {json.dumps(json.loads(line)) for line in training} & {json.dumps(json.loads(line)) for line in validation}
    assert len(training) + len(validation) == 3000


def test_the_seed_decides(tmp_path: Path) -> None:
    first, again, other = (_split(tmp_path / name, _LINES, seed=seed)[1] for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == again != other


def test_marks_and_blank_lines_and_windows_line_ends_are_left_out(tmp_path: Path) -> None:
    training, validation, _ = _split(tmp_path, [b"\xef\xbb\xbf" + _LINES[0] + b"\r", b"", b" ", *_LINES[1:50]])
    assert sorted(training + validation) == sorted(_LINES[:50])


def test_a_line_that_is_not_json_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="not JSON") as refused:
        _split(tmp_path, [*_LINES[:5], b"{"])
    assert str(refused.value).startswith(f"{tmp_path / 'data.jsonl'}:6: ")
    assert [path.name for path in tmp_path.iterdir()] == ["data.jsonl"]


def test_files_that_are_there_are_not_replaced(tmp_path: Path) -> None:
    _split(tmp_path, _LINES)
    with pytest.raises(FinetuneError, match="would replace"):
        _split(tmp_path, _LINES)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_share_is_between_nothing_and_all(tmp_path: Path, share: float) -> None:
    with pytest.raises(FinetuneError, match="share"):
        _split(tmp_path, _LINES, share=share)
