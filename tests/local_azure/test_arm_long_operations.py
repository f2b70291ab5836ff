"""Long operations: their headers and status pages, what they lock, and how they end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import HttpResponseError

from tests.conftest import Cloud
from tests.local_azure.arm import ACCOUNT, CHAT, Place, Refused, cognitive, groups
from tests.local_azure.conftest import chat_lines, finish_job, make_account, start_job, upload


@pytest.fixture
def place(cloud: Cloud) -> Place:
    """Operations take a minute each, and the clock stands unless a test moves it."""
    cloud.door.settings(account_create=0, deployment_create=60, account_delete=60, deployment_delete=60, retry_after=0)
    return Place(cloud)


def state(place: Place, id: str) -> str:
    return str(place.ask("GET", id)["properties"]["provisioningState"])


def test_a_long_put_is_followed_by_its_status_page(cloud: Cloud, place: Place) -> None:
    deployment = f"{place.new_account()}/deployments/chat"
    answer = place.send("PUT", deployment, CHAT)
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    page = answer.headers["Azure-AsyncOperation"]
    assert page.startswith("https://management.azure.com/") and "/operationStatuses/" in page
    assert place.follow(page).json()["status"] == "InProgress"
    cloud.door.advance(60)
    assert place.follow(page).json()["status"] == "Succeeded"
    assert state(place, deployment) == "Succeeded"


def test_a_resource_can_be_polled_by_its_own_state(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(account_create=60)
    assert place.ask("PUT", place.account(), ACCOUNT)["properties"]["provisioningState"] == "Creating"
    assert state(place, place.account()) == "Creating"
    cloud.door.advance(60)
    assert state(place, place.account()) == "Succeeded"


def test_a_long_delete_has_a_status_page_and_a_location(cloud: Cloud, place: Place) -> None:
    place.new_account()
    answer = place.send("DELETE", place.account())
    assert answer.status_code == 202
    page, location = answer.headers["Azure-AsyncOperation"], answer.headers["Location"]
    assert state(place, place.account()) == "Deleting"
    assert (place.follow(page).json()["status"], place.follow(location).status_code) == ("InProgress", 202)
    cloud.door.advance(60)
    assert (place.follow(page).json()["status"], place.follow(location).status_code) == ("Succeeded", 200)
    assert place.send("GET", place.account()).status_code == 404


def test_the_pause_is_asked_for_in_milliseconds_and_in_whole_seconds(cloud: Cloud, place: Place) -> None:
    place.new_account()
    cloud.door.settings(retry_after=0.2)
    quick = place.send("PUT", f"{place.account()}/deployments/chat", CHAT).headers
    assert quick["x-ms-retry-after-ms"] == "200" and "Retry-After" not in quick
    cloud.door.settings(retry_after=2.5)
    slow = place.send("DELETE", place.new_account("other")).headers
    assert (slow["Retry-After"], slow["x-ms-retry-after-ms"]) == ("3", "2500")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_another_write_under_the_same_account_is_refused_meanwhile(place: Place, method: str) -> None:
    account = place.new_account()
    place.ask("PUT", f"{account}/deployments/chat", CHAT)
    path, body = {
        "PUT": (f"{account}/deployments/second", CHAT),
        "DELETE": (f"{account}/deployments/chat", None),
        "POST": (f"{account}/regenerateKey", {"keyName": "Key1"}),
    }[method]
    refusal = place.refused(method, path, body)
    assert (refusal.status, refusal.code) == (409, "RequestConflict")
    assert refusal.message == f"Another operation is being performed on the parent resource '{account}'. Please try again later."


def test_the_account_itself_is_locked_too_and_free_afterwards(cloud: Cloud, place: Place) -> None:
    account = place.new_account()
    place.ask("PUT", f"{account}/deployments/chat", CHAT)
    assert place.refused("PUT", account, ACCOUNT).code == "RequestConflict"
    cloud.door.advance(60)
    assert place.send("PUT", account, ACCOUNT).status_code == 200


def test_accounts_side_by_side_do_not_disturb_each_other(place: Place) -> None:
    for name in ("one", "two"):
        place.ask("PUT", f"{place.new_account(name)}/deployments/chat", CHAT)
        assert state(place, f"{place.account(name)}/deployments/chat") == "Creating"


def test_of_parallel_writes_to_one_account_one_wins(cloud: Cloud, place: Place) -> None:
    account = place.new_account()

    def write(number: int) -> str:
        try:
            place.ask("PUT", f"{account}/deployments/d{number}", CHAT)
        except Refused as refusal:
            return refusal.code
        return "accepted"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(10, 18)))
    assert sorted(outcomes) == ["RequestConflict"] * 7 + ["accepted"]


def test_a_refused_write_leaves_nothing_behind(place: Place) -> None:
    account = place.new_account()
    place.ask("PUT", f"{account}/deployments/chat", CHAT)
    place.refused("PUT", f"{account}/deployments/second", CHAT)
    assert [each["name"] for each in place.ask("GET", f"{account}/deployments")["value"]] == ["chat"]


def test_a_failed_operation_says_why(cloud: Cloud, place: Place) -> None:
    """A deployment's model can go away while it is being deployed."""
    source = make_account(cloud, "source")
    job = start_job(source.v1(), upload(source.v1(), chat_lines(12)))
    model = {"format": "OpenAI", "name": finish_job(source, job.id).fine_tuned_model, "version": "1", "source": source.id}
    target = f"{place.new_account('target')}/deployments/tuned"
    cloud.door.settings(deployment_create=60, account_retention_days=0)
    page = place.send("PUT", target, {"sku": {"name": "GlobalStandard", "capacity": 1}, "properties": {"model": model}}).headers[
        "Azure-AsyncOperation"
    ]
    place.send("DELETE", source.id)
    cloud.door.advance(60)
    outcome = place.follow(page).json()
    assert (outcome["status"], outcome["error"]["code"]) == ("Failed", "DeploymentModelNotSupported")
    assert state(place, target) == "Failed"


