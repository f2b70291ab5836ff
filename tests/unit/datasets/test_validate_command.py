"""``finetune validate`` as a user meets it: text, marks, document, exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from finetune.cli import convert, split, validate
from finetune.errors import FinetuneError
from tests.unit.datasets.corpus.making import ASKED, good, talk, written

_LINES = [written(good("supervised", number)) for number in range(12)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    app = typer.Typer()
    for command in (validate, split, convert):
        command.register(app)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return run


def _write(name: str, *lines: bytes) -> None:
    Path(name).write_bytes(b"\n".join(lines) + b"\n")


def test_a_good_file_ends_with_0_and_shows_its_figures(run: Any) -> None:
    _write("train.jsonl", *_LINES)
    result = run("validate", "train.jsonl", "--model", "gpt-4.1-mini")
    assert result.exit_code == 0
    assert "12 examples, 24 messages, 12 turns" in result.output
    assert "tokens in an epoch" in result.output
    assert result.output.rstrip().endswith("good: 1 note")


def test_an_error_ends_with_1_and_marks_the_place(run: Any) -> None:
    _write("train.jsonl", *_LINES, written(talk(ASKED, {"role": "asistant", "content": "x"})))
    result = run("validate", "train.jsonl")
    lines = result.output.splitlines()
    at = next(number for number, line in enumerate(lines) if "[role-unknown]" in line)
    assert result.exit_code == 1
    assert lines[at].startswith('  line 13: error the role is "asistant" at messages[1].role')
    start = lines[at + 2].index("^")
    assert lines[at + 1][start : start + lines[at + 2].count("^")] == '"asistant"'
    assert lines[at + 3] == "      do: use system, developer, user, assistant, tool"


def test_one_document_for_machines(run: Any) -> None:
    _write("train.jsonl", *_LINES, b"", b"{")
    result = run("validate", "train.jsonl", "--json")
    document = json.loads(result.stdout)
    (file,) = document["files"]
    assert result.exit_code == 1
    assert (document["ok"], file["file"], file["ok"]) == (False, "train.jsonl", False)
    assert [(found["line"], found["code"], found["severity"]) for found in file["findings"]] == [
        (None, "bom-missing", "note"),
        (13, "blank-line", "warning"),
        (14, "json-spread", "error"),
    ]
    assert all(set(found) == {"line", "column", "path", "code", "severity", "message", "fix"} for found in file["findings"])
    assert file["statistics"]["examples"] == 12


def test_a_missing_file_ends_with_2_and_the_others_are_shown(run: Any) -> None:
    _write("train.jsonl", *_LINES)
    result = run("validate", "nothing.jsonl", "train.jsonl", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert [file["ok"] for file in document["files"]] == [True]
    assert document["failures"][0]["file"] == "nothing.jsonl"
    assert "nothing.jsonl: the file cannot be read" in result.stderr


def test_an_unknown_model_cannot_run(run: Any) -> None:
    _write("train.jsonl", *_LINES)
    result = run("validate", "train.jsonl", "--model", "gpt-9")
    assert result.exit_code == 2
    assert "gpt-9 is not known" in result.stderr


def test_validation_is_compared_with_training(run: Any) -> None:
    _write("train.jsonl", *_LINES)
    _write("validation.jsonl", *_LINES[:10])
    result = run("validate", "train.jsonl", "--validation", "validation.jsonl", "--json")
    assert [found["code"] for found in json.loads(result.stdout)["files"][1]["findings"]] == ["validation-leak", "bom-missing"]
    assert result.exit_code == 0
    assert run("validate", "train.jsonl", "--validation", "train.jsonl").exit_code == 1


def test_a_corrected_copy_is_written_and_described(run: Any) -> None:
    _write("train.jsonl", *_LINES, b"", _LINES[0])
    before = Path("train.jsonl").read_bytes()
    result = run("validate", "train.jsonl", "--fix", "fixed.jsonl")
    assert "left out 1 blank line(s)" in result.output
    assert "left out 1 duplicate(s)" in result.output
    assert Path("train.jsonl").read_bytes() == before
    again = run("validate", "fixed.jsonl")
    assert again.output.rstrip().endswith("good")


def test_findings_are_limited_and_the_rest_is_counted(run: Any) -> None:
    _write("train.jsonl", *_LINES, *[b"null"] * 50)
    assert "and more of: 46 json-not-object" in run("validate", "train.jsonl", "--max-findings", "5").output


def test_a_grader_is_checked_with_the_data(run: Any) -> None:
    _write("train.jsonl", *[written(good("reinforcement", number)) for number in range(12)])
    grader = {"type": "string_check", "name": "g", "input": "{{sample.output_text}}", "reference": "{{item.solution}}", "operation": "eq"}
    Path("grader.json").write_text(json.dumps(grader))
    result = run("validate", "train.jsonl", "--method", "reinforcement", "--grader", "grader.json")
    assert result.exit_code == 1
    assert "the grader reads item.solution, which the example does not have" in result.output


def test_text_with_markup_is_shown_as_it_is(run: Any) -> None:
    _write("train.jsonl", *_LINES, b'{"messages": [{"role": "[red]x[/red]", "content": "a"}]}')
    assert "[red]x[/red]" in run("validate", "train.jsonl").output


def test_split_and_convert_say_what_they_made(run: Any) -> None:
    _write("data.jsonl", *_LINES)
    assert "training in data.training.jsonl" in run("split", "data.jsonl", "--validation", "0.3", "--seed", "3").output
    Path("pairs.csv").write_text("question,answer\na,b\n")
    assert "1 examples from pairs are in out.jsonl" in run("convert", "pairs.csv", "out.jsonl").output
    assert isinstance(run("split", "data.jsonl").exception, FinetuneError)
