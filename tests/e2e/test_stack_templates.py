"""The stack files that come with the project work as they are: dev trains, staging and prod serve what dev has trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.azure.completions import ask
from finetune.settings import from_stack_file
from tests.e2e.conftest import ROOT, Project

TEMPLATES = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
EXAMPLE_ID = "gpt-4.1-mini-2025-04-14.ft-00000000000000000000000000000000-math-tutor"
EXAMPLE_ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-finetuning-dev/providers/Microsoft.CognitiveServices/accounts/dev-account"
)


def begun(project: Project, name: str, **values: str) -> Project:
    """A stack of the template's name, with example values in the file replaced as its comments say."""
    stack = replace(project, stack=name)
    text = (ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
    for example, value in ((EXAMPLE_ID, values.get("id")), (EXAMPLE_ACCOUNT, values.get("account"))):
        assert (value is None) == (example not in text)
        text = text.replace(example, value or example)
    stack.file.write_text(text, encoding="utf-8")
    stack.pulumi("stack", "init")
    return stack


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_template_is_a_stack(template: Path) -> None:
    assert from_stack_file(template).deployments


def test_dev_trains_and_staging_and_prod_serve_that_very_model(project: Project) -> None:
    project.cloud.door.settings(job_train=0.5)
    dev = begun(project, "dev")
    assert "Fine-tuning > Manage integrations" in dev.up().said
    trained = dev.outputs()["models"]["math-tutor"]
    assert trained["wandb"] == "off"

    staging = begun(project, "staging", id=trained["id"], account=trained["account"])
    staging.up()
    place = staging.outputs()["deployments"]["math-tutor"]["swedencentral"]
    assert place["model"] == trained["id"]
    assert ask(place["endpoint"], place["deployment"], "What is 3 plus 3?")

    prod = begun(project, "prod", id=trained["id"], account=trained["account"])
    planned = prod.preview()
    assert {"math-tutor-swedencentral-deployment", "math-tutor-eastus2-deployment"} <= set(planned)
    assert not any("vault" in name or "training" in name for name in planned)
