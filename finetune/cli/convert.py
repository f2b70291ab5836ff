"""``finetune convert``: training files from common shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetune.datasets.convert import Columns
from finetune.datasets.convert import convert as convert_file


def register(app: typer.Typer) -> None:
    app.command()(convert)


def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl .ndjson .json .csv .tsv .parquet .arrow", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="JSON lines to write; must not exist.", show_default=False)],
    prompt: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the prompt; usual names are found.", show_default=False)] = None,
    answer: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the answer; usual names are found.", show_default=False)] = None,
    system: Annotated[str | None, typer.Option(metavar="TEXT", help="System message for examples that have none.", show_default=False)] = None,
) -> None:
    """Turn pairs, CSV, ShareGPT, Parquet or Hugging Face datasets files into training data.

    Example: finetune convert questions.csv train.jsonl --prompt question --answer reply --system "Answer in one sentence."
    """
    made = convert_file(file, out, Columns(prompt, answer, system))
    print(f"{made.examples:,} examples from {made.shape} are in {made.out}")
    print(f"next: finetune validate {made.out}{f' --method {made.method}' if made.method != 'supervised' else ''}")
