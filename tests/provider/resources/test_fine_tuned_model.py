"""FineTunedModel, as the engine drives it: the finished job, read once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_azure.conftest import Account, chat_lines, upload
from tests.provider.resources.conftest import Failed, Kind, Plugin, Props, job_inputs


@pytest.fixture
def finished(jobs: Kind, account: Account) -> Props:
    """The inputs of the model of a job that has succeeded."""
    return inputs(account, ended(jobs, account))


def ended(jobs: Kind, account: Account, **changes: Any) -> str:
    id, _ = jobs.create(job_inputs(account, upload(account.v1(), chat_lines(12)), **changes))
    account.cloud.door.advance(30)
    assert account.v1().fine_tuning.jobs.retrieve(id).status in ("succeeded", "failed", "cancelled")
    return id


def inputs(account: Account, job: str) -> Props:
    return {"name": "tutor", "endpoint": account.url, "job_id": job}


def test_it_records_what_the_job_left(models: Kind, account: Account, finished: Props) -> None:
    id, outputs = models.create(finished)
    job = account.v1().fine_tuning.jobs.retrieve(finished["job_id"])
    assert id == outputs["fine_tuned_model"] == job.fine_tuned_model
    assert outputs["trained_tokens"] == job.trained_tokens
    assert outputs["base"] == "gpt-4.1-mini-2025-04-14"
    assert outputs["seed"] == 7
    assert set(outputs["metrics"]) >= {"train_loss", "train_accuracy"}
    assert outputs["checkpoints"][-1]["id"].startswith("ftchkpt-")
    assert outputs["wandb"] == "off"


@pytest.mark.parametrize("path", ["/content", "/events", "/checkpoints", "operation:retrieve_job"])
def test_a_busy_moment_while_it_is_read_does_not_lose_the_training(models: Kind, account: Account, finished: Props, path: str) -> None:
    account.cloud.door.fault(path=path, method="GET", status=503, code="serviceUnavailable", times=1)
    assert models.create(finished)[1]["metrics"]


@pytest.mark.parametrize(("trouble", "words"), [("data_safety", "failed RAI checks"), ("training_error", "training job ftjob-")])
def test_a_failed_job_is_told_in_the_services_words_with_the_key_that_trains_again(
    models: Kind, jobs: Kind, account: Account, trouble: str, words: str
) -> None:
    account.cloud.door.settings(job_trouble=trouble)
    with pytest.raises(Failed) as caught:
        models.create(inputs(account, ended(jobs, account)))
    what, why, do = caught.value.shown.splitlines()
    assert what.startswith("tutor: training job ftjob-")
    assert what.endswith(" failed")
    assert words in what + why
    assert "raise models.tutor.retrain" in do


def test_a_cancelled_job_is_told_as_such(models: Kind, jobs: Kind, account: Account) -> None:
    account.cloud.door.settings(job_train=3600)
    id, outputs = jobs.create(job_inputs(account, upload(account.v1(), chat_lines(12))))
    jobs.delete(id, outputs)
    with pytest.raises(Failed, match="was cancelled"):
        models.create(inputs(account, id))


def test_a_job_that_is_gone_is_told_with_what_to_do(models: Kind, account: Account) -> None:
    with pytest.raises(Failed) as caught:
        models.create(inputs(account, "ftjob-" + "0" * 32))
    assert "the account has no job ftjob-" in caught.value.shown
    assert "models.tutor.retrain" in caught.value.shown


def test_a_new_job_replaces_it_and_nothing_else_does(models: Kind, account: Account) -> None:
    olds = {**inputs(account, "ftjob-1"), "fine_tuned_model": "m", "trained_tokens": 5.0}
    assert models.diff(olds, inputs(account, "ftjob-2")) == (True, ["job_id"])
    assert models.diff(olds, inputs(account, "ftjob-1")) == (False, [])


def test_reading_keeps_the_record_and_finds_a_model_gone(models: Kind, account: Account, finished: Props) -> None:
    id, outputs = models.create(finished)
    assert models.read(id, outputs) == (id, outputs, finished)
    assert models.read(f"{id}-other", outputs)[0] == ""


def test_deleting_leaves_the_model_to_azure(models: Kind, account: Account, finished: Props, plugin: Plugin) -> None:
    id, outputs = models.create(finished)
    models.delete(id, outputs)
    assert account.v1().models.retrieve(id)
