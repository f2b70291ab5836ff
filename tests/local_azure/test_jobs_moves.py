"""What can be done to a fine-tuning job in which state: cancel, pause, resume, delete; places and the queue; troubles."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.local_azure.conftest import Account, chat_lines, finish_job, start_job, upload

HARMFUL = "[[harmful content]]"


@pytest.fixture
def file(account: Account) -> str:
    account.cloud.door.settings(job_queue=10, job_train=100)
    return upload(account.v1(), chat_lines(20))


def status(account: Account, job: Any) -> str:
    return str(account.v1().fine_tuning.jobs.retrieve(job.id).status)


def test_a_pending_job_and_a_running_job_can_be_cancelled(account: Account, file: str) -> None:
    client = account.v1()
    for seconds in (0, 50):
        job = start_job(client, file)
        account.cloud.door.advance(seconds)
        assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
        done = finish_job(account, job.id)
        assert done.status == "cancelled" and done.fine_tuned_model is None


def test_a_finished_job_cannot_be_cancelled(account: Account, file: str) -> None:
    job = start_job(account.v1(), file)
    finish_job(account, job.id)
    with pytest.raises(openai.ConflictError, match="succeeded"):
        account.v1().fine_tuning.jobs.cancel(job.id)


def test_a_paused_job_has_a_deployable_checkpoint_and_goes_on_where_it_was(account: Account, file: str) -> None:
    client, door = account.v1(), account.cloud.door
    door.settings(job_pause=20)
    job = start_job(client, file, hyperparameters={"n_epochs": 2, "batch_size": 1})
    door.advance(60)
    assert client.fine_tuning.jobs.pause(job.id).status == "pausing"
    door.advance(21)
    assert status(account, job) == "paused"
    (checkpoint,) = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert 18 <= checkpoint.step_number <= 22
    account.deploy("half", checkpoint.fine_tuned_model_checkpoint)
    door.advance(5000)
    assert status(account, job) == "paused"
    assert client.fine_tuning.jobs.resume(job.id).status == "resuming"
    door.advance(11)
    assert status(account, job) == "running"
    door.advance(45)
    assert status(account, job) == "running"
    door.advance(10)
    assert status(account, job) == "succeeded"


def test_a_job_cannot_be_paused_before_its_first_step(account: Account, file: str) -> None:
    job = start_job(account.v1(), file)
    with pytest.raises(openai.ConflictError, match="pending"):
        account.v1().fine_tuning.jobs.pause(job.id)
    account.cloud.door.advance(10)
    with pytest.raises(openai.ConflictError, match="not trained a step"):
        account.v1().fine_tuning.jobs.pause(job.id)


def test_only_a_paused_job_can_be_resumed(account: Account, file: str) -> None:
    with pytest.raises(openai.ConflictError, match="resuming is not possible"):
        account.v1().fine_tuning.jobs.resume(start_job(account.v1(), file).id)


def test_jobs_beyond_the_places_wait_for_those_ahead(account: Account, file: str) -> None:
    account.cloud.door.settings(running_jobs=2)
    client = account.v1()
    jobs = [start_job(client, file) for _ in range(3)]
    account.cloud.door.advance(11)
    assert [status(account, job) for job in jobs] == ["running", "running", "pending"]
    client.fine_tuning.jobs.cancel(jobs[0].id)
    assert status(account, jobs[2]) == "running"
    account.cloud.door.advance(101)
    assert [status(account, job) for job in jobs[1:]] == ["succeeded", "succeeded"]


def test_developer_jobs_have_places_of_their_own(account: Account, file: str) -> None:
    account.cloud.door.settings(running_jobs=1, running_jobs_developer=1)
    client = account.v1()
    jobs = [start_job(client, file, extra_body={"trainingType": kind}) for kind in ("globalstandard", "developerTier", "Standard")]
    account.cloud.door.advance(11)
    assert [status(account, job) for job in jobs] == ["running", "running", "pending"]
    assert [job.trainingType for job in jobs] == ["globalStandard", "developerTier", "standard"]


@pytest.mark.parametrize(("limit", "text"), [({"queued_jobs": 1}, "queued"), ({"total_jobs": 1}, "at most 1")])
def test_a_full_queue_refuses_jobs_with_quota_exceeded(account: Account, file: str, limit: dict[str, int], text: str) -> None:
    account.cloud.door.settings(**limit)
    start_job(account.v1(), file)
    with pytest.raises(openai.BadRequestError, match=text) as refusal:
        start_job(account.v1(), file)
    assert refusal.value.code == "quotaExceeded"


def test_a_file_of_an_active_job_cannot_be_deleted(account: Account, file: str) -> None:
    client = account.v1()
    job = start_job(client, file)
    with pytest.raises(openai.ConflictError, match=job.id):
        client.files.delete(file)
    finish_job(account, job.id)
    assert client.files.delete(file).deleted


def test_a_job_is_deleted_on_the_dated_routes_only_and_its_model_stays(account: Account, file: str) -> None:
    client, path = account.dated(), "/fine_tuning/jobs/{}"
    job = start_job(client, file)
    with pytest.raises(openai.ConflictError):
        client.delete(path.format(job.id), cast_to=object)
    model = finish_job(account, job.id).fine_tuned_model
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        account.v1().delete(path.format(job.id), cast_to=object)
    client.delete(path.format(job.id), cast_to=object)
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.retrieve(job.id)
    assert client.models.retrieve(model).id == model


@pytest.mark.parametrize(
    ("trouble", "text"),
    [("data_safety", "failed RAI checks for harm types: [hate_fairness, self_harm, violence]"), ("training_error", "internal error")],
)
def test_a_job_in_trouble_fails_with_the_services_words(account: Account, file: str, trouble: str, text: str) -> None:
    account.cloud.door.settings(job_trouble=trouble)
    done = finish_job(account, start_job(account.v1(), file).id)
    assert done.status == "failed" and text in done.error.message and done.fine_tuned_model is None
    event = account.v1().fine_tuning.jobs.list_events(done.id).data[0]
    assert event.level == "error" and text in event.message


def test_harmful_training_data_fails_the_check_of_the_data(account: Account) -> None:
    client = account.v1()
    done = finish_job(account, start_job(client, upload(client, chat_lines(20, f"{{sum}} {HARMFUL}"))).id)
    assert (done.status, done.error.code) == ("failed", "contentFilter")


def test_an_unsafe_model_cannot_be_deployed(account: Account, file: str) -> None:
    account.cloud.door.settings(job_trouble="model_safety")
    done = finish_job(account, start_job(account.v1(), file).id)
    assert any("[Violence, Self Harm]" in event.message for event in account.v1().fine_tuning.jobs.list_events(done.id))
    with pytest.raises(AssertionError, match="unable to be deployed"):
        account.deploy("unsafe", done.fine_tuned_model)
