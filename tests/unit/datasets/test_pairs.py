"""A validation file beside its training file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.datasets import Report, compare, examine
from tests.unit.datasets.corpus.making import ASKED, good, talk, written


def _report(path: Path, *lines: bytes, tokens: bool = True) -> Report:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return examine(path, tokens=tokens)


def _codes(training: Report, validation: Report) -> list[str]:
    return [found.code for found in compare(training, validation)]


_LINES = [written(good("supervised", number)) for number in range(40)]


@pytest.mark.parametrize(("first", "second"), [(True, True), (False, False), (True, False), (False, True)])
def test_the_same_example_in_both_is_a_leak(tmp_path: Path, first: bool, second: bool) -> None:
    training = _report(tmp_path / "a.jsonl", *_LINES[:20], b"", tokens=first)
    validation = _report(tmp_path / "b.jsonl", *_LINES[18:], tokens=second)
    found = compare(training, validation)
    assert [each.code for each in found] == ["validation-leak"]
    assert found[0].message.startswith("2 of 22 validation examples are in the training file too (lines 1, 2)")


def test_a_leak_is_seen_through_another_spelling(tmp_path: Path) -> None:
    training = _report(tmp_path / "a.jsonl", *_LINES[:20])
    respelt = json.dumps(json.loads(_LINES[3]), separators=(",", ":"), sort_keys=True).encode()
    assert _codes(training, _report(tmp_path / "b.jsonl", *_LINES[20:], respelt)) == ["validation-leak"]


def test_different_examples_are_no_leak(tmp_path: Path) -> None:
    for tokens in (True, False):
        assert _codes(_report(tmp_path / "a.jsonl", *_LINES[:20], tokens=tokens), _report(tmp_path / "b.jsonl", *_LINES[20:], tokens=tokens)) == []


def test_broken_lines_are_no_leak(tmp_path: Path) -> None:
    assert _codes(_report(tmp_path / "a.jsonl", *_LINES[:20], b"{"), _report(tmp_path / "b.jsonl", *_LINES[20:], b"{")) == []


def test_one_file_for_both_is_an_error(tmp_path: Path) -> None:
    found = compare(_report(tmp_path / "a.jsonl", *_LINES), _report(tmp_path / "b.jsonl", *_LINES))
    assert [(each.code, each.severity) for each in found] == [("validation-same-file", "error")]


def _with_system(text: str, numbers: range) -> list[bytes]:
    return [written(talk(("system", text), ASKED, f"Answer {number}")) for number in numbers]


def test_a_system_message_in_one_only_is_a_warning(tmp_path: Path) -> None:
    training, validation = _report(tmp_path / "a.jsonl", *_with_system("Be kind.", range(20))), _report(tmp_path / "b.jsonl", *_LINES)
    assert [found.message for found in compare(training, validation)] == ["training examples have a system message, validation examples have none"]
    assert [found.message for found in compare(validation, training)] == ["validation examples have a system message, training examples have none"]


def test_other_system_messages_are_noted(tmp_path: Path) -> None:
    training = _report(tmp_path / "a.jsonl", *_with_system("Be kind.", range(20)))
    assert _codes(training, _report(tmp_path / "b.jsonl", *_with_system("Be brief.", range(20, 40)))) == ["validation-system-differs"]
    assert _codes(training, _report(tmp_path / "b.jsonl", *_with_system("Be kind.", range(20, 40)))) == []


def test_very_different_lengths_are_a_warning(tmp_path: Path) -> None:
    long = [written(talk(ASKED, f"{number} " + "word " * 500)) for number in range(20)]
    assert _codes(_report(tmp_path / "a.jsonl", *_LINES), _report(tmp_path / "b.jsonl", *long)) == ["validation-length"]
    assert _codes(_report(tmp_path / "a.jsonl", *_LINES, tokens=False), _report(tmp_path / "b.jsonl", *long, tokens=False)) == ["validation-length"]
