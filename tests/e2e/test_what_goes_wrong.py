"""Each thing that goes wrong ends in one clear message, and nothing half-made is lost or orphaned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Project, example, small_stack
from tests.local_azure.conftest import Arm


def created(project: Project, prefix: str) -> list[str]:
    """What requests created, by the journal: effects that begin with ``created <prefix>``."""
    return [row["effect"] for row in project.cloud.door.journal() if row["effect"].startswith(f"created {prefix}")]


def no_trace(said: str) -> None:
    assert "Traceback" not in said, said


def test_a_file_of_nine_examples_fails_in_the_preview_with_its_reason_and_sends_nothing(project: Project) -> None:
    small_stack(project)
    project.data("train.jsonl", [example(number) for number in range(9)])
    said = project.pulumi("preview", ok=False).said
    assert "data/train.jsonl" in said
    assert "10" in said
    assert created(project, "file-") == []
    no_trace(said)


def test_a_bad_line_is_named_with_its_number_in_the_preview(project: Project) -> None:
    small_stack(project)
    lines = [example(number) for number in range(20)]
    lines[6] = '{"messages": [{"role": "user", "content": "no answer"}]}'
    project.data("train.jsonl", lines)
    said = project.pulumi("preview", ok=False).said
    assert "data/train.jsonl:7:" in said
    no_trace(said)


def test_a_missing_file_is_named(project: Project) -> None:
    small_stack(project)
    project.change(lambda config: config["finetuning:models"]["adder"].update(training="data/absent.jsonl"))
    said = project.pulumi("preview", ok=False).said
    assert "there is no file data/absent.jsonl" in said
    no_trace(said)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": "gpt-4.1-mimi-2025-04-14"}, ("there is no base model gpt-4.1-mimi-2025-04-14", "gpt-4.1-mini-2025-04-14")),
        ({"region": "westus2"}, ("westus2 offers no GlobalStandard training", "finetuning:models.adder.region")),
        ({"hyperparameters": {"epochs": 3}}, ("finetuning:models.adder.hyperparameters.epochs", "unknown key", "stacks/Pulumi.test.yaml")),
    ],
)
def test_a_wish_that_azure_does_not_offer_is_refused_with_its_key_before_anything_is_made(
    project: Project, change: dict[str, Any], words: tuple[str, ...]
) -> None:
    small_stack(project)
    project.change(lambda config: config["finetuning:models"]["adder"].update(change))
    said = project.pulumi("preview", ok=False).said
    for word in words:
        assert word in said
    no_trace(said)
    assert project.state() == []


def test_a_wrong_sign_in_is_one_clear_message(project: Project) -> None:
    small_stack(project)
    project.environment["ARM_CLIENT_SECRET"] = "wrong"
    said = project.up(ok=False).said
    assert "AADSTS7000215" in said
    no_trace(said)


def test_no_quota_is_told_with_the_key_to_change_and_the_model_is_kept_for_the_next_run(project: Project) -> None:
    small_stack(project)
    project.cloud.door.settings(quota_capacity=0)
    said = project.up(ok=False).said
    assert "InsufficientQuota" in said
    assert "finetuning:deployments.adder.capacity" in said
    no_trace(said)
    project.cloud.door.settings(quota_capacity=1000)
    project.up()
    assert len(created(project, "ftjob-")) == 1


def test_a_job_that_fails_tells_the_services_reason_and_what_to_do(project: Project) -> None:
    small_stack(project)
    project.cloud.door.settings(job_trouble="data_safety")
    said = project.up(ok=False).said
    assert "failed RAI checks" in said
    assert "models.adder.retrain" in said
    no_trace(said)
    project.cloud.door.settings(job_trouble="")
    project.change(lambda config: config["finetuning:models"]["adder"].update(retrain=1))
    project.up()
    assert project.outputs()["deployments"]["adder"]["swedencentral"]["model"]


def test_a_job_that_may_not_be_looked_at_is_one_message_and_the_next_run_goes_on(project: Project) -> None:
    small_stack(project)
    project.cloud.door.fault(method="GET", path=r"/fine_tuning/jobs/ftjob-[^/]+ ", status=403, code="Forbidden", message="Not today.")
    said = project.up(ok=False).said
    assert "job ftjob-" in said
    assert "Not today." in said
    no_trace(said)
    project.cloud.door.clear_faults()
    project.up()
    assert len(created(project, "ftjob-")) == 1


def wandb_stack(project: Project, **wandb: Any) -> None:
    project.cloud.door.settings(operator_links_wandb=True)
    small_stack(project, wandb={"project": "sums", "linked": True, **wandb}, vault={"softDeleteDays": 7})


def test_a_wrong_wandb_key_leaves_the_model_and_says_why_the_run_is_missing(project: Project) -> None:
    wandb_stack(project)
    project.environment["WANDB_API_KEY"] = "0" * 40
    said = project.up().said
    assert "Weights & Biases has nothing of ftjob-" in said
    assert project.outputs()["models"]["adder"]["wandb"] not in ("ok", "off")
    assert "0" * 40 not in said


def test_without_the_portal_step_the_job_says_that_the_link_is_missing(project: Project) -> None:
    wandb_stack(project)
    project.cloud.door.settings(operator_links_wandb=False)
    said = project.up().said
    assert "Weights & Biases has nothing of ftjob-" in said
    assert "link" in project.outputs()["models"]["adder"]["wandb"].lower()


def test_an_identity_without_its_role_is_what_the_job_reports(project: Project) -> None:
    wandb_stack(project)
    project.up()
    grant = next(item for item in project.state() if item["urn"].endswith("vault-reader-0-assignment"))
    Arm(project.cloud).call("DELETE", grant["id"], version="2022-04-01")
    project.cloud.door.advance(601)  # longer than a deleted role may still count
    project.change(lambda config: config["finetuning:models"]["adder"].update(retrain=1))
    said = project.up().said
    assert "Weights & Biases has nothing of ftjob-" in said
    assert len(created(project, "ftjob-")) == 2


def test_a_plan_above_its_budget_is_refused_in_the_preview(project: Project) -> None:
    small_stack(project)
    project.change(lambda config: config["finetuning:models"]["adder"].update(budget=0.0001))
    said = project.pulumi("preview", ok=False).said
    assert "the training may cost more than its budget" in said
    assert "finetuning:models.adder.budget" in said
    no_trace(said)
    project.change(lambda config: config["finetuning:models"]["adder"].update(budget=5))
    assert "training is estimated at" in project.pulumi("preview").said


def test_unlinked_and_held_nothing_is_trained_and_the_portal_step_is_told(project: Project) -> None:
    wandb_stack(project, linked=False, whenUnlinked="hold")
    said = project.up().said
    assert "Manage integrations" in said
    assert "https://kv-" in said
    assert created(project, "ftjob-") == []
    project.change(lambda config: config["finetuning:wandb"].update(linked=True))
    project.up()
    assert project.outputs()["models"]["adder"]["wandb"] == "ok"


def test_a_missing_wandb_key_is_asked_for_by_its_variable(project: Project) -> None:
    wandb_stack(project)
    project.environment["WANDB_API_KEY"] = ""
    said = project.pulumi("preview", ok=False).said
    assert "the environment variable WANDB_API_KEY is empty" in said
    no_trace(said)


def test_a_rotated_wandb_key_shows_as_a_change_and_is_written(project: Project) -> None:
    wandb_stack(project)
    project.up()
    project.environment["WANDB_API_KEY"] = "1" * 40
    assert project.preview() == {"wandb-key": "update"}
    project.up()
    assert project.preview() == {}


def test_a_deleted_account_is_restored_when_asked_for(project: Project) -> None:
    small_stack(project, account={})
    project.up()
    project.destroy()
    said = project.up(ok=False).said
    assert "FlagMustBeSetForRestore" in said
    assert "finetuning:account.restore: true" in said
    project.change(lambda config: config["finetuning:account"].update(restore=True))
    project.up()
    assert project.outputs()["deployments"]["adder"]["swedencentral"]["model"]
