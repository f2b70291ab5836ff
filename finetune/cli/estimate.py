"""``finetune estimate``: what training on files will cost, and what serving the model costs after it."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.padding import Padding
from rich.progress import Progress
from rich.table import Table

from finetune.azure.retail_prices import current
from finetune.catalogue.models import TRAINING_TYPES, Model, find, lifecycle, training_type
from finetune.datasets import Method, Report, examine, model_rules
from finetune.datasets.cost import Estimate, Line, Plan, Range, Verdict, amount, held_against, money
from finetune.errors import FinetuneError

#: Files above this size show a progress bar.
_LONG_BYTES = 20 << 20


@dataclass(frozen=True)
class Priced:
    """A file with its estimate."""

    report: Report
    estimate: Estimate


def register(app: typer.Typer) -> None:
    app.command()(estimate)


def estimate(
    files: Annotated[list[Path], typer.Argument(help="Training files (JSONL), each a job of its own.", show_default=False)],
    model: Annotated[str, typer.Option(help="Base model, for example gpt-4.1-mini-2025-04-14.", show_default=False)],
    method: Annotated[str, typer.Option(help="supervised, dpo or reinforcement.")] = "supervised",
    training: Annotated[str, typer.Option("--training-type", help=", ".join(TRAINING_TYPES) + ".")] = "GlobalStandard",
    region: Annotated[str, typer.Option(help="Region of the resource.")] = "swedencentral",
    epochs: Annotated[int | None, typer.Option(min=1, help="n_epochs; left out, the service decides and the cost is a range.")] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="Reinforcement: hours of training.")] = None,
    sku: Annotated[str, typer.Option(help="Sku of the deployment to price as well.")] = "GlobalStandard",
    hosting_hours: Annotated[
        float | None, typer.Option(min=0, help="How long the deployment will exist; left out, a month is shown and not counted.")
    ] = None,
    grader: Annotated[str | None, typer.Option(help="Reinforcement: model of a model grader.")] = None,
    grader_input: Annotated[int, typer.Option(min=0, help="Tokens that the grader reads in the whole job.")] = 0,
    grader_output: Annotated[int, typer.Option(min=0, help="Tokens that the grader writes in the whole job.")] = 0,
    budget: Annotated[float | None, typer.Option(min=0, help="USD; exit code 1 when all files together may cost more.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Azure's price list; use the table that comes with this program.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Estimate what training on files costs.

    Example: finetune estimate train.jsonl --model gpt-4.1-mini-2025-04-14 --epochs 3 --hosting-hours 48
    """
    known, checked = _known(model), _method(method)
    plan = Plan(
        model=known.full_name,
        method=checked,
        training_type=_training_type(training),
        region=region.lower(),
        n_epochs=epochs,
        hours=hours,
        sku=training_type(sku) or sku,
        hosting_hours=hosting_hours,
        grader=grader,
        grader_input_tokens=grader_input,
        grader_output_tokens=grader_output,
    )
    reports = [_examined(path, checked, known, quiet=as_json) for path in files]
    plans = [_of_file(plan, report) for report in reports]
    estimates, why = current(lambda prices: [one.priced(prices) for one in plans], live=not offline)
    priced = [Priced(report, found) for report, found in zip(reports, estimates, strict=True)]
    warnings = _warnings(known, plan, reports, datetime.date.today())
    verdict = held_against(_together(estimates), budget) if budget is not None else None
    if as_json:
        print(json.dumps(_document(plan, priced, why, warnings, verdict), indent=2))
    else:
        show(Console(), plan, priced, why, warnings, verdict)
    if verdict and verdict.within is False:
        raise typer.Exit(1)


def show(console: Console, plan: Plan, priced: list[Priced], why: str, warnings: list[str], verdict: Verdict | None) -> None:
    """Prints a table a file, then what holds for all of them."""
    for one in priced:
        figures = one.report.statistics
        tokens = f", {figures.tokens:,} tokens{'' if figures.exact else ' (estimated)'}" if figures.tokens is not None else ""
        console.print(f"\n[bold]{one.report.path}[/bold]: {figures.examples:,} examples{tokens}", highlight=False, soft_wrap=True)
        console.print(
            f"  {plan.model}, {plan.method}, {plan.training_type}, {plan.region}; deployed as {plan.sku}: {one.estimate.summary()}",
            highlight=False,
            soft_wrap=True,
        )
        console.print(_table(one.estimate), highlight=False)
        if use := _use(one.estimate):
            console.print(f"  {use}", highlight=False, soft_wrap=True)
    if len(priced) > 1:
        total = _together([one.estimate for one in priced]).total
        console.print(f"\nall files together: [bold]{money(total) if total else 'unknown'}[/bold]", highlight=False)
    notes = dict.fromkeys(note for one in priced for note in one.estimate.notes)
    if why:
        notes[f"the table that comes with this program was used: {why}"] = None
    for note in notes:
        console.print(f"  - {note}", style="dim", highlight=False, soft_wrap=True)
    for warning in warnings:
        console.print(f"warning: {warning}", style="yellow", highlight=False, soft_wrap=True)
    if verdict:
        console.print(f"budget: {verdict.text}", style="green" if verdict.within else "red", highlight=False, soft_wrap=True)


