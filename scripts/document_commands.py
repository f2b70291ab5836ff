"""Writes docs/commands.md from the help texts of `finetune` and `local-azure`.

.venv/bin/python -m scripts.document_commands            write the page
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

import finetune.cli
import local_azure.cli

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
PROGRAMS: dict[str, typer.Typer] = {"finetune": finetune.cli.app, "local-azure": local_azure.cli.app}

_INTRODUCTION = """# Commands

`scripts/document_commands.py` writes this page from the programs' own help texts; `--help` after any command shows the same.
The programs are in `.venv/bin`. Those that reach a cloud reach Azure, unless they run under `local-azure exec --`
(see [local Azure](local-azure.md)). Exit codes of `finetune`: 0 fine, 1 findings or a failed gate, 2 could not run, 130 interrupted.
"""


def commands(program: str) -> Iterator[tuple[str, Any]]:
    """Every command of a program with its whole name, such as ``local-azure portal link-wandb``."""
    waiting: list[tuple[str, Any]] = [(program, get_command(PROGRAMS[program]))]
    while waiting:
        name, command = waiting.pop(0)
        inner = getattr(command, "commands", {})
        if not inner:
            yield name, command
        waiting[:0] = [(f"{name} {word}", found) for word, found in inner.items()]


def about(command: Any) -> tuple[str, str]:
    """What a command's help says, and its example; empty without one."""
    text, _, example = (command.help or "").partition("Example: ")
    return " ".join(text.split()), example.strip()


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(_program(name) for name in PROGRAMS)])


def _program(program: str) -> str:
    whole = get_command(PROGRAMS[program])
    options = _table(whole)
    return "\n".join([f"## {program}\n", f"{whole.help}\n", *(options and [*options, ""]), *(_command(*found) for found in commands(program))])


def _command(name: str, command: Any) -> str:
    text, example = about(command)
    return "\n".join([f"### {name}\n", f"{text}\n", f"    {example}\n", *((rows := _table(command)) and [*rows, ""])])


def _table(command: Any) -> list[str]:
    shown = [parameter for parameter in command.params if not parameter.name.endswith("_completion")]  # typer's own, which differ by shell
    rows = [f"| `{_written(parameter)}` | {_value(parameter)} | {parameter.help or ''} |" for parameter in shown]
    return ["| argument or option | default | meaning |", "| --- | --- | --- |", *rows] if rows else []


def _written(parameter: Any) -> str:
    if not parameter.opts[0].startswith("-"):
        word = str(parameter.metavar or parameter.name.upper())
        return word + ("..." if parameter.nargs == -1 and not parameter.metavar else "")
    return ", ".join([*parameter.opts, *(parameter.secondary_opts if parameter.default is True else ())])


def _value(parameter: Any) -> str:
    """``required``, the default, or a dash where leaving it out means something of its own."""
    if parameter.required:
        return "required"
    value = getattr(parameter.default, "value", parameter.default)
    return "–" if value is None or value is False else f"`{'on' if value is True else value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")
