"""FineTuningJob, as the engine drives it: one intent is one job."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud
from tests.local_azure.conftest import Account, chat_lines, upload
from tests.provider.resources.conftest import Failed, Kind, Plugin, effects, job_inputs


@pytest.fixture
def training_file(account: Account) -> str:
    return upload(account.v1(), chat_lines(12))


def created(cloud: Cloud) -> list[str]:
    return effects(cloud, "created ftjob-")


def test_a_job_is_submitted_as_it_was_wished_for(jobs: Kind, account: Account, training_file: str) -> None:
    wish = job_inputs(account, training_file, suffix="v1", metadata={"team": "maths"})
    id, outputs = jobs.create(wish)
    job = account.v1().fine_tuning.jobs.retrieve(id).to_dict()
    assert (job["model"], job["training_file"], job["seed"], job["suffix"]) == (wish["base"], training_file, 7, "v1")
    assert job["method"]["supervised"]["hyperparameters"]["n_epochs"] == 2
    assert job["metadata"] == {
        "team": "maths",
        "finetuning_fingerprint": outputs["fingerprint"],
        "finetuning_owner": "finetuning/test/tutor",
    }


def test_two_creates_of_one_intent_give_one_job(jobs: Kind, account: Account, training_file: str, plugin: Plugin) -> None:
    first, _ = jobs.create(job_inputs(account, training_file))
    second, _ = jobs.create(job_inputs(account, training_file))
    assert first == second
    assert created(account.cloud) == [f"created {first}"]
    assert plugin.said(f"job {first}", "adopted")


@pytest.mark.parametrize("status", ["pending", "running", "succeeded"])
def test_a_job_is_adopted_wherever_it_stands(jobs: Kind, account: Account, training_file: str, status: str) -> None:
    account.cloud.door.settings(job_queue=3600 if status == "pending" else 0, job_train=3600 if status == "running" else 0)
    first, _ = jobs.create(job_inputs(account, training_file))
    account.cloud.door.advance(30)
    assert account.v1().fine_tuning.jobs.retrieve(first).status == status
    assert jobs.create(job_inputs(account, training_file))[0] == first


def test_a_job_that_failed_is_not_adopted(jobs: Kind, account: Account, training_file: str) -> None:
    account.cloud.door.settings(job_trouble="training_error")
    first, _ = jobs.create(job_inputs(account, training_file))
    account.cloud.door.advance(30)
    assert account.v1().fine_tuning.jobs.retrieve(first).status == "failed"
    account.cloud.door.settings(job_trouble="")
    assert jobs.create(job_inputs(account, training_file))[0] != first


def test_a_job_that_was_cancelled_is_not_adopted(jobs: Kind, account: Account, training_file: str) -> None:
    account.cloud.door.settings(job_train=3600)
    first, _ = jobs.create(job_inputs(account, training_file))
    account.v1().fine_tuning.jobs.cancel(first)
    assert jobs.create(job_inputs(account, training_file))[0] != first


@pytest.mark.parametrize("change", [{"retrain": 1}, {"suffix": "v2"}, {"seed": 8}, {"training_hash": "b" * 64}, {"hyperparameters": {"n_epochs": 3}}])
def test_another_wish_is_another_job(jobs: Kind, account: Account, training_file: str, change: dict[str, Any]) -> None:
    first, _ = jobs.create(job_inputs(account, training_file))
    assert jobs.create(job_inputs(account, training_file, **change))[0] != first
    assert len(created(account.cloud)) == 2


@pytest.mark.parametrize("change", [{"role_seconds": 9, "tokens": 1, "budget": 5, "metadata": {"a": "b"}, "region": "x"}, {"hyperparameters": None}])
def test_what_is_no_part_of_the_intent_finds_the_same_job(jobs: Kind, account: Account, training_file: str, change: dict[str, Any]) -> None:
    wish = job_inputs(account, training_file, hyperparameters={})
    assert jobs.create(wish)[0] == jobs.create({**wish, **change})[0]


def test_an_answer_lost_after_the_submission_leaves_one_job(jobs: Kind, account: Account, training_file: str) -> None:
    account.cloud.door.fault(path="operation:create_job", method="POST", after=True, cut=True, times=1)
    id, _ = jobs.create(job_inputs(account, training_file))
    assert created(account.cloud) == [f"created {id}"]


@pytest.mark.parametrize("status", [429, 500])
def test_an_answer_replaced_after_the_submission_leaves_one_job(jobs: Kind, account: Account, training_file: str, status: int) -> None:
    account.cloud.door.fault(path="operation:create_job", method="POST", after=True, status=status, times=1)
    jobs.create(job_inputs(account, training_file))
    assert len(created(account.cloud)) == 1


def test_a_refusal_is_told_in_the_services_words_without_a_trace(jobs: Kind, account: Account, training_file: str) -> None:
    message = "The specified base model does not support fine-tuning."
    account.cloud.door.fault(path="operation:create_job", method="POST", status=400, code="invalidPayload", message=message)
    with pytest.raises(Failed) as caught:
        jobs.create(job_inputs(account, training_file))
    what, why = caught.value.shown.splitlines()
    assert what == "could not submit a fine-tuning job for gpt-4.1-mini-2025-04-14"
    assert why.startswith("  why: 400 invalidPayload: The specified base model does not support fine-tuning. (request ")


REASONS = {
    "endpoint": "it trains again: the account changed",
    "base": "it trains again: the base model changed",
    "method": "it trains again: the method changed",
    "training_hash": "it trains again: the training data changed",
    "validation_hash": "it trains again: the validation data changed",
    "training_type": "it trains again: the trainingType changed",
    "hyperparameters": "it trains again: the hyperparameters changed",
    "seed": "it trains again: the seed changed",
    "grader": "it trains again: the grader changed",
    "suffix": "it trains again: the suffix changed",
    "retrain": "it trains again: asked for by retrain",
}
OTHER: dict[str, Any] = {"hyperparameters": {"n_epochs": 3}, "grader": {"type": "multi"}, "seed": 8, "retrain": 1}


@pytest.mark.parametrize("name", REASONS)
def test_a_change_that_trains_again_replaces_and_says_which_input_it_was(jobs: Kind, account: Account, name: str, plugin: Plugin) -> None:
    olds = job_inputs(account, "file-1")
    assert jobs.diff(olds, {**olds, name: OTHER.get(name, "other")}) == (True, [name])
    assert plugin.said(f"tutor: {REASONS[name]}")


def test_an_unchanged_job_is_unchanged_though_its_numbers_have_travelled(jobs: Kind, account: Account) -> None:
    olds = {**job_inputs(account, "file-1"), "fingerprint": "v1:0", "estimated_cost": {"usd": 1.5}}
    assert jobs.diff(olds, job_inputs(account, "file-2", tokens=5, role_seconds=900, budget=3, region="x", grader=None)) == (False, [])


@pytest.mark.parametrize("change", [{"metadata": {"team": "maths"}}, {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]}])
def test_tags_and_integrations_change_in_place_and_keep_what_the_service_gave(jobs: Kind, account: Account, change: dict[str, Any]) -> None:
    olds = {**job_inputs(account, "file-1"), "fingerprint": "v1:0"}
    assert jobs.diff(olds, {**job_inputs(account, "file-1"), **change}) == (True, [])
    outputs = jobs.update("ftjob-1", olds, {**job_inputs(account, "file-1"), **change})
    assert outputs["fingerprint"] == "v1:0"
    assert change.items() <= outputs.items()


def test_deleting_a_running_job_cancels_it(jobs: Kind, account: Account, training_file: str) -> None:
    account.cloud.door.settings(job_train=3600)
    id, outputs = jobs.create(job_inputs(account, training_file))
    jobs.delete(id, outputs)
    assert account.v1().fine_tuning.jobs.retrieve(id).status == "cancelled"
    jobs.delete(id, outputs)


def test_deleting_a_finished_job_leaves_it_and_its_model(jobs: Kind, account: Account, training_file: str) -> None:
    id, outputs = jobs.create(job_inputs(account, training_file))
    account.cloud.door.advance(30)
    jobs.delete(id, outputs)
    job = account.v1().fine_tuning.jobs.retrieve(id)
    assert job.status == "succeeded"
    assert account.v1().models.retrieve(str(job.fine_tuned_model))


def test_deleting_what_is_not_there_is_fine(jobs: Kind, account: Account) -> None:
    jobs.delete("ftjob-" + "0" * 32, job_inputs(account, "file-1"))


def test_reading_keeps_the_inputs_and_finds_a_job_gone(jobs: Kind, account: Account, training_file: str) -> None:
    wish = job_inputs(account, training_file)
    id, outputs = jobs.create(wish)
    found, _, inputs = jobs.read(id, outputs)
    assert found == id
    assert inputs == {name: value for name, value in wish.items() if name in inputs}
    assert jobs.diff(outputs, {**wish, **inputs}) == (False, [])
    assert jobs.read("ftjob-" + "0" * 32, outputs)[0] == ""