def _table(found: Estimate) -> Padding:
    """The lines that add up, and hosting; what tokens cost later is a sentence (:func:`_use`)."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("quantity", "USD per unit", "USD", "from - to"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in found.lines:
        if line.counted or line.unit == "hours":
            rate = f"{line.price.usd:g} / {line.price.unit}" if line.price else "unknown"
            table.add_row(line.what, _quantity(line), rate, *_amounts(line), style=None if line.counted else "dim")
    return Padding(table, (0, 0, 0, 2))


def _use(found: Estimate) -> str:
    """ "tokens of the deployment, per million: 0.4 USD read, 0.1 USD read from the cache, 1.6 USD written"; empty without a deployment."""
    parts = [f"{line.price.usd:g} USD {line.what}" if line.price else f"unknown {line.what}" for line in found.lines if _is_use(line)]
    return f"tokens of the deployment, per million: {', '.join(parts)}" if parts else ""


def _is_use(line: Line) -> bool:
    return not line.counted and line.unit == "tokens"


def _quantity(line: Line) -> str:
    if line.quantity is None:
        return "unknown"
    return f"{line.quantity.centre:,.0f} tokens" if line.unit == "tokens" else f"{line.quantity.centre:g} {line.unit}"


def _amounts(line: Line) -> tuple[str, str]:
    """The likely sum, and its bounds where they differ."""
    if line.usd is None:
        return "unknown", ""
    bounds = f"{amount(line.usd.low)} - {amount(line.usd.high)}" if line.usd.low != line.usd.high else ""
    return amount(line.usd.centre), bounds


def _known(name: str) -> Model:
    rules = model_rules(name)  # refuses an unknown name with near ones
    found = find(rules.name)
    assert found is not None
    return found


def _method(name: str) -> Method:
    methods: tuple[Method, ...] = get_args(Method)
    for method in methods:
        if method == name.lower():
            return method
    raise FinetuneError(f"there is no method {name}", do=f"choose one of: {', '.join(methods)}", source="--method")


def _training_type(name: str) -> str:
    known = training_type(name)
    if known is None:
        raise FinetuneError(f"there is no training type {name}", do=f"choose one of: {', '.join(TRAINING_TYPES)}", source="--training-type")
    return known


def _examined(path: Path, method: Method, model: Model, quiet: bool) -> Report:
    """Reinforcement is not paid by the token, so its tokens are not counted."""
    count = method != "reinforcement"
    rules = model_rules(model.full_name)
    console = Console(stderr=True)
    if quiet or not console.is_terminal or not path.exists() or path.stat().st_size < _LONG_BYTES:
        return examine(path, method=method, model=rules, tokens=count)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(path.name)
        return examine(path, method=method, model=rules, tokens=count, progress=lambda done, size: bar.update(task, completed=done, total=size))


def _of_file(plan: Plan, report: Report) -> Plan:
    figures = report.statistics
    return replace(plan, tokens=figures.tokens or 0, examples=figures.examples, exact=figures.exact)


def _together(estimates: list[Estimate]) -> Estimate:
    lines = tuple(line for found in estimates for line in found.lines)
    totals = [found.total for found in estimates]
    known = [total for total in totals if total is not None]
    return Estimate(lines, None, sum(known, Range.exactly(0.0)) if len(known) == len(totals) else None, ())


def _warnings(model: Model, plan: Plan, reports: list[Report], today: datetime.date) -> list[str]:
    found = [f"{notice.text}; {notice.advice}" for notice in lifecycle(model, today) if notice.severity != "note"]
    if plan.method not in model.methods:
        found.append(f"{model.full_name} is not offered for {plan.method}, only for {', '.join(model.methods)}")
    regions = {str(kind): places for kind, places in model.training.items()}.get(plan.training_type, ())
    if regions is not None and plan.region not in regions:
        found.append(f"{model.full_name} is not offered for {plan.training_type} training in {plan.region}")
    if plan.sku not in model.deployment:
        found.append(
            f"models fine-tuned from {model.full_name} cannot be deployed as {plan.sku}, only as {', '.join(model.deployment) or 'managed compute'}"
        )
    for report in reports:
        if errors := report.count("error"):
            found.append(f"{report.path} has {errors} errors, and examples with errors are not counted; see finetune validate")
    return found


def _document(plan: Plan, priced: list[Priced], why: str, warnings: list[str], verdict: Verdict | None) -> dict[str, Any]:
    together = _together([one.estimate for one in priced])
    return {
        "model": plan.model,
        "method": plan.method,
        "trainingType": plan.training_type,
        "region": plan.region,
        "currency": "USD",
        "shippedTable": why or None,
        "files": [
            {
                "file": one.report.path,
                "ok": one.report.ok,
                "examples": one.report.statistics.examples,
                "tokens": one.report.statistics.tokens,
                "exact": one.report.statistics.exact,
                "estimate": one.estimate.to_dict(),
            }
            for one in priced
        ],
        "total": asdict(together.total) if together.total else None,
        "warnings": warnings,
        "budget": asdict(verdict) if verdict else None,
    }
