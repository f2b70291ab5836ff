"""``finetune ask``: one question to every deployment of a stack, the answers side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from finetune.azure.completions import ask as ask_deployment
from finetune.cli.engine import stack_of_project
from finetune.errors import FinetuneError
from finetune.settings import Settings, from_stack_file, stack_file


def register(app: typer.Typer) -> None:
    app.command()(ask)


def ask(
    question: Annotated[str, typer.Argument(help="The user's message.")],
    stack: Annotated[str, typer.Option(help="Stack whose deployments are asked.")] = "local",
) -> None:
    """Ask every deployment of a stack, once each, and show the answers side by side.

    Example: finetune ask --stack local "A baker makes 12 rolls and sells 7. How many are left?"
    """
    outputs = {name: output.value for name, output in stack_of_project(stack).outputs().items()}
    if not outputs.get("deployments"):
        raise FinetuneError(f"stack {stack} has no deployment to ask", do=f"run `pulumi up --stack {stack}` first")
    system, _ = sample(from_stack_file(stack_file(stack)))
    _show(Console(), outputs, question, system)


def show_sample(console: Console, settings: Settings, outputs: dict[str, Any]) -> None:
    """Asks a question of the validation data, which no model was trained on."""
    system, question = sample(settings)
    if question and outputs.get("deployments"):
        _show(console, outputs, question, system)


def sample(settings: Settings) -> tuple[str, str]:
    """System message and question of the first validation example of the first model; empty without one."""
    for model in settings.models.values():
        path = Path(model.validation or model.training)
        if model.method != "supervised" or not path.is_file():
            continue
        with path.open(encoding="utf-8-sig") as lines:
            messages = json.loads(next(lines))["messages"]
        said = {role: next((m["content"] for m in messages if m["role"] == role and m.get("content")), "") for role in ("system", "user")}
        return said["system"], said["user"]
    return "", ""


def _show(console: Console, outputs: dict[str, Any], question: str, system: str) -> None:
    table = Table(show_lines=True)
    answers = []
    for name, places in outputs["deployments"].items():
        place, deployed = next(iter(places.items()))
        table.add_column(f"{name} ({place})", ratio=1)
        answers.append(_plain(ask_deployment(deployed["endpoint"], deployed["deployment"], question, system)))
    table.add_row(*answers)
    console.print()
    console.print(f"[bold]Q:[/bold] {_plain(question)}", highlight=False)
    console.print(table)


def _plain(text: str) -> str:
    """Text that rich shows as it is."""
    return text.strip().replace("[", r"\[")
