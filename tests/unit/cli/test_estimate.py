"""``finetune estimate``: figures that a person and a program can read, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from finetune.cli.estimate import register
from finetune.errors import FinetuneError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twenty short examples."""
    path = tmp_path / "train.jsonl"
    messages = [[{"role": "user", "content": f"What is {n} and {n}?"}, {"role": "assistant", "content": f"It is {2 * n}."}] for n in range(20)]
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in messages))
    return path


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["estimate", "--offline", *map(str, arguments)])


def document(*arguments: object) -> dict[str, Any]:
    found = run(*arguments, "--json")
    assert found.exit_code == 0, found.output
    return dict(json.loads(found.stdout))


def test_a_person_reads_tokens_price_and_sum_with_the_date_of_the_prices(data: Path) -> None:
    found = run(data, "--model", "gpt-4.1", "--epochs", 3)
    assert found.exit_code == 0
    for text in (
        "20 examples",
        "25 / 1M tokens",
        "table 2026-08-15",
        "hosting for a month",
        "1,241.00",
        "2 USD read, 0.5 USD read from the cache, 8 USD written",
    ):
        assert text in found.output


def test_a_program_reads_one_document(data: Path) -> None:
    found = document(data, "--model", "gpt-4.1-mini", "--epochs", 2)
    file = found["files"][0]
    training = file["estimate"]["lines"][0]
    assert (found["model"], found["trainingType"], file["ok"]) == ("gpt-4.1-mini-2025-04-14", "GlobalStandard", True)
    assert training["quantity"]["centre"] == 2 * file["tokens"] > 0
    assert training["usd"]["centre"] == pytest.approx(2 * file["tokens"] * 5 / 1e6, abs=1e-6)
    assert training["price"]["meter"] == "gpt-4.1-mini FT Training global Tokens"
    assert found["total"] == training["usd"]


def test_several_files_are_jobs_of_their_own_with_one_total(data: Path) -> None:
    found = document(data, data, "--model", "gpt-4.1-mini")
    sums = [file["estimate"]["total"]["centre"] for file in found["files"]]
    assert len(sums) == 2
    assert found["total"]["centre"] == pytest.approx(sum(sums))


def test_epochs_left_out_make_a_range(data: Path) -> None:
    total = document(data, "--model", "gpt-4.1-mini")["total"]
    assert total["low"] < total["centre"] < total["high"]


def test_an_unknown_price_is_null_for_programs_and_unknown_for_people(data: Path) -> None:
    arguments = (data, "--model", "gpt-oss-120b", "--training-type", "GlobalStandard")
    assert document(*arguments)["total"] is None
    assert "the price of training is unknown" in run(*arguments).output


def test_a_budget_that_is_too_small_ends_with_1_and_an_unknown_price_does_not(data: Path) -> None:
    small = run(data, "--model", "gpt-4.1", "--budget", "0.001")
    assert small.exit_code == 1
    assert "more than the budget" in small.output
    assert run(data, "--model", "gpt-4.1", "--budget", "5").exit_code == 0
    unknown = run(data, "--model", "gpt-oss-120b", "--budget", "5")
    assert unknown.exit_code == 0
    assert "cannot be held against the budget" in unknown.output


def test_reinforcement_is_priced_by_hours_and_its_grader(data: Path) -> None:
    found = document(data, "--model", "o4-mini", "--method", "reinforcement", "--hours", 2.5, "--grader", "gpt-4o", "--grader-input", 1_000_000)
    assert found["total"]["centre"] == pytest.approx(250 + 2.75)


def test_what_is_not_offered_is_told(data: Path) -> None:
    warnings = document(data, "--model", "gpt-4.1", "--training-type", "standard", "--region", "westus3", "--sku", "ProvisionedManaged")["warnings"]
    assert any("not offered for Standard training in westus3" in text for text in warnings)
    warnings = document(data, "--model", "gpt-4o-mini", "--method", "dpo", "--sku", "developer")["warnings"]
    assert any("not offered for dpo" in text for text in warnings)
    assert any("cannot be deployed as DeveloperTier" in text for text in warnings)


def test_examples_with_errors_are_told(data: Path) -> None:
    data.write_text(data.read_text() + '{"messages": []}\n')
    assert any("finetune validate" in text for text in document(data, "--model", "gpt-4.1")["warnings"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "gpt-4.1-mni"), "gpt-4.1-mini-2025-04-14"),
        (("--model", "gpt-4.1", "--method", "magic"), "supervised, dpo, reinforcement"),
        (("--model", "gpt-4.1", "--training-type", "cheap"), "DeveloperTier"),
    ],
)
def test_a_wrong_option_is_refused_with_what_there_is(data: Path, arguments: tuple[str, ...], said: str) -> None:
    found = run(data, *arguments)
    assert isinstance(found.exception, FinetuneError)
    assert said in str(found.exception)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    found = run(tmp_path / "nowhere.jsonl", "--model", "gpt-4.1")
    assert isinstance(found.exception, FinetuneError)
    assert "nowhere.jsonl" in str(found.exception)
