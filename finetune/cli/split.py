"""``finetune split``: training and validation from one file, without leakage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetune.datasets.limits import Limits
from finetune.datasets.split import split as split_file


def register(app: typer.Typer) -> None:
    app.command()(split)


def split(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines.", show_default=False)],
    validation: Annotated[float, typer.Option(metavar="SHARE", help="Share of the examples for validation, met on average.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Another seed draws other examples.")] = 0,
    training_out: Annotated[Path | None, typer.Option(help="By default <name>.training.jsonl beside FILE.", show_default=False)] = None,
    validation_out: Annotated[Path | None, typer.Option(help="By default <name>.validation.jsonl beside FILE.", show_default=False)] = None,
) -> None:
    """Split a file into training and validation. Equal examples go to the same side, and all keep their side when lines are added.

    Example: finetune split data.jsonl --validation 0.1 --seed 7
    """
    made = split_file(file, share=validation, seed=seed, training=training_out, validation=validation_out)
    print(f"{made.training_examples:7,} examples for training in {made.training}")
    print(f"{made.validation_examples:7,} examples for validation in {made.validation}")
    least = Limits().least_examples
    if min(made.training_examples, made.validation_examples) < least:
        print(f"one side has fewer than the {least} examples that the service asks for; try another share or seed")
