"""Limits of the service, with small numbers in the place of the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.datasets import Limits, examine, model_rules, totals
from finetune.datasets.limits import size_in_words
from finetune.errors import FinetuneError
from tests.unit.datasets.corpus.making import ASKED, good, talk, written

_LINES = [written(good("supervised", number)) for number in range(30)]


def _codes(path: Path, limits: Limits) -> dict[str, int | None]:
    return {found.code: found.line for found in examine(path, limits=limits).findings if found.code != "bom-missing"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join(_LINES) + b"\n")
    return path


def test_a_file_beyond_one_request_is_uploaded_in_parts(data: Path) -> None:
    assert _codes(data, Limits(files_bytes=1000)) == {"file-needs-uploads": None}


def test_a_file_beyond_all_uploads_is_an_error(data: Path) -> None:
    assert _codes(data, Limits(files_bytes=1000, uploads_bytes=2000)) == {"file-too-large": None}


def test_a_file_at_the_limit_is_good(data: Path) -> None:
    assert _codes(data, Limits(files_bytes=data.stat().st_size)) == {}


def test_a_line_without_end_is_named_and_the_lines_after_it_are_read(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    long = written(talk(ASKED, "x" * 3_000_000))
    path.write_bytes(b"\n".join([*_LINES[:12], long, *_LINES[12:], b"{", long]) + b"\n")
    report = examine(path, limits=Limits(line_bytes=1_000_000))
    assert [(found.code, found.line) for found in report.findings if found.line] == [
        ("line-too-long", 13),
        ("json-spread", 32),
        ("line-too-long", 33),
    ]
    assert report.statistics.sound == 30


def test_images_are_limited_per_file(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    seen = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}
    path.write_bytes(b"\n".join(written(talk(seen, f"Number {number}")) for number in range(12)))
    assert _codes(path, Limits(image_examples=11)) == {"image-examples-too-many": None}
    assert _codes(path, Limits(image_examples=12)) == {}


def test_an_account_holds_so_many_files_and_bytes() -> None:
    limits = Limits(resource_files=2, resource_bytes=100)
    assert totals([50, 50], limits) == []
    assert [found.code for found in totals([50, 50, 1], limits)] == ["resource-files", "resource-bytes"]


def test_a_model_brings_its_limits_by_any_of_its_names() -> None:
    rules = model_rules("gpt-4.1-nano-2025-04-14.ft-0123456789abcdef0123456789abcdef-mine")
    assert (rules.example_tokens, rules.encoding, rules.exact, rules.methods) == (32_768, "o200k_base", True, ("supervised", "dpo"))
    assert not model_rules("Ministral-3B").exact


def test_an_unknown_model_is_refused_with_near_names() -> None:
    with pytest.raises(FinetuneError, match="gpt-4.1-minni") as refused:
        model_rules("gpt-4.1-minni")
    assert "gpt-4.1-mini" in str(refused.value)


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KB"), (512 * 1024**2, "512 MB"), (9 * 1024**3, "9 GB")]
)
def test_sizes_are_written_for_people(size: int, words: str) -> None:
    assert size_in_words(size) == words
