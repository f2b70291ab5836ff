"""Training files from common shapes: pairs, CSV, ShareGPT, Parquet and Hugging Face datasets files."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from finetune.datasets.limits import Method
from finetune.errors import CheckFailed, FinetuneError

Record = dict[str, Any]

#: Names of columns, the first that is there counts.
PROMPTS = ("prompt", "question", "instruction", "query", "input", "problem")
ANSWERS = ("completion", "response", "answer", "output", "solution", "chosen")
_REFUSED = ("rejected", "non_preferred", "rejected_response")
_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "bot": "assistant", "model": "assistant", "system": "system"}


class Columns(msgspec.Struct, frozen=True):
    """Columns to use instead of the usual names, and a system message for examples that have none."""

    prompt: str | None = None
    answer: str | None = None
    system: str | None = None


class Conversion(msgspec.Struct, frozen=True):
    """A new file of JSON lines: its examples and what the records looked like."""

    out: Path
    examples: int
    shape: str
    method: Method


class _Unfit(ValueError):
    """A record that cannot become an example."""


def convert(path: Path, out: Path, columns: Columns | None = None) -> Conversion:
    """Reads records of a known container and writes an example for each.

    Containers go by the name's ending: ``.jsonl``, ``.ndjson``, ``.json`` (an array, or an object with one), ``.csv``, ``.tsv``, ``.parquet``,
    ``.arrow``. The shape is that of the first record.

    Args:
        out: must not exist.

    Raises:
        FinetuneError: the container is not known or cannot be read, or ``out`` exists.
        CheckFailed: a record does not fit.
    """
    columns = columns or Columns()
    if out.exists():
        raise FinetuneError("the conversion would replace a file", f"{out} exists", "remove it, or give another name", source=str(out))
    read = _CONTAINERS.get(path.suffix.lower())
    if read is None:
        known = ", ".join(_CONTAINERS)
        raise FinetuneError(
            f"files that end with {path.suffix or 'nothing'} are not known", f"known are {known}", "rename or export the file", source=str(path)
        )
    part = out.with_name(f".{out.name}.part")
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as target:
            name, method, examples = _write(path, read, target, columns)
        os.replace(part, out)
    except OSError as error:
        raise FinetuneError("the file cannot be converted", error.strerror or str(error), "correct the path", source=str(path)) from None
    finally:
        part.unlink(missing_ok=True)
    return Conversion(out, examples, name, method)


def _write(path: Path, read: Callable[[Path], Iterator[Any]], target: Any, columns: Columns) -> tuple[str, Method, int]:
    name, method, examples = "", "supervised", 0
    make: Callable[[Record, Columns], Record] | None = None
    for number, record in enumerate(_records(path, read), 1):
        try:
            if not isinstance(record, dict):
                raise _Unfit("it is not an object")
            if make is None:
                name, method, make = _shape(record, columns)
            target.write(json.dumps(make(record, columns), ensure_ascii=False) + "\n")
        except _Unfit as error:
            raise CheckFailed(f"record {number} does not fit", str(error), "correct it, or name the columns", source=str(path)) from None
        examples += 1
    if not examples:
        raise CheckFailed("the file has no records", source=str(path))
    return name, method, examples  # type: ignore[return-value]


def _records(path: Path, read: Callable[[Path], Iterator[Any]]) -> Iterator[Any]:
    try:
        yield from read(path)
    except (ValueError, RecursionError, csv.Error) as error:
        if isinstance(error, _Unfit):
            raise
        raise CheckFailed("the file cannot be read", str(error), "is its ending right?", source=str(path)) from None


# Containers.


def _json_lines(path: Path) -> Iterator[Any]:
    with open(path, encoding="utf-8-sig") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _json_array(path: Path) -> Iterator[Any]:
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(document, dict):
        document = next((value for value in document.values() if isinstance(value, list)), [document])
    yield from document if isinstance(document, list) else [document]


def _separated(separator: str) -> Callable[[Path], Iterator[Any]]:
    def read(path: Path) -> Iterator[Any]:
        csv.field_size_limit(2**31 - 1)
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file, delimiter=separator)

    return read


def _arrow_library() -> Any:
    try:
        import pyarrow
    except ImportError:
        why, do = "it is an optional dependency", "install pulumi-azure-finetuning[convert]"
        raise FinetuneError("Parquet and Arrow files need pyarrow", why, do) from None
    return pyarrow


def _parquet(path: Path) -> Iterator[Any]:
    _arrow_library()
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=1024):
        yield from batch.to_pylist()


def _arrow(path: Path) -> Iterator[Any]:
    """Hugging Face datasets write the stream format; other writers the file format."""
    arrow = _arrow_library()
    with arrow.memory_map(str(path)) as source:
        try:
            reader = arrow.ipc.open_stream(source)
            batches = iter(reader)
        except arrow.ArrowInvalid:
            opened = arrow.ipc.open_file(source)
            batches = (opened.get_batch(index) for index in range(opened.num_record_batches))
        for batch in batches:
            yield from batch.to_pylist()


_CONTAINERS: dict[str, Callable[[Path], Iterator[Any]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_array,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".parquet": _parquet,
    ".arrow": _arrow,
}


# Shapes.


def _shape(record: Record, columns: Columns) -> tuple[str, Method, Callable[[Record, Columns], Record]]:
    """What the first record looks like: name, method, and how such a record becomes an example."""
    if isinstance(record.get("conversations") or record.get("conversation"), list):
        return "ShareGPT", "supervised", _from_sharegpt
    if isinstance(record.get("messages"), list):
        return "messages", "supervised", _from_messages
    if "chosen" in record and any(name in record for name in _REFUSED):
        return "preference pairs", "dpo", _from_preference
    if (columns.prompt or _first(record, PROMPTS)) and (columns.answer or _first(record, ANSWERS)):
        return "pairs", "supervised", _from_pair
    raise _Unfit(f"its members are {', '.join(map(str, record)) or 'none'}; none of the known shapes (pairs, ShareGPT, messages, preference pairs)")


def _first(record: Record, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in record), None)


def _text(record: Record, name: str | None) -> str:
    value = record.get(name) if name else None
    if not isinstance(value, str) or not value:
        raise _Unfit(f"it has no text in {name!r}")
    return value


def _system(record: Record, columns: Columns) -> list[Record]:
    text = record.get("system") or record.get("system_prompt") or columns.system
    return [{"role": "system", "content": text}] if isinstance(text, str) and text else []


def _prompt(record: Record, columns: Columns) -> str:
    """The prompt; Alpaca's ``input`` is added to its ``instruction``."""
    name = columns.prompt or _first(record, PROMPTS)
    text = _text(record, name)
    more = record.get("input") if name == "instruction" else None
    return f"{text}\n\n{more}" if isinstance(more, str) and more else text


