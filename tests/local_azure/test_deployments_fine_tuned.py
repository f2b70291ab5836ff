"""Deployments of fine-tuned models: where from, how many, how long, and which model answers."""

from __future__ import annotations

from typing import Any

import pytest
from azure.identity import ClientSecretCredential
from openai import NotFoundError

from tests.conftest import Cloud
from tests.local_azure.arm import Caller, Place
from tests.local_azure.conftest import Account, chat_lines, finish_job, make_account, start_job, upload

CONTRIBUTOR = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"
DAY = 86400


@pytest.fixture
def tuned(account: Account) -> str:
    """A model fine-tuned in the account ``math-tutor-swc``, which is in the group ``tests``."""
    return train(account)


def train(account: Account, **options: Any) -> str:
    job = start_job(account.v1(), upload(account.v1(), chat_lines(12)), **options)
    return str(finish_job(account, job.id).fine_tuned_model)


def body(model: str, sku: str = "GlobalStandard", **more: str) -> dict[str, Any]:
    return {"sku": {"name": sku, "capacity": 1}, "properties": {"model": {"format": "OpenAI", "name": model, "version": "1", **more}}}


def names(account: Account) -> list[str]:
    return [each["name"] for each in account.arm.call("GET", f"{account.id}/deployments")["value"]]


def ask(account: Account, deployment: str) -> str:
    answer = account.v1().chat.completions.create(model=deployment, messages=[{"role": "user", "content": "What is 3 plus 3?"}], max_tokens=20)
    return str(answer.model)


def place(cloud: Cloud) -> Place:
    return Place(cloud)


def test_a_fine_tuned_model_and_its_checkpoints_answer_where_they_were_trained(account: Account, tuned: str) -> None:
    job = account.v1().fine_tuning.jobs.list().data[0].id
    checkpoint = account.v1().fine_tuning.jobs.checkpoints.list(job).data[0].fine_tuned_model_checkpoint
    account.deploy("tuned", tuned)
    account.deploy("checkpoint", checkpoint)
    account.cloud.door.advance(1)
    assert ask(account, "tuned") == tuned
    assert ask(account, "checkpoint")


def test_a_model_of_another_account_needs_its_source(cloud: Cloud, account: Account, tuned: str) -> None:
    other = make_account(cloud, "math-tutor-ncus", grant=False)
    assert place(cloud).refused("PUT", f"{other.id}/deployments/tuned", body(tuned)).code == "DeploymentModelNotSupported"
    for member in ("source", "sourceAccount"):
        other.deploy(f"by-{member}", tuned, **{member: account.id})
    assert names(other) == ["by-source", "by-sourceAccount"]


def test_a_source_in_another_subscription_works(cloud: Cloud, account: Account, tuned: str) -> None:
    group = f"/subscriptions/{cloud.identity.subscriptions[1]}/resourceGroups/far"
    far = f"{group}/providers/Microsoft.CognitiveServices/accounts/far"
    account.arm.call("PUT", group, {"location": "eastus2"}, "2024-03-01")
    account.arm.call("PUT", far, {"location": "eastus2", "kind": "OpenAI", "sku": {"name": "S0"}})
    made = account.arm.call("PUT", f"{far}/deployments/tuned", body(tuned, source=account.id))
    assert made["properties"]["model"]["source"] == account.id


def test_the_caller_must_be_able_to_read_the_source(cloud: Cloud, account: Account, tuned: str) -> None:
    other = make_account(cloud, "target", grant=False)
    made = cloud.door.call("POST", "/principals", {"name": "deployer of one account"})
    account.arm.assign(other.id, CONTRIBUTOR, made["object_id"])
    caller = Caller(ClientSecretCredential(made["tenant_id"], made["client_id"], made["client_secret"]))
    answer = caller.send("PUT", f"{other.id}/deployments/tuned", body(tuned, source=account.id))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "LinkedAuthorizationFailed")
    assert f"'Microsoft.CognitiveServices/accounts/read' on the linked scope(s) '{account.id}'" in error["message"]


def test_a_source_that_does_not_exist_is_named(cloud: Cloud, account: Account, tuned: str) -> None:
    nowhere = account.id.replace("math-tutor-swc", "nowhere")
    refusal = place(cloud).refused("PUT", f"{account.id}/deployments/tuned", body(tuned, source=nowhere))
    assert refusal.code == "InvalidResourceProperties" and nowhere in refusal.message


def test_a_region_without_fine_tuning_takes_no_model_from_elsewhere(cloud: Cloud, account: Account, tuned: str) -> None:
    other = place(cloud).new_account("target", location="westus2")
    assert place(cloud).refused("PUT", f"{other}/deployments/tuned", body(tuned, source=account.id)).code == "InvalidResourceProperties"


