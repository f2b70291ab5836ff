"""WandbSecret, as the engine drives it: the key goes from the environment into the vault, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core.exceptions import ResourceNotFoundError

from components.wandb_integration import WandbSecretProvider
from tests.conftest import Cloud
from tests.local_azure.test_key_vault_secrets import URL, Vault
from tests.provider.resources.conftest import Failed, Kind, Plugin, Props, serving

INPUTS = {"vault_url": URL, "secret_name": "wandb-api-key", "variable": "WANDB_API_KEY", "account": "tutor", "role_seconds": 0}


@pytest.fixture
def vault(cloud: Cloud) -> Vault:
    return Vault(cloud)


@pytest.fixture
def elsewhere(cloud: Cloud, plugin: Plugin) -> Iterator[Kind]:
    """The same providers on a machine whose environment has no key."""
    with serving({name: value for name, value in cloud.environment.items() if name != "WANDB_API_KEY"}) as other:
        yield Kind(other, WandbSecretProvider())


def made(secrets: Kind) -> tuple[str, Props]:
    inputs, failures = secrets.check(INPUTS)
    assert failures == {}
    return secrets.create(inputs)


def test_the_key_is_in_the_vault_and_only_its_fingerprint_in_the_state(secrets: Kind, vault: Vault, cloud: Cloud) -> None:
    id, outputs = made(secrets)
    assert id == f"{URL}/secrets/wandb-api-key"
    written = vault.secrets.get_secret("wandb-api-key")
    assert written.value == cloud.identity.wandb_key
    assert written.properties.tags == {"purpose": "Weights & Biases API key", "wandb-account": "tutor"}
    assert set(outputs) == {*INPUTS, "fingerprint", "version"}


def test_the_same_key_is_no_change_and_another_one_is(secrets: Kind, vault: Vault) -> None:
    id, outputs = made(secrets)
    again, _ = secrets.check(INPUTS, outputs)
    assert secrets.diff(outputs, again, id) == (False, [])
    assert secrets.diff(outputs, {**again, "fingerprint": "0011:22"}, id) == (True, [])


def test_another_vault_or_name_replaces_it(secrets: Kind, vault: Vault) -> None:
    _, outputs = made(secrets)
    assert secrets.diff(outputs, {**outputs, "secret_name": "other"}) == (True, ["secret_name"])


def test_a_machine_without_the_key_changes_nothing_and_keeps_the_key_on_an_update(secrets: Kind, elsewhere: Kind, vault: Vault, cloud: Cloud) -> None:
    id, outputs = made(secrets)
    inputs, failures = elsewhere.check({**INPUTS, "account": "tutor,writer"}, outputs)
    assert failures == {}
    assert inputs["fingerprint"] == outputs["fingerprint"]
    elsewhere.update(id, outputs, inputs)
    written = vault.secrets.get_secret("wandb-api-key")
    assert (written.value, (written.properties.tags or {})["wandb-account"]) == (cloud.identity.wandb_key, "tutor,writer")


def test_a_machine_without_the_key_never_writes_an_empty_one(secrets: Kind, elsewhere: Kind, vault: Vault) -> None:
    id, outputs = made(secrets)
    vault.secrets.begin_delete_secret("wandb-api-key").wait()
    with pytest.raises(Failed, match="WANDB_API_KEY is empty"):
        elsewhere.update(id, outputs, {**outputs, "account": "writer"})
    with pytest.raises(ResourceNotFoundError):
        vault.secrets.get_secret("wandb-api-key")


def test_without_any_key_the_check_asks_for_the_variable(elsewhere: Kind, vault: Vault) -> None:
    _, failures = elsewhere.check(INPUTS)
    assert "the environment variable WANDB_API_KEY is empty" in failures["variable"]


def test_a_deleted_secret_of_the_same_name_is_recovered(secrets: Kind, vault: Vault, cloud: Cloud) -> None:
    id, outputs = made(secrets)
    secrets.delete(id, outputs)
    made(secrets)
    assert vault.secrets.get_secret("wandb-api-key").value == cloud.identity.wandb_key


def test_reading_tells_a_key_that_was_changed_in_the_vault(secrets: Kind, vault: Vault) -> None:
    id, outputs = made(secrets)
    assert secrets.read(id, outputs)[2]["fingerprint"] == outputs["fingerprint"]
    vault.secrets.set_secret("wandb-api-key", "rotated by hand")
    found, _, inputs = secrets.read(id, outputs)
    assert (found, inputs["fingerprint"] == outputs["fingerprint"]) == (id, False)
    again, _ = secrets.check(INPUTS, inputs)
    assert secrets.diff({**outputs, **inputs}, again, id) == (True, [])


def test_reading_finds_it_gone_and_deleting_what_is_gone_is_fine(secrets: Kind, vault: Vault) -> None:
    id, outputs = made(secrets)
    secrets.delete(id, outputs)
    assert secrets.read(id, outputs)[0] == ""
    secrets.delete(id, outputs)


def test_a_refusal_names_the_role_that_is_missing(secrets: Kind, vault: Vault, cloud: Cloud) -> None:
    cloud.door.fault(host="vault.azure.net", method="PUT", status=403, code="Forbidden", message="Caller is not authorized.")
    with pytest.raises(Failed) as caught:
        made(secrets)
    assert caught.value.shown.splitlines()[0] == f"could not write secret wandb-api-key to {URL}"
    assert "Key Vault Secrets Officer" in caught.value.shown
