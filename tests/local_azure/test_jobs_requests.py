"""What a request for a fine-tuning job may say: base models, training types, regions, methods, limits; each refusal in the service's words."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from tests.conftest import Cloud
from tests.local_azure.conftest import BASE, Account, chat_lines, finish_job, make_account, start_job, upload


@pytest.fixture
def file(account: Account) -> str:
    return upload(account.v1(), chat_lines(20))


def refusal(account: Account, file: str, **options: Any) -> str:
    """The message of the 400 that a request gets."""
    with pytest.raises(openai.BadRequestError) as refused:
        start_job(account.v1(), file, **options)
    assert refused.value.code == "invalidPayload"
    assert isinstance(refused.value.body, dict)
    return str(refused.value.body["message"])


def test_a_job_without_a_training_type_is_refused_in_misleading_words(account: Account, file: str) -> None:
    with pytest.raises(openai.BadRequestError, match="The specified base model does not support fine-tuning"):
        account.v1().fine_tuning.jobs.create(model=BASE, training_file=file)
    account.cloud.door.settings(training_type_required=False)
    job = account.v1().fine_tuning.jobs.create(model=BASE, training_file=file)
    assert job.model_extra["trainingType"] == "standard"  # type: ignore[index]


@pytest.mark.parametrize("model", ["gpt-9-2030-01-01", "text-embedding-3-large-1", f"{BASE}.ft-{'0' * 32}"])
def test_an_unknown_or_untrainable_base_model_is_refused(account: Account, file: str, model: str) -> None:
    assert refusal(account, file, model=model) == "The specified base model does not support fine-tuning."


def test_a_region_without_that_training_is_refused(cloud: Cloud) -> None:
    account = make_account(cloud, "in-westeurope", "westeurope")
    file = upload(account.v1(), chat_lines(20))
    assert "'Standard' in the region 'westeurope'" in refusal(account, file, extra_body={"trainingType": "Standard"})
    assert start_job(account.v1(), file).status == "pending"
    account.close()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"suffix": "v1.2"}, "'suffix' must be"),
        ({"suffix": "x" * 41}, "'suffix' must be"),
        ({"seed": -1}, "'seed' must be an integer from 0"),
        ({"metadata": {"k": "x" * 513}}, "'metadata' must be"),
        ({"metadata": {str(at): "" for at in range(17)}}, "'metadata' must be"),
        ({"hyperparameters": {"n_epochs": 0}}, "'hyperparameters.n_epochs' must be 'auto' or an integer of at least 1"),
        ({"hyperparameters": {"epochs": 1}}, "Unknown parameter: 'hyperparameters.epochs'"),
        ({"extra_body": {"trainingType": "Cheap"}}, "'trainingType' must be one of"),
        ({"extra_body": {"priority": 1}}, "Unknown parameter: 'priority'"),
        ({"method": {"type": "magic"}}, "'method.type' must be one of"),
        ({"method": {"type": "dpo", "supervised": {}}}, "'method.supervised' does not go with the method type 'dpo'"),
        ({"method": {"type": "dpo"}}, "the method 'dpo' needs 'preference'"),
        ({"method": {"type": "reinforcement", "reinforcement": {}}}, "grader.type"),
        ({"integrations": [{"type": "wandb", "wandb": {}}]}, "'integrations[0].wandb.project' is required"),
        ({"integrations": [{"type": "mlflow", "wandb": {"project": "p"}}]}, "'integrations[0].type' must be one of wandb"),
    ],
)
def test_a_bad_member_is_refused_by_name(account: Account, file: str, options: dict[str, Any], text: str) -> None:
    assert text in refusal(account, file, **options)


def test_a_method_that_the_base_model_lacks_is_refused(account: Account, file: str) -> None:
    assert "with the method 'supervised'" in refusal(account, file, model="o4-mini-2025-04-16")


def test_a_file_that_is_unknown_or_not_processed_is_refused(account: Account, file: str) -> None:
    with pytest.raises(openai.NotFoundError, match="file-nowhere"):
        start_job(account.v1(), "file-nowhere")
    account.cloud.door.settings(file_import=60)
    fresh = account.v1().files.create(file=("t.jsonl", chat_lines(20)), purpose="fine-tune")
    assert "in state 'pending'" in refusal(account, fresh.id)


def test_too_many_tokens_times_epochs_are_refused(account: Account, file: str) -> None:
    account.cloud.door.settings(job_tokens=5000)
    with pytest.raises(openai.BadRequestError, match="at most 5000") as refused:
        start_job(account.v1(), file, hyperparameters={"n_epochs": 50})
    assert refused.value.code == "quotaExceeded"


def test_metadata_is_kept_on_v1_and_dropped_by_the_dated_versions(account: Account, file: str) -> None:
    assert start_job(account.v1(), file, metadata={"fingerprint": "v1:abc"}).metadata == {"fingerprint": "v1:abc"}
    assert start_job(account.dated(), file, metadata={"fingerprint": "v1:abc"}).metadata is None


def test_a_preference_job_trains_with_its_own_hyperparameters(account: Account) -> None:
    client = account.v1()
    good, bad = ([{"role": "assistant", "content": text}] for text in ("4", "no"))
    asked = {"messages": [{"role": "user", "content": "Say a number."}]}
    row = {"input": asked, "preferred_output": good, "non_preferred_output": bad}
    file = upload(client, (json.dumps(row).encode() + b"\n") * 12)
    job = start_job(client, file, method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": 2}}})
    done = finish_job(account, job.id)
    assert (done.status, done.method.type, done.method.dpo.hyperparameters.beta) == ("succeeded", "dpo", 0.1)


def test_a_reinforcement_job_needs_a_validation_file(account: Account) -> None:
    client = account.v1()
    row = {"messages": [{"role": "user", "content": "2+2?"}], "answer": "4"}
    file = upload(client, (json.dumps(row).encode() + b"\n") * 12)
    grader = {"type": "string_check", "name": "g", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    options: dict[str, Any] = {"model": "o4-mini-2025-04-16", "method": {"type": "reinforcement", "reinforcement": {"grader": grader}}}
    assert "'validation_file' is required" in refusal(account, file, **options)
    job = start_job(client, file, validation_file=file, **options)
    assert job.method.reinforcement.grader.type == "string_check"
    assert finish_job(account, job.id).status == "succeeded"


def test_an_open_model_is_trained_on_a_foundry_account_only(account: Account, file: str) -> None:
    assert refusal(account, file, model="Ministral-3B") == "The specified base model does not support fine-tuning."
    account.arm.call("PATCH", account.id, {"kind": "AIServices"})
    job = start_job(account.v1(), file, model="Ministral-3B", suffix="small")
    assert finish_job(account, job.id).fine_tuned_model == f"Ministral-3B.ft-{job.id.removeprefix('ftjob-')}-small"


def test_jobs_come_newest_first_in_pages(account: Account, file: str) -> None:
    client = account.v1()
    ids = [start_job(client, file).id for _ in range(5)]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=2)] == ids[::-1]
    assert client.fine_tuning.jobs.list(limit=2).has_more
    assert [job.id for job in client.fine_tuning.jobs.list(after=ids[1])] == ids[:1]