def test_an_unsafe_model_is_not_deployed(cloud: Cloud, account: Account) -> None:
    cloud.door.settings(job_trouble="model_safety")
    model = train(account)
    refusal = place(cloud).refused("PUT", f"{account.id}/deployments/tuned", body(model))
    assert refusal.message.startswith("This model is unable to be deployed. Model evaluation identified that this fine tuned model scores above")


def test_fine_tuned_deployments_are_limited_in_number_and_quota(cloud: Cloud, account: Account, tuned: str) -> None:
    cloud.door.settings(fine_tuned_deployments=2)
    for name in ("one", "two"):
        account.deploy(name, tuned)
    assert place(cloud).refused("PUT", f"{account.id}/deployments/three", body(tuned)).code == "QuotaExceeded"
    cloud.door.settings(fine_tuned_deployments=10, quota_capacity=0)
    refusal = place(cloud).refused("PUT", f"{account.id}/deployments/three", body(tuned))
    assert (refusal.code, "gpt-4.1-mini-finetune" in refusal.message) == ("InsufficientQuota", True)


def test_one_deployment_for_each_model_if_so_configured(cloud: Cloud, account: Account, tuned: str) -> None:
    cloud.door.settings(one_deployment_per_model=True)
    account.deploy("one", tuned)
    assert place(cloud).refused("PUT", f"{account.id}/deployments/two", body(tuned)).code == "ModelAlreadyDeployed"
    account.deploy("one", tuned)


def test_a_developer_deployment_lives_a_day(account: Account, tuned: str) -> None:
    account.deploy("dev", tuned, sku="DeveloperTier")
    account.cloud.door.advance(DAY - 60)
    assert names(account) == ["dev"]
    account.cloud.door.advance(60)
    assert names(account) == []


def test_an_idle_fine_tuned_deployment_goes_after_fifteen_days_and_a_used_one_stays(account: Account, tuned: str) -> None:
    account.deploy("idle", tuned)
    account.deploy("used", tuned)
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    account.cloud.door.advance(10 * DAY)
    ask(account, "used")
    account.cloud.door.advance(5 * DAY + 1)
    assert names(account) == ["used", "base"]
    account.cloud.door.advance(10 * DAY)
    assert names(account) == ["base"]


def test_a_deployment_answers_some_time_after_it_succeeded(account: Account, tuned: str) -> None:
    account.cloud.door.settings(deployment_ready_lag=60)
    account.deploy("tuned", tuned)
    assert account.arm.call("GET", f"{account.id}/deployments/tuned")["properties"]["provisioningState"] == "Succeeded"
    with pytest.raises(NotFoundError):
        ask(account, "tuned")
    account.cloud.door.advance(60)
    assert ask(account, "tuned") == tuned


def test_the_old_model_answers_until_the_new_one_is_ready(account: Account, tuned: str) -> None:
    account.deploy("tutor", tuned)
    account.cloud.door.advance(1)
    newer = train(account, suffix="newer")
    account.cloud.door.settings(deployment_create=60, deployment_ready_lag=60)
    account.deploy("tutor", newer)
    for waited in (0, 60):
        account.cloud.door.advance(waited)
        assert ask(account, "tutor") == tuned
    account.cloud.door.advance(60)
    assert ask(account, "tutor") == newer


def test_the_models_of_an_account_contain_its_fine_tuned_ones(account: Account, tuned: str) -> None:
    found = {each["name"]: each for each in account.arm.call("GET", f"{account.id}/models")["value"]}
    assert found[tuned]["baseModel"]["name"] == "gpt-4.1-mini"
    assert {sku["name"] for sku in found[tuned]["skus"]} == {"Standard", "DataZoneStandard", "GlobalStandard", "DeveloperTier"}


def test_a_purged_account_takes_its_jobs_files_and_models_with_it(cloud: Cloud, account: Account, tuned: str) -> None:
    running = start_job(account.v1(), upload(account.v1(), chat_lines(12)))
    place(cloud).send("DELETE", account.id)
    cloud.door.advance(3 * DAY)
    again = make_account(cloud, account.name)
    assert again.id == account.id
    jobs, files = again.v1().fine_tuning.jobs.list().data, again.v1().files.list().data
    assert running.id and (jobs, files) == ([], [])
    assert tuned not in {each["name"] for each in again.arm.call("GET", f"{again.id}/models")["value"]}


def test_a_restored_account_still_has_its_models(cloud: Cloud, account: Account, tuned: str) -> None:
    place(cloud).send("DELETE", account.id)
    account.arm.call("PUT", account.id, {"location": "swedencentral", "properties": {"restore": True}})
    account.arm.assign(account.id, "a001fd3d-188f-4b5d-821b-7da978bf7442", cloud.identity.object_id)
    account.deploy("tuned", tuned)
    cloud.door.advance(1)
    assert ask(account, "tuned") == tuned
