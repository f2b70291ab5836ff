"""What every resource type has in common: versions, members, names, places, rights, reads after writes."""

from __future__ import annotations

import pytest
from azure.identity import ClientSecretCredential

from tests.conftest import Cloud
from tests.local_azure.arm import ACCOUNT, CHAT, GROUPS, VERSION, Caller, Place


@pytest.fixture
def place(cloud: Cloud) -> Place:
    cloud.door.settings(account_create=0, deployment_create=0, account_delete=0, deployment_delete=0)
    return Place(cloud)


def stranger(cloud: Cloud) -> Caller:
    made = cloud.door.call("POST", "/principals", {"name": "stranger"})
    return Caller(ClientSecretCredential(made["tenant_id"], made["client_id"], made["client_secret"]))


def test_a_read_gives_back_what_was_written(place: Place) -> None:
    written = place.ask(
        "PUT", place.account(), {**ACCOUNT, "tags": {"team": "a"}, "properties": {"customSubDomainName": "acc", "disableLocalAuth": True}}
    )
    read = place.ask("GET", place.account())
    assert read == written
    assert (read["id"], read["name"], read["type"]) == (place.account(), "acc", "Microsoft.CognitiveServices/accounts")
    assert (read["tags"], read["sku"], read["properties"]["disableLocalAuth"]) == ({"team": "a"}, {"name": "S0"}, True)


def test_a_new_resource_is_201_and_a_changed_one_200(place: Place) -> None:
    assert place.send("PUT", place.account(), ACCOUNT).status_code == 201
    assert place.send("PUT", place.account(), ACCOUNT).status_code == 200


def test_a_body_that_was_read_can_be_written_back(place: Place) -> None:
    read = place.ask("GET", place.new_account(customSubDomainName="acc"))
    again = place.ask("PUT", place.account(), read)
    assert again["properties"] == read["properties"]


def test_ids_are_found_in_any_case_and_keep_the_casing_of_the_writer(place: Place) -> None:
    place.new_account("Acc")
    shouted = place.account("Acc").upper().replace("/SUBSCRIPTIONS", "/subscriptions")
    assert place.ask("GET", shouted)["id"] == place.account("Acc")


def test_the_api_version_is_required(place: Place) -> None:
    refusal = place.refused("GET", place.account(), version=None)
    assert (refusal.status, refusal.code) == (400, "MissingApiVersionParameter")
    assert refusal.message == "The api-version query parameter (?api-version=) is required for all requests."


@pytest.mark.parametrize(
    ("method", "version", "status", "code"),
    [
        ("PUT", "2024-10-21", 400, "NoRegisteredProviderFound"),
        ("GET", "2024-10-21", 404, "InvalidResourceType"),
        ("GET", "newest", 400, "InvalidApiVersionParameter"),
    ],
)
def test_an_unknown_api_version_is_refused_with_the_supported_ones(place: Place, method: str, version: str, status: int, code: str) -> None:
    refusal = place.refused(method, place.account(), ACCOUNT, version)
    assert (refusal.status, refusal.code) == (status, code)
    assert "2025-06-01" in refusal.message and version in refusal.message


@pytest.mark.parametrize("path", ["colour", "properties.colour", "sku.colour", "identity.colour", "properties.networkAcls.colour"])
def test_an_unknown_member_is_refused_by_its_path(place: Place, path: str) -> None:
    body = {**ACCOUNT, "identity": {"type": "None"}, "properties": {"networkAcls": {}}, "sku": {"name": "S0"}}
    *steps, last = path.split(".")
    holder = body
    for step in steps:
        holder = holder[step]
    holder[last] = "blue"
    refusal = place.refused("PUT", place.account(), body)
    assert (refusal.status, refusal.code) == (400, "InvalidRequestContent")
    assert f"Path '{path}'" in refusal.message


def test_a_property_is_unknown_to_versions_older_than_it(place: Place) -> None:
    body = {**ACCOUNT, "properties": {"storedCompletionsDisabled": True}}
    assert "storedCompletionsDisabled" in place.refused("PUT", place.account(), body, "2025-06-01").message
    assert place.ask("PUT", place.account(), body, "2025-09-01")["properties"]["storedCompletionsDisabled"] is True


def test_a_version_does_not_show_what_is_newer_than_it(place: Place) -> None:
    chat = f"{place.new_account()}/deployments/chat"
    assert place.ask("PUT", chat, CHAT, "2025-12-01")["properties"]["deploymentState"] == "Running"
    read = place.ask("GET", chat)
    assert "deploymentState" not in read["properties"]
    assert place.ask("PUT", chat, read)["properties"]["model"] == read["properties"]["model"]


