"""One pass: figures, bounded lists of findings, several processes, and files as they come."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from finetune.datasets import Report, examine
from finetune.datasets.keys import repeated
from finetune.datasets.statistics import distribution
from finetune.errors import FinetuneError
from tests.unit.datasets.corpus.making import ASKED, good, talk, written

_REAL = {
    "gsm8k-chat/train.jsonl": ("supervised", 449),
    "gsm8k-chat/validation.jsonl": ("supervised", 50),
    "stock-tool-calls/train.jsonl": ("supervised", 86),
    "stock-tool-calls/validation.jsonl": ("supervised", 10),
    "orca-dpo/train.jsonl": ("dpo", 284),
    "medmcq-rft/train.jsonl": ("reinforcement", 6150),
}


def _file(folder: Path, *lines: bytes) -> Path:
    path = folder / "data.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.mark.parametrize("name", _REAL)
@pytest.mark.parametrize("tokens", [True, False])
def test_real_sets_pass_by_their_methods(shared: Path, name: str, tokens: bool) -> None:
    method, examples = _REAL[name]
    report = examine(shared / "data" / name, method=method, tokens=tokens)  # type: ignore[arg-type]
    assert [found.code for found in report.findings] == ["bom-missing"]
    assert report.statistics.sound == report.statistics.examples == examples


def test_hash_and_size_are_those_of_the_bytes_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    for data in (b"", b"\xef\xbb\xbf\n", b"x" * 200_000, "ü".encode("utf-16"), b"\n".join(written(good("supervised", n)) for n in range(3000))):
        path.write_bytes(data)
        report = examine(path)
        assert (report.sha256, report.size) == (hashlib.sha256(data).hexdigest(), len(data))
        assert report.has_bom == data.startswith(b"\xef\xbb\xbf")


def test_figures_are_those_of_the_examples(tmp_path: Path) -> None:
    weighted = talk(
        ASKED, {"role": "assistant", "content": "one two three", "weight": 0}, ASKED, {"role": "assistant", "content": "four", "weight": 1}
    )
    figures = examine(_file(tmp_path, *[written(talk(ASKED, "one two three"))] * 9, written(weighted), b"{")).statistics
    assert (figures.examples, figures.sound, figures.messages, figures.turns) == (10, 10, 22, 11)
    # "What is it?" is 4 tokens, each message costs 4 more, each example 3.
    assert figures.tokens == 9 * (3 + 8 + 7) + (3 + 8 + 7 + 8 + 5)
    assert figures.trained_tokens == 9 * 3 + 1
    assert figures.longest[0].line == 10
    assert figures.tokens_per_example.median == 18


def test_the_first_findings_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    lines = [written(talk(("usr", "x"), f"Answer {number}")) for number in range(500)]
    report = examine(_file(tmp_path, *lines, b"null", *[b""] * 40), max_findings=40)
    codes = [found.code for found in report.findings]
    assert codes.count("role-unknown") == 10
    assert "json-not-object" in codes
    assert report.more == {"role-unknown": 490, "user-missing": 490, "blank-line": 40 - codes.count("blank-line")}
    assert (report.errors, report.warnings) == (501, 540)


@pytest.mark.parametrize("tokens", [True, False])
def test_several_processes_find_what_one_finds(tmp_path: Path, tokens: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finetune.datasets.parallel._PART", 5000)
    lines = [written(good("supervised", number % 250)) for number in range(400)]
    lines[17], lines[350], lines[390] = b"{", written(talk(("system", "x"), ASKED, "y" * 9000)), b""
    path = _file(tmp_path, *lines)
    assert examine(path, tokens=tokens, workers=3) == examine(path, tokens=tokens)


def test_progress_ends_at_the_size(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = _file(tmp_path, *[written(good("supervised", number)) for number in range(60_000)])
    examine(path, tokens=False, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="cannot be read"):
        examine(tmp_path / "nothing.jsonl")


def test_a_report_can_be_kept_and_restored(tmp_path: Path) -> None:
    report = examine(_file(tmp_path, *[written(good("supervised", number)) for number in range(20)], b"{"))
    assert Report.from_dict(report.to_dict()) == report


def test_duplicates_are_confirmed_when_keys_are_cheap(tmp_path: Path) -> None:
    tail = "x" * 400
    lines = [written(talk(("user", f"What is {number:03}?"), tail)) for number in range(50)]
    report = examine(_file(tmp_path, *lines, lines[4]), tokens=False)
    assert [(found.code, found.line, found.message) for found in report.findings if found.line] == [
        ("duplicate-example", 51, "the same example stands in line 5")
    ]


def test_repeated_keys_are_found_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    from array import array
    from random import Random

    random = Random(3)
    keys = array("Q", [random.getrandbits(64) for _ in range(5000)])
    keys.extend([*keys[:7], keys[0], 0, 0])
    expected = (set(keys[:7]), 8)
    assert repeated(keys) == expected
    monkeypatch.setattr("finetune.datasets.keys._TOGETHER", 100)
    assert repeated(keys) == expected


def test_percentiles_are_by_nearest_rank() -> None:
    figures = distribution(dict.fromkeys(range(1, 101), 1))
    assert figures.percentiles == {5: 5, 25: 25, 50: 50, 75: 75, 95: 95, 99: 99}
    assert (figures.least, figures.greatest, figures.mean) == (1, 100, 50.5)
    assert sum(bar.count for bar in figures.histogram) == 100
    assert distribution({}).histogram == []
