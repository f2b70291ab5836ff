"""Whatever happens to a good file, examining it gives findings and never fails."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets import METHODS, Method, examine
from finetune.datasets.excerpt import excerpts
from finetune.datasets.explain import Explainer
from finetune.datasets.limits import Limits
from finetune.datasets.plain import LANES
from finetune.datasets.rules.grader import check_grader, item_fields
from tests.unit.datasets.corpus import chats, others, tool_calls
from tests.unit.datasets.corpus.making import Case, good, written

_CASES = [
    case
    for case in (*chats.CASES, *tool_calls.CASES, *others.PREFERENCE, *others.PREFERENCE_TOOLS, *others.REINFORCEMENT)
    if isinstance(case.line, dict)
]
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3), max_leaves=8)


def _examined(data: bytes, method: Method, *, tokens: bool = True) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.jsonl"
        path.write_bytes(data)
        report = examine(path, method=method, tokens=tokens)
        shown = excerpts(report.path, report.findings)
        assert all(found.message and found.fix for found in report.findings)
        assert all(found.line is None or index in shown for index, found in enumerate(report.findings))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(METHODS), st.booleans())
def test_bytes_changed_anywhere(data: st.DataObject, method: Method, tokens: bool) -> None:
    file = bytearray(b"\n".join(written(good(method, number)) for number in range(11)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(file) - 1))
        file[at : at + data.draw(st.integers(0, 30))] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"]", b"\n", b"\r", b"\\u", b"\xef\xbb\xbf"])
        )
        file = file or bytearray(b" ")
    _examined(bytes(file), method, tokens=tokens)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(METHODS))
def test_any_bytes(data: bytes, method: Method) -> None:
    _examined(data, method)


@settings(max_examples=250, deadline=None)
@given(st.data(), st.sampled_from(_CASES))
def test_a_value_replaced_anywhere_in_an_example(data: st.DataObject, case: Case) -> None:
    example = json.loads(json.dumps(case.line))
    _replace(example, data)
    _examined(b"\n".join([*[written(good(case.method, number)) for number in range(3)], json.dumps(example).encode()]), case.method)


def _replace(example: Any, data: st.DataObject) -> None:
    """Walks to a random place and puts another value there, or removes what is there."""
    holder = example
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and holder[key] and data.draw(st.integers(0, 3)):
            holder = holder[key]
        elif data.draw(st.integers(0, 4)) == 0:
            del holder[key]
            return
        else:
            holder[key] = data.draw(_VALUES)
            return


@settings(max_examples=250, deadline=None)
@given(st.data(), st.sampled_from(_CASES))
def test_what_the_fast_lane_admits_breaks_no_rule(data: st.DataObject, case: Case) -> None:
    example = json.loads(json.dumps(case.line))
    _replace(example, data)
    lane, line = LANES[case.method], json.dumps(example).encode()
    try:
        talk = lane.messages(lane.decode(line))
    except ValueError:
        return
    shape = tuple(map(type, talk))
    if lane.is_sound(shape) and not (lane.pairs and talk[-1].content == talk[-2].content):
        assert [found for found in Explainer(case.method, Limits())(line + b"\n").cases if found.code != "bom-in-text"] == []


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([case.grader for case in others.REINFORCEMENT if case.grader]))
def test_a_value_replaced_anywhere_in_a_grader(data: st.DataObject, grader: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(grader))
    _replace(changed, data)
    assert all(found.code.startswith("grader-") for found in check_grader(changed, Limits()))
    assert all(isinstance(field, str) for field in item_fields(changed))
