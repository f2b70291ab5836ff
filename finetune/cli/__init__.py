"""``finetune``: the commands, one file each, thin. Exit codes: 0 fine, 1 findings or a failed gate, 2 could not run, 130 interrupted."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import typer

from finetune.errors import FinetuneError

app = typer.Typer(
    help="Fine-tuned models on Azure as infrastructure code.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)

#: Module → every one offers ``register(app)``.
COMMANDS = ("up", "down", "resume", "status", "ask", "validate", "estimate", "split", "convert")


@app.callback()
def options(debug: bool = typer.Option(False, "--debug", help="Show the whole trace of an error.")) -> None:
    """Fine-tuned models on Azure as infrastructure code."""
    if debug:
        os.environ["FINETUNE_DEBUG"] = "1"


for _command in COMMANDS:
    importlib.import_module(f"finetune.cli.{_command}").register(app)


def main() -> None:
    """The program: shows an error as its three lines and ends with its exit code."""
    try:
        app()
    except FinetuneError as error:
        if os.environ.get("FINETUNE_DEBUG"):
            traceback.print_exc()
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
