"""``finetune down``: destroy a stack with a short live account."""

from __future__ import annotations

from typing import Annotated

import typer
from pulumi import automation
from rich.console import Console

from finetune.cli.engine import Account, stack_of_project


def register(app: typer.Typer) -> None:
    app.command()(down)


def down(stack: Annotated[str, typer.Option(help="Stack to destroy.")]) -> None:
    """Destroy a stack: deployments, jobs, files, roles, accounts, in an order that Azure accepts.

    Example: finetune down --stack local
    """
    engine = stack_of_project(stack, create=True)
    account = Account(Console())
    try:
        result = engine.destroy(on_event=account.on_event)
    except automation.CommandError as error:
        raise account.failed(f"destroying stack {stack}", error) from None
    changes = {str(name): count for name, count in (result.summary.resource_changes or {}).items()}
    account.say(f"done: {changes.get('delete', 0)} deleted; Azure keeps deleted accounts and vaults for a while")
