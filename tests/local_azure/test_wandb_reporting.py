"""Jobs that report to Weights & Biases: only with the link, the right to the secret and the right key; else they say why not."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

from local_azure.process import LocalAzureError
from tests.local_azure.conftest import BASE, Account, chat_lines, finish_job, start_job, upload

OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
SECRET = "wandb-api-key"


@pytest.fixture
def vault(account: Account) -> str:
    """A vault with the W&B key as a secret; the account's identity has no right to it yet. The vault's ARM id."""
    identity = account.cloud.identity
    id = f"{account.id.partition('/providers/')[0]}/providers/Microsoft.KeyVault/vaults/math-tutor-kv"
    properties = {"tenantId": identity.tenant_id, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    account.arm.call("PUT", id, {"location": "swedencentral", "properties": properties}, "2024-11-01")
    account.arm.assign(id, OFFICER, identity.object_id)
    secrets(account).set_secret(SECRET, identity.wandb_key)
    return id


def secrets(account: Account) -> SecretClient:
    identity = account.cloud.identity
    credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
    return SecretClient("https://math-tutor-kv.vault.azure.net", credential)


def link(account: Account, secret: str = SECRET) -> None:
    body = {"account": account.name, "vaultUrl": "https://math-tutor-kv.vault.azure.net", "secretName": secret}
    account.cloud.door.call("POST", "/portal/wandb-link", body)


def train(account: Account, **wandb: Any) -> Any:
    client = account.v1()
    integration = {"type": "wandb", "wandb": {"project": "math", **wandb}}
    job = start_job(client, upload(client, chat_lines(20)), integrations=[integration], hyperparameters={"n_epochs": 2})
    return finish_job(account, job.id)


def runs(account: Account, entity: str = "local", key: str = "") -> list[dict[str, Any]]:
    answer = requests.get(f"https://api.wandb.ai/api/runs/{entity}/math", auth=("api", key or account.cloud.identity.wandb_key), timeout=10)
    assert answer.status_code == 200
    return list(answer.json()["runs"])


def warnings(account: Account, job: Any) -> list[str]:
    return [event.message for event in account.v1().fine_tuning.jobs.list_events(job.id, limit=100) if event.level in ("warning", "error")]


def test_a_linked_account_with_the_right_reports_the_run_and_its_metrics(account: Account, vault: str) -> None:
    account.arm.assign(vault, OFFICER, account.principal)
    link(account)
    job = train(account, name="first", tags=["gsm8k"])
    (run,) = runs(account)
    assert (run["id"], run["name"], run["state"]) == (job.id, "first", "finished")
    assert run["tags"] == ["gsm8k", "openai/finetune", f"openai/{BASE}", f"openai/{job.id}"]
    assert [row["step"] for row in run["history"]] == list(range(1, 41))
    assert run["summary"]["train_loss"] == run["history"][-1]["train_loss"]
    assert run["config"]["hyperparameters"]["n_epochs"] == 2 and not warnings(account, job)


def test_the_run_is_open_while_the_job_trains(account: Account, vault: str) -> None:
    account.arm.assign(vault, OFFICER, account.principal)
    link(account)
    account.cloud.door.settings(job_queue=10, job_train=100)
    client = account.v1()
    start_job(client, upload(client, chat_lines(20)), integrations=[{"type": "wandb", "wandb": {"project": "math"}}])
    assert not runs(account)
    account.cloud.door.advance(50)
    client.fine_tuning.jobs.list()
    assert [run["state"] for run in runs(account)] == ["running"]


def test_without_the_link_the_job_goes_on_and_says_why_nothing_is_reported(account: Account, vault: str) -> None:
    job = train(account)
    assert job.status == "succeeded" and not runs(account)
    (warning,) = warnings(account, job)
    assert "not linked" in warning and "Manage integrations" in warning


def test_without_the_right_to_the_secret_nothing_is_reported(account: Account, vault: str) -> None:
    link(account)
    job = train(account)
    assert not runs(account)
    assert "Forbidden" in warnings(account, job)[0]


def test_a_right_taken_away_counts_for_the_next_job(account: Account, vault: str) -> None:
    assignment = account.arm.assign(vault, OFFICER, account.principal)
    link(account)
    train(account)
    account.arm.call("DELETE", assignment, version="2022-04-01")
    assert "could not be read" in warnings(account, train(account))[0]
    assert len(runs(account)) == 1


def test_a_missing_secret_and_a_wrong_key_are_told_apart(account: Account, vault: str) -> None:
    account.arm.assign(vault, OFFICER, account.principal)
    link(account, "no-such-secret")
    assert "SecretNotFound" in warnings(account, train(account))[0]
    secrets(account).set_secret(SECRET, "f" * 40)
    link(account)
    job = train(account)
    assert "refused the API key" in warnings(account, job)[0]
    assert not any("f" * 40 in text for text in warnings(account, job))


def test_a_failed_report_fails_the_job_when_so_configured(account: Account, vault: str) -> None:
    account.cloud.door.settings(wandb_failure="fail")
    job = train(account)
    assert job.status == "failed" and "not linked" in job.error.message and job.fine_tuned_model is None


def test_a_run_goes_to_the_entity_of_its_key_or_to_the_one_named(account: Account, vault: str) -> None:
    account.arm.assign(vault, OFFICER, account.principal)
    account.cloud.door.call("POST", "/wandb/keys", {"key": "a" * 40, "entity": "team"})
    secrets(account).set_secret(SECRET, "a" * 40)
    link(account)
    train(account)
    train(account, entity="guild")
    assert len(runs(account, "team", "a" * 40)) == len(runs(account, "guild", "a" * 40)) == 1


def test_runs_are_read_with_a_known_key_only(account: Account) -> None:
    assert requests.get("https://api.wandb.ai/api/runs/local/math", auth=("api", "wrong"), timeout=10).status_code == 401


def test_a_link_needs_an_account_that_exists(account: Account) -> None:
    body = {"account": "nobody", "vaultUrl": "https://v.vault.azure.net", "secretName": "s"}
    with pytest.raises(LocalAzureError, match="no Azure OpenAI account nobody"):
        account.cloud.door.call("POST", "/portal/wandb-link", body)
    account.cloud.door.call("POST", "/portal/wandb-link", {**body, "account": account.id})


def test_an_operator_links_as_soon_as_the_tagged_secret_is_written(account: Account, vault: str) -> None:
    account.arm.assign(vault, OFFICER, account.principal)
    account.cloud.door.settings(operator_links_wandb=True)
    secrets(account).set_secret(SECRET, account.cloud.identity.wandb_key, tags={"wandb-account": account.name})
    train(account)
    assert len(runs(account)) == 1
