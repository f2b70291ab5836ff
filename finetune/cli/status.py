"""``finetune status``: what a stack consists of, from its outputs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from finetune.cli.engine import stack_of_project


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(
    stack: Annotated[str, typer.Option(help="Stack to look at.")] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="The outputs as one JSON document.")] = False,
) -> None:
    """Show a stack's models and where they answer.

    Example: finetune status --stack local --json
    """
    outputs = {name: output.value for name, output in stack_of_project(stack).outputs().items()}
    if as_json:
        print(json.dumps(outputs, indent=2))
    else:
        show(Console(), outputs)


def show(console: Console, outputs: dict[str, Any]) -> None:
    """Prints models and deployments."""
    for name, model in outputs.get("models", {}).items():
        console.print(f"\nmodel [bold]{name}[/bold]: {model['id']}", highlight=False, soft_wrap=True)
        metrics = ", ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in (model.get("metrics") or {}).items())
        console.print(f"  trained by {model['job']}; {metrics}; Weights & Biases: {model['wandb']}", highlight=False, soft_wrap=True)
    for name, places in outputs.get("deployments", {}).items():
        console.print(f"\ndeployment [bold]{name}[/bold] answers in {len(places)} region{'s' if len(places) > 1 else ''}", highlight=False)
        for place, deployed in places.items():
            console.print(f"  {place:18} {deployed['endpoint']}  {_short(deployed['model'])}", highlight=False, soft_wrap=True)


def _short(model: str) -> str:
    """A fine-tuned model's id without most of its job: ``gpt-4.1-mini-2025-04-14.ft-1a2b3c4d…-math``."""
    base, mark, rest = model.partition(".ft-")
    return f"{base}{mark}{rest[:8]}…{rest[32:]}" if mark and len(rest) > 12 else model
