"""Training and validation from one file, without leakage: equal examples go to the same side, and stay there when lines are added."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import msgspec

from finetune.datasets.explain import BOM, OVERLONG
from finetune.datasets.limits import Limits
from finetune.datasets.reader import blocks
from finetune.errors import CheckFailed, FinetuneError


class Split(msgspec.Struct, frozen=True):
    """Two new files and the numbers of their examples."""

    training: Path
    validation: Path
    training_examples: int
    validation_examples: int


def split(path: Path, *, share: float = 0.1, seed: int = 0, training: Path | None = None, validation: Path | None = None) -> Split:
    """Splits a file of JSON lines. The order of lines stays; blank lines are left out.

    The side of an example depends on its content and the seed only, not on its line, so the share is met on average.

    Args:
        share: of the examples that go to validation, between 0 and 1.
        training, validation: files to write, which must not exist; by default beside the file, as ``<stem>.training.jsonl`` and
            ``<stem>.validation.jsonl``.

    Raises:
        FinetuneError: the file cannot be read, or a target exists.
        CheckFailed: a line is not a JSON object.
    """
    if not 0 < share < 1:
        raise FinetuneError(f"the share for validation is {share}", "it must be more than 0 and less than 1", "use 0.1 for a tenth")
    targets = (training or path.with_name(f"{path.stem}.training.jsonl"), validation or path.with_name(f"{path.stem}.validation.jsonl"))
    for target in targets:
        if target.exists():
            raise FinetuneError("the split would replace a file", f"{target} exists", "remove it, or give other names", source=str(target))
    counts = [0, 0]
    partial = [target.with_name(f".{target.name}.part") for target in targets]
    try:
        with open(path, "rb", buffering=0) as source, open(partial[0], "wb") as first, open(partial[1], "wb") as second:
            for block in blocks(source, Limits().line_bytes):
                for number, line in enumerate(block.lines, block.first):
                    if line.strip():
                        side = _is_validation(line, share, seed, f"{path}:{number}")
                        counts[side] += 1
                        (first, second)[side].write(line.removesuffix(b"\n").removesuffix(b"\r") + b"\n")
        for part, target in zip(partial, targets, strict=True):
            os.replace(part, target)
    except OSError as error:
        raise FinetuneError("the file cannot be split", error.strerror or str(error), "correct the path", source=str(path)) from None
    finally:
        for part in partial:
            part.unlink(missing_ok=True)
    return Split(targets[0], targets[1], counts[0], counts[1])


def _is_validation(line: bytes, share: float, seed: int, place: str) -> bool:
    advice = f"`finetune validate {place.rpartition(':')[0]}` says more"
    if line is OVERLONG:
        raise CheckFailed("the line is too long", do=advice, source=place)
    try:
        value: Any = json.loads(line.removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        raise CheckFailed("the line is not JSON", str(error), advice, source=place) from None
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    drawn = hashlib.sha256(f"{seed}\n{canonical}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < share * 2**64
