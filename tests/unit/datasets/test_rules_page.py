"""The page of rules says what the table says."""

from __future__ import annotations

import re
import string
from pathlib import Path

from finetune.datasets.rules.document import document
from finetune.datasets.rules.table import RULES

_PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_page_is_made_from_the_table() -> None:
    assert _PAGE.read_text(encoding="utf-8") == document()


def test_codes_are_kebab_case_and_stand_once() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+|crlf", code) for code in RULES)
    assert document().count("\n| `") == len(RULES)


def test_every_rule_says_what_to_do_and_where_it_comes_from() -> None:
    for rule in RULES.values():
        assert rule.message and rule.fix and rule.source
        assert not rule.message.endswith(".")
        for template in (rule.message, rule.fix):
            assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(template))
