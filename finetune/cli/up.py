"""``finetune up``: bring a stack up with a short live account, then show what answers."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pulumi import automation
from rich.console import Console

from finetune.cli import ask, status
from finetune.cli.engine import Account, stack_of_project
from finetune.settings import from_stack_file, stack_file


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(stack: Annotated[str, typer.Option(help="Stack to bring up.")] = "local") -> None:
    """Bring a stack up, told in short lines; the same as `pulumi up --yes`, with a summary.

    Example: finetune up --stack local
    """
    console = Console()
    settings = from_stack_file(stack_file(stack))
    engine = stack_of_project(stack, create=True)
    account = Account(console)
    account.say(f"bringing up stack {stack}: {len(settings.models)} model(s) to train, {len(settings.deployments)} deployment(s)")
    outputs = _bring_up(engine, stack, account)
    status.show(console, outputs)
    ask.show_sample(console, settings, outputs)
    console.print(
        f"\nNext: [bold]pulumi preview --stack {stack}[/bold] after a change of stacks/Pulumi.{stack}.yaml or of the data; "
        f'[bold]finetune ask --stack {stack} "…"[/bold] asks again; [bold]make down[/bold] takes the local stack away.',
        highlight=False,
    )


def _bring_up(engine: automation.Stack, stack: str, account: Account) -> dict[str, Any]:
    """Previews, so that bad data and bad wishes are found before anything is made; brings up unless nothing would change."""
    try:
        planned = engine.preview(on_event=account.on_event)
        if not any(count for name, count in planned.change_summary.items() if name != automation.OpType.SAME):
            account.say("done: nothing to change")
            return {name: output.value for name, output in engine.outputs().items()}
        result = engine.up(on_event=account.on_event)
    except automation.CommandError as error:
        raise account.failed(f"`up` of stack {stack}", error) from None
    account.done(result.summary, "nothing changed")
    return {name: output.value for name, output in result.outputs.items()}
