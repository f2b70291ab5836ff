"""Figures as a short table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | float


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Prints a table; numbers with three significant digits, to the right of the words."""
    texts = [list(heads), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    print(title)
    for row in texts:
        first, *rest = (text.ljust(width) if column == 0 else text.rjust(width) for column, (text, width) in enumerate(zip(row, widths, strict=True)))
        print("  ".join(["", first, *rest]).rstrip())


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
