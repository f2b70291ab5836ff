"""The life of an account: made with an identity and a name, soft-deleted, restored, purged."""

from __future__ import annotations

from typing import Any

import pytest
from azure.identity import ClientSecretCredential

from tests.conftest import Cloud
from tests.local_azure.arm import ACCOUNT, READER, Caller, Place, cognitive

RESTORE: dict[str, Any] = {"location": "swedencentral", "properties": {"restore": True}}


@pytest.fixture
def place(cloud: Cloud) -> Place:
    cloud.door.settings(account_create=0, account_delete=0, deployment_create=0, directory_lag=0)
    return Place(cloud)


def deleted_id(cloud: Cloud, name: str = "acc") -> str:
    place = "locations/swedencentral/resourceGroups/rg/deletedAccounts"
    return f"/subscriptions/{cloud.subscription}/providers/Microsoft.CognitiveServices/{place}/{name}"


def test_the_sdk_makes_an_account_that_knows_its_endpoint_and_principal(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(account_create=0.05, retry_after=0.01)
    body = {**ACCOUNT, "identity": {"type": "SystemAssigned"}, "properties": {"customSubDomainName": "acc"}}
    made = cognitive(cloud).accounts.begin_create("rg", "acc", body).result()
    assert made.properties.endpoint == "https://acc.openai.azure.com/"
    assert made.identity.principal_id and made.identity.tenant_id == cloud.identity.tenant_id
    assert cognitive(cloud).accounts.get("rg", "acc").identity.principal_id == made.identity.principal_id


def test_a_foundry_account_has_three_endpoints(place: Place) -> None:
    properties = place.ask("PUT", place.account(), {**ACCOUNT, "kind": "AIServices", "properties": {"customSubDomainName": "acc"}})["properties"]
    assert properties["endpoint"] == "https://acc.cognitiveservices.azure.com/"
    assert set(properties["endpoints"].values()) == {f"https://acc.{domain}/" for domain in _DOMAINS}


_DOMAINS = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"kind": "Speech"}, "InvalidApiSetId"), ({"sku": {"name": "F0"}}, "InvalidSku"), ({"identity": {"type": "Borrowed"}}, "InvalidIdentity")],
)
def test_what_azure_does_not_sell_is_refused(place: Place, change: dict[str, Any], code: str) -> None:
    assert place.refused("PUT", place.account(), {**ACCOUNT, **change}).code == code


def test_a_subdomain_belongs_to_one_account_and_stays_with_it(place: Place) -> None:
    place.new_account("one", customSubDomainName="shared")
    taken = place.refused("PUT", place.account("two"), {**ACCOUNT, "properties": {"customSubDomainName": "Shared"}})
    assert (taken.status, taken.code) == (409, "CustomDomainInUse")
    assert taken.message == "Please pick a different name. The subdomain name 'Shared' is not available as it's already used by a resource."
    assert place.refused("PUT", place.account("one"), {**ACCOUNT, "properties": {"customSubDomainName": "other"}}).code == "BadRequest"
    assert place.ask("PUT", place.account("one"), ACCOUNT)["properties"]["customSubDomainName"] == "shared"


def test_whether_a_subdomain_is_free_can_be_asked(cloud: Cloud, place: Place) -> None:
    place.new_account(customSubDomainName="taken")
    ask = cognitive(cloud).check_domain_availability
    answers = [ask(name, "Microsoft.CognitiveServices/accounts").is_subdomain_available for name in ("taken", "free")]
    assert answers == [False, True]


def test_an_identity_keeps_its_principal_until_it_is_taken_away(place: Place) -> None:
    def principal(type: str) -> str | None:
        account = place.ask("PUT", place.account(), {**ACCOUNT, "identity": {"type": type}})
        return (account.get("identity") or {}).get("principalId")

    first = principal("SystemAssigned")
    assert first and principal("SystemAssigned") == first
    assert principal("None") is None
    assert principal("SystemAssigned") not in (None, first)


