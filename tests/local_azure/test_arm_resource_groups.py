"""Resource groups, subscriptions, and user-assigned identities."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud
from tests.local_azure.arm import GROUPS, Place, groups

IDENTITIES = "2023-01-31"


@pytest.fixture
def place(cloud: Cloud) -> Place:
    cloud.door.settings(account_create=0, account_delete=0)
    return Place(cloud)


def test_a_group_is_made_changed_and_found_by_the_sdk(cloud: Cloud, place: Place) -> None:
    client = groups(cloud).resource_groups
    made = client.create_or_update("apps", {"location": "West Europe", "tags": {"team": "a"}})
    assert (made.location, made.tags, made.properties.provisioning_state) == ("westeurope", {"team": "a"}, "Succeeded")
    assert client.update("apps", {"tags": {"team": "b"}}).tags == {"team": "b"}
    assert client.get("APPS").name == "apps"
    assert (client.check_existence("apps"), client.check_existence("none")) == (True, False)
    assert [each.name for each in client.list()] == ["rg", "apps"]


def test_a_group_stays_where_it_is(place: Place) -> None:
    moved = place.refused("PUT", place.group, {"location": "westeurope"}, GROUPS)
    assert (moved.status, moved.code) == (409, "InvalidResourceGroupLocation")
    assert place.refused("PUT", place.group, {}, GROUPS).code == "LocationRequired"
    assert place.refused("PUT", place.group, {"location": "atlantis"}, GROUPS).code == "LocationNotAvailableForResourceGroup"


def test_an_unknown_member_of_a_group_is_refused(place: Place) -> None:
    assert place.refused("PUT", place.group, {"location": "swedencentral", "colour": "blue"}, GROUPS).code == "InvalidRequestContent"


def test_versions_of_groups_are_checked(place: Place) -> None:
    refusal = place.refused("GET", place.group, version="2025-06-01")
    assert (refusal.status, refusal.code) == (400, "InvalidApiVersionParameter")
    assert GROUPS in refusal.message


def test_nothing_is_written_into_a_group_that_is_being_deleted(cloud: Cloud, place: Place) -> None:
    account = place.new_account()
    location = place.send("DELETE", place.group, version=GROUPS).headers["Location"]
    refusal = place.refused("PUT", account, {"location": "swedencentral"})
    assert (refusal.status, refusal.code) == (409, "ResourceGroupBeingDeleted")
    assert place.follow(location).status_code == 202
    cloud.door.advance(5)
    assert place.follow(location).status_code == 200
    assert place.refused("GET", account).code == "ResourceGroupNotFound"


def test_the_contents_of_a_group_are_listed_by_type(cloud: Cloud, place: Place) -> None:
    place.new_account()
    identity = f"{place.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
    place.ask("PUT", identity, {"location": "swedencentral"}, IDENTITIES)
    client = groups(cloud).resources
    assert [each.name for each in client.list_by_resource_group("rg")] == ["acc", "reader"]
    only = client.list_by_resource_group("rg", filter="resourceType eq 'Microsoft.CognitiveServices/accounts'")
    assert [each.name for each in only] == ["acc"]


def test_a_user_assigned_identity_has_a_principal_for_as_long_as_it_lives(place: Place) -> None:
    id = f"{place.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
    made = place.ask("PUT", id, {"location": "swedencentral"}, IDENTITIES)["properties"]
    again = place.ask("PUT", id, {"location": "swedencentral", "tags": {"a": "b"}}, IDENTITIES)["properties"]
    assert made == again and made["principalId"] and made["clientId"]
    assert place.send("DELETE", id, version=IDENTITIES).status_code == 200
    assert place.ask("PUT", id, {"location": "swedencentral"}, IDENTITIES)["properties"]["principalId"] != made["principalId"]


def test_subscriptions_and_locations_are_listed(cloud: Cloud, place: Place) -> None:
    found = place.ask("GET", "/subscriptions", version="2022-12-01")["value"]
    assert [each["subscriptionId"] for each in found] == list(cloud.identity.subscriptions)
    one = place.ask("GET", f"/subscriptions/{cloud.subscription}", version="2022-12-01")
    assert one["tenantId"] == cloud.identity.tenant_id
    regions = place.ask("GET", f"/subscriptions/{cloud.subscription}/locations", version="2022-12-01")["value"]
    assert ("swedencentral", "Sweden Central") in [(each["name"], each["displayName"]) for each in regions]