def test_the_sdk_waits_for_create_update_and_delete(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(deployment_create=0.05, deployment_delete=0.05, account_delete=0.05, retry_after=0.01)
    client = cognitive(cloud)
    place.new_account()
    made = client.deployments.begin_create_or_update("rg", "acc", "chat", CHAT).result()
    assert made.properties.provisioning_state == "Succeeded"
    changed = client.deployments.begin_update("rg", "acc", "chat", {"sku": {"name": "GlobalStandard", "capacity": 20}}).result()
    assert (changed.properties.provisioning_state, changed.sku.capacity) == ("Succeeded", 20)
    client.deployments.begin_delete("rg", "acc", "chat").result()
    client.accounts.begin_delete("rg", "acc").result()
    assert list(client.accounts.list_by_resource_group("rg")) == []


def test_the_sdk_deletes_a_group_with_all_that_is_in_it(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(account_delete=0.05, retry_after=0.01)
    place.new_account()
    groups(cloud).resource_groups.begin_delete("rg").result()
    assert place.send("GET", place.group, version="2024-03-01").status_code == 404
    assert [each.name for each in cognitive(cloud).deleted_accounts.list()] == ["acc"]


def test_the_deletion_of_a_group_is_rolled_back_by_an_account_with_deployments(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(deployment_create=0, account_delete=0.05, retry_after=0.01)
    place.ask("PUT", f"{place.new_account()}/deployments/chat", CHAT)
    with pytest.raises(HttpResponseError) as caught:
        groups(cloud).resource_groups.begin_delete("rg").result()
    assert caught.value.error.code == "ResourceGroupDeletionBlocked"
    assert caught.value.error.details[0].code == "CannotDeleteAccountWithDeployments"
    assert state(place, f"{place.account()}/deployments/chat") == "Succeeded"
    assert place.ask("GET", place.group, version="2024-03-01")["properties"]["provisioningState"] == "Succeeded"