def _from_pair(record: Record, columns: Columns) -> Record:
    answer = _text(record, columns.answer or _first(record, ANSWERS))
    return {
        "messages": [
            *_system(record, columns),
            {"role": "user", "content": _prompt(record, columns)},
            {"role": "assistant", "content": answer.lstrip()},
        ]
    }


def _from_sharegpt(record: Record, columns: Columns) -> Record:
    turns = _messages(record.get("conversations") or record.get("conversation"))
    messages = []
    for turn in turns:
        speaker = turn.get("from") or turn.get("role")
        role = _ROLES.get(str(speaker).lower())
        if role is None:
            raise _Unfit(f"a turn is from {speaker!r}")
        messages.append({"role": role, "content": _text(turn, "value" if "value" in turn else "content")})
    if messages and messages[0]["role"] != "system":
        messages = [*_system(record, columns), *messages]
    return {"messages": messages}


def _from_messages(record: Record, columns: Columns) -> Record:
    """Already messages; members that are null, as columns of tables give them, are left out."""
    messages = _messages(record.get("messages"))
    if messages and messages[0].get("role") not in ("system", "developer"):
        messages = [*_system(record, columns), *messages]
    kept = {key: _without_nulls(record[key]) for key in ("tools", "functions", "parallel_tool_calls") if record.get(key) is not None}
    return {"messages": messages, **kept}


def _messages(value: Any) -> list[Record]:
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        raise _Unfit("its messages are no list of objects")
    return [_without_nulls(message) for message in value]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _from_preference(record: Record, columns: Columns) -> Record:
    chosen = record.get("chosen")
    preferred, refused = _answer(chosen), _answer(record.get(_first(record, _REFUSED) or "rejected"))
    prompt = record.get("prompt")
    if isinstance(prompt, list):
        messages = _messages(prompt)
    elif isinstance(chosen, list) and not isinstance(prompt, str):
        messages = _messages(chosen[:-1])
    else:
        messages = [*_system(record, columns), {"role": "user", "content": _prompt(record, columns)}]
    return {"input": {"messages": messages}, "preferred_output": [preferred], "non_preferred_output": [refused]}


def _answer(value: Any) -> Record:
    """An answer as text, or the last message of a talk."""
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        return {"role": "assistant", "content": _text(value[-1], "content")}
    if isinstance(value, str) and value:
        return {"role": "assistant", "content": value}
    raise _Unfit("an answer has no text")
