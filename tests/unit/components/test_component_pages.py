"""docs/components/*.md: a page for every component, and what replaces a resource stands there as it stands in the code."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import components
from components.fine_tuned_model import FineTunedModelProvider
from components.fine_tuning_job import FineTuningJobProvider
from components.lifecycle_provider import LifecycleProvider
from components.model_deployment import ReadyDeploymentProvider
from components.training_file import TrainingFileProvider
from components.wandb_integration import WandbSecretProvider
from local_azure.azure_native.resource_types import TYPES

FOLDER = Path(__file__).parents[3] / "docs" / "components"
PAGES = {path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# "): path for path in sorted(FOLDER.glob("*.md"))}

#: Resource in a page's table → the provider whose table it must be.
OURS: dict[str, type[LifecycleProvider]] = {
    "FineTunedModel": FineTunedModelProvider,
    "FineTuningJob": FineTuningJobProvider,
    "ReadyDeployment": ReadyDeploymentProvider,
    "TrainingFile": TrainingFileProvider,
    "WandbSecret": WandbSecretProvider,
}


def replacing(page: str) -> dict[str, dict[str, str]]:
    """Resource → input → reason, of a page's section "What replaces it"."""
    section = PAGES[page].read_text(encoding="utf-8").split("## What replaces it")[1].split("\n## ")[0]
    found: dict[str, dict[str, str]] = {}
    for part, name, reason in re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$", section, re.MULTILINE):
        found.setdefault(part, {})[name] = reason
    return found


def test_every_component_has_a_page() -> None:
    classes = {name for name in components.__all__ if inspect.isclass(getattr(components, name))}
    assert set(PAGES) == classes - {"Principal", "ModelReference"}  # values that other components take


def test_every_provider_of_ours_stands_on_one_page() -> None:
    assert sorted(part for page in PAGES for part in replacing(page) if part in OURS) == sorted(OURS)


@pytest.mark.parametrize("page", PAGES)
def test_what_replaces_a_resource_is_what_the_code_says(page: str) -> None:
    for part, rows in replacing(page).items():
        if part in OURS:
            wanted = OURS[part].replaces
            assert {name: rows[name] if reason else "" for name, reason in wanted.items()} == dict(wanted)
            assert set(rows) == set(wanted)
        else:
            assert set(rows) == TYPES[part].force_new


@pytest.mark.parametrize("page", PAGES)
def test_every_input_stands_on_the_page(page: str) -> None:
    text = PAGES[page].read_text(encoding="utf-8")
    arguments = set(inspect.signature(getattr(components, page).__init__).parameters) - {"self", "name", "opts"}
    assert {name for name in arguments if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short(page: str) -> None:
    assert len(PAGES[page].read_text(encoding="utf-8").splitlines()) < 60