def test_what_azure_only_returns_is_ignored_when_it_is_sent(place: Place) -> None:
    sent = {**ACCOUNT, "properties": {"endpoint": "https://elsewhere.example/", "provisioningState": "Failed"}}
    properties = place.ask("PUT", place.account(), sent)["properties"]
    assert (properties["endpoint"], properties["provisioningState"]) == ("https://swedencentral.api.cognitive.microsoft.com/", "Succeeded")


@pytest.mark.parametrize("name", ["a", "-starts-badly", "x" * 65])
def test_a_name_outside_the_pattern_is_refused(place: Place, name: str) -> None:
    assert place.refused("PUT", place.account(name), ACCOUNT).code == "InvalidResourceName"


def test_a_location_is_required_known_and_final(place: Place) -> None:
    assert place.refused("PUT", place.account(), {**ACCOUNT, "location": None}).code == "LocationRequired"
    unknown = place.refused("PUT", place.account(), {**ACCOUNT, "location": "atlantis"})
    assert unknown.code == "LocationNotAvailableForResourceType" and "swedencentral" in unknown.message
    place.new_account()
    moved = place.refused("PUT", place.account(), {**ACCOUNT, "location": "eastus2"})
    assert (moved.status, moved.code) == (409, "InvalidResourceLocation")


def test_display_names_of_regions_are_understood(place: Place) -> None:
    assert place.ask("PUT", place.account(), {**ACCOUNT, "location": "Sweden Central"})["location"] == "swedencentral"


def test_what_is_missing_is_named_by_kind(place: Place) -> None:
    nowhere = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
    assert place.refused("GET", nowhere, version=GROUPS).code == "SubscriptionNotFound"
    assert place.refused("GET", place.account().replace("/rg/", "/other/")).code == "ResourceGroupNotFound"
    gone = place.refused("GET", place.account())
    assert (gone.status, gone.code) == (404, "ResourceNotFound")
    assert "The Resource 'Microsoft.CognitiveServices/accounts/acc' under resource group 'rg' was not found." in gone.message
    orphan = place.refused("PUT", f"{place.account()}/deployments/chat", CHAT)
    assert (orphan.status, orphan.code) == (404, "ParentResourceNotFound")


def test_deleting_what_is_not_there_is_204(place: Place) -> None:
    assert place.send("DELETE", place.account()).status_code == 204


def test_patch_changes_tags_and_keeps_the_rest(place: Place) -> None:
    before = place.ask("PUT", place.account(), {**ACCOUNT, "tags": {"a": "1", "b": "2"}, "properties": {"customSubDomainName": "acc"}})
    after = place.ask("PATCH", place.account(), {"tags": {"c": "3"}})
    assert after["tags"] == {"c": "3"}
    assert after["properties"] == before["properties"]


def test_lists_go_by_group_by_subscription_and_by_parent(cloud: Cloud, place: Place) -> None:
    place.new_account("one")
    place.new_account("two")
    place.ask("PUT", f"{place.account('one')}/deployments/chat", CHAT)
    for scope in (place.group, f"/subscriptions/{cloud.subscription}"):
        found = place.ask("GET", f"{scope}/providers/Microsoft.CognitiveServices/accounts")["value"]
        assert [each["name"] for each in found] == ["one", "two"]
    assert [each["name"] for each in place.ask("GET", f"{place.account('one')}/deployments")["value"]] == ["chat"]
    assert place.ask("GET", f"{place.account('two')}/deployments")["value"] == []


def test_without_a_token_nothing_is_answered(place: Place) -> None:
    place._session.headers.pop("Authorization")
    assert place.send("GET", place.account()).status_code == 401


def test_a_principal_without_a_role_is_refused_with_action_and_scope(cloud: Cloud, place: Place) -> None:
    answer = stranger(cloud).send("PUT", place.account(), ACCOUNT)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.CognitiveServices/accounts/write'" in error["message"] and f"'{place.account()}'" in error["message"]


def test_listing_keys_needs_its_own_action_on_the_account(cloud: Cloud, place: Place) -> None:
    error = stranger(cloud).send("POST", f"{place.new_account()}/listKeys").json()["error"]
    assert f"'Microsoft.CognitiveServices/accounts/listKeys/action' over scope '{place.account()}'" in error["message"]


def test_what_is_not_emulated_says_so_by_name(place: Place) -> None:
    refusal = place.refused("PUT", f"{place.new_account()}/projects/one", {"location": "swedencentral"})
    assert (refusal.status, refusal.code) == (404, "NotEmulated") and "/projects/one" in refusal.message


def test_the_effect_of_a_write_is_in_the_journal(cloud: Cloud, place: Place) -> None:
    place.new_account()
    place.ask("GET", place.account(), version=VERSION)
    effects = [row["effect"] for row in cloud.door.journal() if row["path"] == place.account()]
    assert effects == [f"created {place.account()}", ""]
