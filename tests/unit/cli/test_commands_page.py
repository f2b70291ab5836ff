"""docs/commands.md says what the programs' help says, and every command shows an example of itself."""

from __future__ import annotations

import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[3]
SCRIPT: dict[str, Any] = runpy.run_path(str(PROJECT / "scripts" / "document_commands.py"))
COMMANDS: dict[str, Any] = {name: command for program in SCRIPT["PROGRAMS"] for name, command in SCRIPT["commands"](program)}


def test_the_page_is_what_the_script_writes() -> None:
    page = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == SCRIPT["page"](), "run: python -m scripts.document_commands"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(name: str) -> None:
    text, example = SCRIPT["about"](COMMANDS[name])
    assert text
    assert example.startswith(name), f"{name} has the example {example!r}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_an_example_exists(name: str) -> None:
    own = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    words = shlex.split(SCRIPT["about"](COMMANDS[name])[1])
    used = {word for word in words[: words.index("--") if "--" in words else None] if word.startswith("-")}
    assert used <= own


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_says_what_it_is(name: str) -> None:
    assert [parameter.name for parameter in COMMANDS[name].params if not parameter.help] == []
