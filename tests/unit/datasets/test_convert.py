"""Training data from common shapes, in all the containers."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from finetune.datasets import examine
from finetune.datasets.convert import Columns, convert
from finetune.errors import CheckFailed, FinetuneError

_PAIRS = [{"prompt": f"What is {number}?", "completion": f' It is {number}, "exactly".'} for number in range(12)]
_EXPECTED = [
    {"messages": [{"role": "user", "content": pair["prompt"]}, {"role": "assistant", "content": pair["completion"].strip()}]} for pair in _PAIRS
]


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    table = pyarrow.Table.from_pylist(records) if path.suffix in (".parquet", ".arrow") else None
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    elif path.name.endswith("stream.arrow"):
        with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:  # type: ignore[union-attr]
            writer.write_table(table)
    elif path.suffix == ".arrow":
        with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:  # type: ignore[union-attr]
            writer.write_table(table)
    elif path.suffix in (".csv", ".tsv"):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(records)
    elif path.suffix == ".json":
        path.write_text(json.dumps(records))
    else:
        path.write_text("\n".join(map(json.dumps, records)))


def _converted(path: Path, records: list[dict[str, Any]], columns: Columns | None = None) -> list[dict[str, Any]]:
    _write(path, records)
    out = path.with_name("out.jsonl")
    made = convert(path, out, columns)
    examples = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert made.examples == len(examples) == len(records)
    assert examine(out, method=made.method).errors == (0 if len(examples) >= 10 else 1)
    return examples


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.csv", "a.tsv", "a.parquet", "a.arrow", "stream.arrow"])
def test_pairs_from_every_container(tmp_path: Path, name: str) -> None:
    assert _converted(tmp_path / name, _PAIRS) == _EXPECTED


@pytest.mark.parametrize(("prompt", "answer"), [("question", "answer"), ("instruction", "output"), ("query", "response"), ("problem", "solution")])
def test_usual_names_of_columns_are_found(tmp_path: Path, prompt: str, answer: str) -> None:
    records = [{prompt: pair["prompt"], answer: pair["completion"], "id": "x"} for pair in _PAIRS]
    assert _converted(tmp_path / "a.csv", records) == _EXPECTED


def test_other_columns_can_be_named_and_a_system_message_given(tmp_path: Path) -> None:
    records = [{"frage": pair["prompt"], "antwort": pair["completion"]} for pair in _PAIRS]
    examples = _converted(tmp_path / "a.csv", records, Columns("frage", "antwort", "Be kind."))
    assert [example["messages"][1:] for example in examples] == [example["messages"] for example in _EXPECTED]
    assert all(example["messages"][0] == {"role": "system", "content": "Be kind."} for example in examples)


def test_alpaca_input_follows_its_instruction(tmp_path: Path) -> None:
    examples = _converted(
        tmp_path / "a.json", [{"instruction": "Add.", "input": "1 and 2", "output": "3"}, {"instruction": "Sing.", "input": "", "output": "La"}]
    )
    assert [example["messages"][0]["content"] for example in examples] == ["Add.\n\n1 and 2", "Sing."]


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_sharegpt(tmp_path: Path, name: str) -> None:
    turns = [{"from": "system", "value": "Be kind."}, {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    (example,) = _converted(tmp_path / name, [{"conversations": turns}])
    assert [(message["role"], message["content"]) for message in example["messages"]] == [
        ("system", "Be kind."),
        ("user", "Hi"),
        ("assistant", "Hello"),
    ]


def test_messages_of_a_table_lose_their_nulls(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Hi", "name": None}, {"role": "assistant", "content": "Hello", "name": "a"}]
    (example,) = _converted(tmp_path / "a.parquet", [{"messages": messages}])
    assert example == {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "name": "a"}]}


def test_preference_pairs_become_data_for_dpo(tmp_path: Path) -> None:
    texts = {"prompt": "Hi", "chosen": "Hello!", "rejected": "What?"}
    talks = {"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    talks["rejected"] = [talks["chosen"][0], {"role": "assistant", "content": "What?"}]
    (tmp_path / "b").mkdir()
    assert _converted(tmp_path / "a.jsonl", [texts]) == _converted(tmp_path / "b" / "b.jsonl", [talks])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", '{"prompt": "a", "completion": "b"}\n{"prompt": "a"}', "record 2"),
        ("a.jsonl", '{"prompt": "a", "completion": ""}', "record 1"),
        ("a.jsonl", '{"left": 1}', "none of the known shapes"),
        ("a.jsonl", '{"conversations": [{"from": "ghost", "value": "x"}]}', "ghost"),
        ("a.jsonl", '{"messages": ["hi"]}', "record 1"),
        ("a.jsonl", "[1]", "not an object"),
        ("a.jsonl", "{", "cannot be read"),
        ("a.jsonl", "", "no records"),
        ("a.csv", "question,answer\n", "no records"),
        ("a.parquet", "no parquet", "cannot be read"),
        ("a.arrow", "no arrow", "cannot be read"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CheckFailed) as refused:
        convert(tmp_path / name, tmp_path / "out.jsonl")
    assert says in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_unknown_container_and_a_file_that_is_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("x")
    with pytest.raises(FinetuneError, match=r"\.xlsx"):
        convert(tmp_path / "a.xlsx", tmp_path / "out.jsonl")
    with pytest.raises(FinetuneError, match="would replace"):
        convert(tmp_path / "a.jsonl", tmp_path / "a.xlsx")
