"""The pages point at what exists: files, headings, environment variables, configuration keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), PROJECT / "local_azure" / "DIFFERENCES.md"])

_LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")


def text(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What headings are called in links: lower case, spaces as hyphens, other marks left out."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(text(page)):
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_variables_of_the_page_on_real_azure_are_read_by_the_sign_in() -> None:
    known = (PROJECT / "finetune" / "azure" / "sign_in.py").read_text() + "ARM_SUBSCRIPTION_ID"  # read by azure-native alone
    named = set(re.findall(r"\bARM_[A-Z_]+[A-Z]\b", (PROJECT / "docs" / "real-azure.md").read_text(encoding="utf-8")))
    assert named
    assert {name for name in named if name not in known} == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "configuration.md"], ids=lambda page: str(page.relative_to(PROJECT)))
def test_the_configuration_keys_of_a_page_exist(page: Path) -> None:
    described = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for key in re.findall(r"`finetuning:(?!index:)([\w.<>]+)", text(page)):  # index: tokens of components
        first, _, last = key.partition(".")
        assert f"finetuning:{first}" in described, key
        assert f"`{last.rpartition('.')[2]}`" in described or last in ("", "<name>"), key
