"""docs/configuration.md says what finetune/settings.py checks."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from finetune.settings import parse

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "configuration.md"


@pytest.fixture(scope="module")
def written() -> str:
    page: Callable[[], str] = runpy.run_path(str(PROJECT / "scripts" / "document_settings.py"))["page"]
    return page()


def test_the_page_is_what_the_script_writes(written: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == written, "run: python -m scripts.document_settings"


def test_every_key_has_a_meaning(written: str) -> None:
    rows = [line.split(" | ") for line in written.splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert [row[0] for row in rows if not row[-1].strip(" |")] == []


def test_the_example_is_a_stack() -> None:
    text = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    assert list(parse(yaml.safe_load(text[1])["config"], "the page").models) == ["tutor"]
