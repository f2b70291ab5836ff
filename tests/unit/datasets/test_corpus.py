"""Every bad or borderline file has the findings that it must have, on the line where they belong, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.datasets import Report, examine
from finetune.datasets.excerpt import excerpts
from finetune.datasets.rules.table import RULES
from tests.unit.datasets.corpus import chats, files, others, tool_calls
from tests.unit.datasets.corpus.making import Case

CASES = (*files.CASES, *chats.CASES, *tool_calls.CASES, *others.PREFERENCE, *others.PREFERENCE_TOOLS, *others.REINFORCEMENT, *others.VISION)
_BY_NAME = [pytest.param(case, id=f"{case.method}: {case.name}") for case in CASES]

#: Rules that need several files, or very large ones; their tests are elsewhere (test_pairs.py, test_limits.py).
ELSEWHERE = {code for code, rule in RULES.items() if rule.family in ("pairs", "folder")} | {
    "file-too-large",
    "file-needs-uploads",
    "line-too-long",
    "image-examples-too-many",
}
NOTES = {code for code, rule in RULES.items() if rule.severity == "note"}


def examined(case: Case, folder: Path, *, tokens: bool = True) -> Report:
    path = folder / "data.jsonl"
    path.write_bytes(case.data)
    return examine(path, method=case.method, model=case.model, grader=case.grader, tokens=tokens)


@pytest.mark.parametrize("case", _BY_NAME)
def test_a_file_has_the_findings_that_it_deserves(case: Case, tmp_path: Path) -> None:
    report = examined(case, tmp_path)
    assert {(found.code, found.line) for found in report.findings if found.severity != "note"} == case.findings
    assert report.more == {}
    assert report.ok == (not any(RULES[code].severity == "error" for code, _ in case.findings))


@pytest.mark.parametrize("case", [param for param in _BY_NAME if param.values[0].codes])  # type: ignore[attr-defined]
def test_the_place_of_a_finding_is_shown(case: Case, tmp_path: Path) -> None:
    report = examined(case, tmp_path)
    shown = excerpts(report.path, report.findings)
    for index, found in enumerate(report.findings):
        if found.path or found.column:
            assert shown[index].start < shown[index].end <= len(shown[index].text)


@pytest.mark.parametrize("case", [param for param in _BY_NAME if not param.values[0].findings])  # type: ignore[attr-defined]
def test_a_good_file_is_good_without_tokens_too(case: Case, tmp_path: Path) -> None:
    assert {found.code for found in examined(case, tmp_path, tokens=False).findings} <= NOTES


def test_the_corpus_is_large_and_each_file_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 200
    assert len({(case.method, case.name) for case in CASES}) == len(CASES)


def test_every_rule_has_a_file_that_breaks_it() -> None:
    broken = {code for case in CASES for code, _ in case.findings}
    assert set(RULES) - NOTES - ELSEWHERE - broken == set()