def test_a_user_assigned_identity_must_exist(place: Place) -> None:
    reader = f"{place.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
    body = {**ACCOUNT, "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {reader: {}}}}
    assert place.refused("PUT", place.account(), body).code == "FailedIdentityOperation"
    made = place.ask("PUT", reader, {"location": "swedencentral"}, "2023-01-31")
    identity = place.ask("PUT", place.account(), body)["identity"]
    assert identity["userAssignedIdentities"][reader]["principalId"] == made["properties"]["principalId"]
    assert identity["principalId"] != made["properties"]["principalId"]


def test_a_region_takes_thirty_accounts_of_a_subscription(place: Place) -> None:
    for number in range(30):
        place.new_account(f"acc{number}")
    refusal = place.refused("PUT", place.account("one-more"), ACCOUNT)
    assert (refusal.code, refusal.message) == ("InsufficientQuota", "Insufficient quota. Cannot create/update/move resource 'one-more'.")
    place.new_account("elsewhere", location="eastus2")


def test_keys_are_listed_and_renewed_one_by_one(cloud: Cloud, place: Place) -> None:
    place.new_account()
    client = cognitive(cloud).accounts
    before = client.list_keys("rg", "acc")
    assert before.key1 and before.key2 and before.key1 != before.key2
    after = client.regenerate_key("rg", "acc", "Key1")
    assert after.key1 != before.key1 and after.key2 == before.key2
    assert place.refused("POST", f"{place.account()}/regenerateKey", {"keyName": "Key3"}).code == "InvalidKeyName"


def test_keys_stand_in_no_answer_but_their_own(place: Place) -> None:
    place.new_account()
    keys = place.ask("POST", f"{place.account()}/listKeys").values()
    shown = place.send("GET", place.account()).text
    assert not any(key in shown for key in keys)


def test_a_deleted_account_waits_to_be_restored(cloud: Cloud, place: Place) -> None:
    before = place.ask(
        "PUT", place.account(), {**ACCOUNT, "tags": {"a": "b"}, "properties": {"customSubDomainName": "acc", "disableLocalAuth": True}}
    )
    assert place.send("DELETE", place.account()).status_code == 200
    refusal = place.refused("PUT", place.account(), ACCOUNT)
    assert (refusal.status, refusal.code) == (409, "FlagMustBeSetForRestore")
    assert f"An existing resource with ID '{place.account()}' has been soft-deleted." in refusal.message
    restored = place.ask("PUT", place.account(), RESTORE)
    for member in ("kind", "sku", "tags"):
        assert restored[member] == before[member]
    assert restored["properties"]["disableLocalAuth"] is True
    assert "restore" not in restored["properties"] and "deletionDate" not in restored["properties"]
    assert list(cognitive(cloud).deleted_accounts.list()) == []


def test_there_must_be_something_to_restore(place: Place) -> None:
    assert place.refused("PUT", place.account(), {**ACCOUNT, **RESTORE}).code == "CanNotRestoreANonExistingResource"


def test_a_soft_deleted_account_holds_its_subdomain_until_it_is_purged(cloud: Cloud, place: Place) -> None:
    place.new_account("one", customSubDomainName="shared")
    place.send("DELETE", place.account("one"))
    wanted = {**ACCOUNT, "properties": {"customSubDomainName": "shared"}}
    assert place.refused("PUT", place.account("two"), wanted).code == "CustomDomainInUse"
    client = cognitive(cloud).deleted_accounts
    assert client.get("swedencentral", "rg", "one").properties.scheduled_purge_date
    client.begin_purge("swedencentral", "rg", "one").result()
    assert list(client.list()) == []
    place.ask("PUT", place.account("two"), wanted)


def test_two_days_after_its_deletion_an_account_is_gone(cloud: Cloud, place: Place) -> None:
    place.new_account()
    first = place.ask("POST", f"{place.account()}/listKeys")
    place.send("DELETE", place.account())
    cloud.door.advance(47 * 3600)
    assert place.refused("PUT", place.account(), ACCOUNT).code == "FlagMustBeSetForRestore"
    cloud.door.advance(3600)
    place.ask("PUT", place.account(), ACCOUNT)
    assert place.ask("POST", f"{place.account()}/listKeys") != first


def test_purging_needs_its_own_right_on_the_subscription(cloud: Cloud, place: Place) -> None:
    place.new_account()
    place.send("DELETE", place.account())
    made = cloud.door.call("POST", "/principals", {"name": "reader"})
    assignment = f"/subscriptions/{cloud.subscription}/providers/Microsoft.Authorization/roleAssignments/5f8cb8a4-5a9c-4e0b-9f0d-0c2f3f1a7c11"
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    cloud.door.settings(role_lag=0)
    place.ask("PUT", assignment, {"properties": {"roleDefinitionId": role, "principalId": made["object_id"]}}, "2022-04-01")
    reader = Caller(ClientSecretCredential(made["tenant_id"], made["client_id"], made["client_secret"]))
    assert reader.send("GET", deleted_id(cloud)).status_code == 200
    error = reader.send("DELETE", deleted_id(cloud)).json()["error"]
    assert "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/delete" in error["message"]


def test_an_account_with_deployments_is_not_deleted(place: Place) -> None:
    model = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
    place.ask("PUT", f"{place.new_account()}/deployments/chat", {"sku": {"name": "GlobalStandard"}, "properties": {"model": model}})
    assert place.refused("DELETE", place.account()).code == "CannotDeleteAccountWithDeployments"
    assert place.ask("GET", place.account())["properties"]["provisioningState"] == "Succeeded"


def test_an_openai_account_can_become_a_foundry_one_but_not_back(place: Place) -> None:
    place.new_account()
    assert place.ask("PUT", place.account(), {**ACCOUNT, "kind": "AIServices"})["kind"] == "AIServices"
    assert place.refused("PUT", place.account(), ACCOUNT).code == "BadRequest"
