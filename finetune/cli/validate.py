"""``finetune validate``: whether training files will be accepted, and what is in them."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from finetune.cli import findings_view
from finetune.datasets import Finding, Report, compare, examined
from finetune.datasets.repair import repair
from finetune.errors import FinetuneError

#: A file that is larger is read by several processes, if the machine has several cores.
_LARGE = 32 * 1024 * 1024


class MethodName(StrEnum):
    """A training method, as the service calls it."""

    supervised = "supervised"
    dpo = "dpo"
    reinforcement = "reinforcement"


def register(app: typer.Typer) -> None:
    app.command()(validate)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Training files, JSON lines.", show_default=False)],
    method: Annotated[MethodName, typer.Option(help="How they will be used.")] = MethodName.supervised,
    model: Annotated[str | None, typer.Option(help="Base model: its limits and vocabulary.", show_default=False)] = None,
    validation: Annotated[Path | None, typer.Option(help="A validation file to compare with the training file.", show_default=False)] = None,
    grader: Annotated[Path | None, typer.Option(help="JSON file with the grader of reinforcement training.", show_default=False)] = None,
    fix: Annotated[Path | None, typer.Option(metavar="OUT", help="Write a corrected copy.", show_default=False)] = None,
    max_findings: Annotated[int, typer.Option(min=1, help="Findings to list; of more only the number is given.")] = 100,
    tokens: Annotated[bool, typer.Option("--tokens/--no-tokens", help="Count tokens; without, it is much faster and sees a little less.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check training files: encoding, JSON, examples, tokens. Nothing is sent anywhere.

    Exit code: 0 no errors, 1 errors, 2 could not run.

    Example: finetune validate train.jsonl --model gpt-4.1-mini-2025-04-14 --validation validation.jsonl
    """
    if (fix or validation) and len(files) > 1:
        raise FinetuneError("--fix and --validation are for one training file", f"{len(files)} files are given", "give one")
    arguments: dict[str, Any] = {"method": method.value, "base": model, "grader": _grader(grader), "max_findings": max_findings, "tokens": tokens}
    reports: list[tuple[Report, list[Finding]]] = []
    failures: list[FinetuneError] = []
    for file in [*files, *([validation] if validation else [])]:
        try:
            reports.append((_examined(file, arguments), []))
        except FinetuneError as error:
            failures.append(error)
    if validation and len(reports) == 2:
        reports[1][1].extend(compare(reports[0][0], reports[1][0]))
    if as_json:
        print(json.dumps(_document(reports, failures), indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for report, about_pair in reports:
            findings_view.show(console, report, about_pair, model)
    for failure in failures:
        print(failure, file=sys.stderr)
    if fix and reports and not failures:
        _fix(reports[0][0], fix, as_json)
    raise typer.Exit(2 if failures else int(not all(_ok(report, about) for report, about in reports)))


def _grader(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        grader = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FinetuneError("the grader cannot be read", str(error), "give a JSON file", source=str(path)) from None
    if not isinstance(grader, dict):
        raise FinetuneError("the grader is no JSON object", "", "write an object with a type", source=str(path))
    return grader


def _examined(file: Path, arguments: dict[str, Any]) -> Report:
    """Examines with a bar on a terminal."""
    size = file.stat().st_size if file.exists() else 0
    workers = min(os.cpu_count() or 1, 8) if size > _LARGE else 1
    console = Console(stderr=True)
    if not console.is_terminal:
        return examined(file, workers=workers, **arguments)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(file.name, total=size or None)
        return examined(file, workers=workers, progress=lambda done, total: bar.update(task, completed=done, total=total), **arguments)


def _ok(report: Report, about_pair: list[Finding]) -> bool:
    return report.ok and not any(found.severity == "error" for found in about_pair)


def _document(reports: list[tuple[Report, list[Finding]]], failures: list[FinetuneError]) -> dict[str, Any]:
    return {
        "ok": not failures and all(_ok(report, about) for report, about in reports),
        "files": [
            {
                "file": report.path,
                "ok": _ok(report, about),
                "sha256": report.sha256,
                "size": report.size,
                "method": report.method,
                "findings": [found.to_dict() for found in (*about, *report.findings)],
                "more": report.more,
                "statistics": report.to_dict()["statistics"],
            }
            for report, about in reports
        ],
        "failures": [{"file": error.source, "message": error.what, "reason": error.why, "fix": error.do} for error in failures],
    }


def _fix(report: Report, out: Path, quiet: bool) -> None:
    """Says what was changed on stderr when stdout holds a document."""
    changes = repair(report, out).in_words()
    lines = [f"{out} is a corrected copy of {report.path}:", *(f"  {change}" for change in changes)] if changes else [f"{out} is an equal copy"]
    print("\n".join(lines), file=sys.stderr if quiet else sys.stdout)
