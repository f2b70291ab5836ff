"""What the import linter cannot tell: how components name each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted((ROOT / "components").rglob("*.py"))


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_component_names_its_sisters_relatively_so_that_the_wheel_may_rename_their_folder(file: Path) -> None:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level and node.module]
    assert [name for name in named if name.split(".")[0] in ("components", "finetuning_components")] == []


def test_there_are_components_to_look_at() -> None:
    assert len(COMPONENTS) > 5
