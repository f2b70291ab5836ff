"""Fine-tuning jobs, with the real OpenAI clients: from pending to a model, step by step on the clock."""

from __future__ import annotations

import codecs
import csv
import io
import re

import openai
import pytest

from tests.local_azure.conftest import BASE, OPENAI_CONTRIBUTOR, Account, chat_lines, finish_job, start_job, upload


def test_a_job_waits_then_trains_then_succeeds_with_a_model(account: Account) -> None:
    client, door = account.v1(), account.cloud.door
    door.settings(job_queue=60, job_train=600)
    file = upload(client, chat_lines(20))
    job = start_job(client, file, suffix="math-1", seed=7)
    assert (job.status, job.fine_tuned_model, job.trained_tokens) == ("pending", None, None)
    assert re.fullmatch(r"ftjob-[0-9a-f]{32}", job.id)
    door.advance(61)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "running"
    door.advance(600)
    done = client.fine_tuning.jobs.retrieve(job.id)
    assert done.status == "succeeded"
    assert done.fine_tuned_model == f"{BASE}.ft-{job.id.removeprefix('ftjob-')}-math-1"
    assert done.trained_tokens and done.trained_tokens > 0
    assert done.seed == 7 and (done.finished_at or 0) >= done.created_at + 660


def test_hyperparameters_left_to_the_service_are_minus_one_until_it_trains(account: Account) -> None:
    client = account.v1()
    job = start_job(client, upload(client, chat_lines(20)), method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}})
    assert (job.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (2, -1)
    done = finish_job(account, job.id)
    assert (done.hyperparameters.n_epochs, done.hyperparameters.batch_size) == (2, 1)
    assert done.method.supervised.hyperparameters.batch_size == 1


def test_deprecated_top_level_hyperparameters_count_too(account: Account) -> None:
    client = account.dated()
    job = start_job(client, upload(client, chat_lines(20)), hyperparameters={"n_epochs": 4})
    assert job.hyperparameters.n_epochs == 4
    assert job.method.supervised.hyperparameters.n_epochs == 4


def test_a_byte_order_mark_changes_nothing(account: Account) -> None:
    client = account.v1()
    jobs = [start_job(client, upload(client, mark + chat_lines(20)), seed=1).id for mark in (b"", codecs.BOM_UTF8)]
    account.cloud.door.advance(3600)
    with_mark, without = (client.files.content(client.fine_tuning.jobs.retrieve(job).result_files[0]).text for job in jobs)
    assert with_mark == without


def test_the_result_file_has_the_seven_columns_and_a_row_a_step(account: Account) -> None:
    client = account.v1()
    training, validation = upload(client, chat_lines(20)), upload(client, chat_lines(10), "validation.jsonl")
    job = start_job(client, training, validation_file=validation, hyperparameters={"n_epochs": 2, "batch_size": 4})
    done = finish_job(account, job.id)
    (results,) = done.result_files
    assert client.files.retrieve(results).purpose == "fine-tune-results"
    rows = list(csv.reader(io.StringIO(client.files.content(results).text)))
    assert rows[0] == [
        *("step", "train_loss", "train_mean_token_accuracy", "valid_loss"),
        *("validation_mean_token_accuracy", "full_valid_loss", "full_valid_mean_token_accuracy"),
    ]
    assert [row[0] for row in rows[1:]] == [str(step) for step in range(1, 11)]
    assert all(row[1] and row[2] for row in rows[1:]) and rows[-1][5]


def test_events_appear_as_training_goes_on(account: Account) -> None:
    client, door = account.v1(), account.cloud.door
    door.settings(job_queue=10, job_train=1000)
    job = start_job(client, upload(client, chat_lines(20)), hyperparameters={"n_epochs": 2, "batch_size": 1})

    def messages() -> list[str]:
        return [event.message for event in client.fine_tuning.jobs.list_events(job.id)][::-1]

    assert messages() == ["Job enqueued. Waiting for jobs ahead to complete."]
    door.advance(511)
    half = messages()
    assert half[1:3] == ["Job started.", "Training started."]
    assert [text.partition(":")[0] for text in half[3:]] == ["Step 10", "Step 20"]
    door.advance(600)
    end = messages()
    assert end[: len(half)] == half
    assert end[-2].startswith("Completed results file: file-") and end[-1] == "Job succeeded."
    times = [event.created_at for event in client.fine_tuning.jobs.list_events(job.id)]
    assert times == sorted(times, reverse=True)


def test_a_step_event_carries_its_metrics(account: Account) -> None:
    client = account.v1()
    job = start_job(client, upload(client, chat_lines(20)), hyperparameters={"n_epochs": 2})
    finish_job(account, job.id)
    event = next(event for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics")
    assert event.data["train_loss"] > 0 and event.data["step"] == event.data["total_steps"]  # type: ignore[index]


def test_events_come_in_pages(account: Account) -> None:
    client = account.v1()
    job = start_job(client, upload(client, chat_lines(20)))
    finish_job(account, job.id)
    every = [event.id for event in client.fine_tuning.jobs.list_events(job.id, limit=100)]
    assert [event.id for event in client.fine_tuning.jobs.list_events(job.id, limit=2)] == every
    assert len(set(every)) == len(every)


def test_the_last_three_epochs_are_checkpoints(account: Account) -> None:
    client = account.v1()
    job = start_job(client, upload(client, chat_lines(10)), hyperparameters={"n_epochs": 5, "batch_size": 1})
    finish_job(account, job.id)
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert [checkpoint.step_number for checkpoint in checkpoints] == [50, 40, 30]
    assert all(re.fullmatch(r"ftchkpt-[0-9a-f]{32}", checkpoint.fine_tuned_model_checkpoint) for checkpoint in checkpoints)
    assert checkpoints[0].metrics.train_loss is not None


def test_the_same_seed_and_data_give_the_same_results(account: Account) -> None:
    client = account.v1()
    file = upload(client, chat_lines(20))
    jobs = [start_job(client, file, seed=seed).id for seed in (5, 5, 6)]
    account.cloud.door.advance(3600)
    results = [client.files.content(client.fine_tuning.jobs.retrieve(job).result_files[0]).text for job in jobs]
    assert results[0] == results[1] != results[2]


def test_a_fine_tuned_model_can_be_trained_further(account: Account) -> None:
    client = account.v1()
    file = upload(client, chat_lines(20))
    first = finish_job(account, start_job(client, file).id)
    again = finish_job(account, start_job(client, file, model=first.fine_tuned_model).id)
    assert again.model == first.fine_tuned_model
    assert again.fine_tuned_model.startswith(f"{BASE}.ft-{again.id.removeprefix('ftjob-')}")


def test_fine_tuned_models_are_listed_among_the_models(account: Account) -> None:
    client = account.dated()
    done = finish_job(account, start_job(client, upload(client, chat_lines(20))).id)
    names = [model.id for model in client.models.list()]
    assert BASE in names and done.fine_tuned_model in names
    assert client.models.retrieve(done.fine_tuned_model).model_extra["capabilities"]["fine_tune"]  # type: ignore[index]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")


def test_jobs_come_back_with_a_restored_account_and_go_with_a_purged_one(account: Account) -> None:
    client, arm = account.v1(), account.arm
    finish_job(account, start_job(client, upload(client, chat_lines(20))).id)
    body = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}}
    properties = {"customSubDomainName": account.name}
    arm.call("DELETE", account.id)
    with pytest.raises(openai.NotFoundError, match="does not resolve"):
        client.files.list()
    arm.call("PUT", account.id, {**body, "properties": {**properties, "restore": True}})
    arm.assign(account.id, OPENAI_CONTRIBUTOR, account.cloud.identity.object_id)
    assert len(client.fine_tuning.jobs.list().data) == 1
    arm.call("DELETE", account.id)
    account.cloud.door.advance(3 * 86400)
    arm.call("PUT", account.id, {**body, "properties": properties})
    arm.assign(account.id, OPENAI_CONTRIBUTOR, account.cloud.identity.object_id)
    assert not client.fine_tuning.jobs.list().data and not client.files.list().data
