"""What may be deployed where, and how the refusals read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud
from tests.local_azure.arm import CHAT, Place, cognitive


@pytest.fixture
def place(cloud: Cloud) -> Place:
    cloud.door.settings(account_create=0, deployment_create=0, deployment_delete=0, deployment_ready_lag=0)
    return Place(cloud)


def deployment(
    name: str, version: str = "", *, format: str = "OpenAI", sku: str = "GlobalStandard", capacity: Any = 1, **more: Any
) -> dict[str, Any]:
    model = {"format": format, "name": name} | ({"version": version} if version else {})
    return {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": model, **more}}


def test_a_deployment_shows_what_azure_adds(place: Place) -> None:
    made = place.ask("PUT", f"{place.new_account()}/deployments/chat", CHAT)
    properties = made["properties"]
    assert made["sku"] == {"name": "GlobalStandard", "capacity": 10}
    assert properties["model"] == CHAT["properties"]["model"]
    assert {"key": "token", "renewalPeriod": 60, "count": 10_000} in properties["rateLimits"]
    assert properties["capabilities"]["chatCompletion"] == "true"
    assert properties["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"


def test_a_model_without_a_version_gets_the_default_one(place: Place) -> None:
    made = place.ask("PUT", f"{place.new_account()}/deployments/chat", deployment("gpt-4o"))
    assert made["properties"]["model"]["version"] == "2024-08-06"


@pytest.mark.parametrize(
    ("name", "version", "format"),
    [("gpt-9", "2030-01-01", "OpenAI"), ("gpt-4.1-mini", "2020-01-01", "OpenAI"), ("gpt-4.1-mini", "2025-04-14", "Meta"), ("x.ft-0", "1", "OpenAI")],
)
def test_an_unknown_model_is_refused(place: Place, name: str, version: str, format: str) -> None:
    refusal = place.refused("PUT", f"{place.new_account()}/deployments/chat", deployment(name, version, format=format))
    assert (refusal.status, refusal.code) == (400, "DeploymentModelNotSupported")
    assert refusal.message == f"The model 'Format: {format}, Name: {name}, Version: {version}' of account deployment is not supported."


@pytest.mark.parametrize(("sku", "region"), [("Standard", "westeurope"), ("DeveloperTier", "swedencentral"), ("Gold", "swedencentral")])
def test_a_sku_that_the_region_lacks_is_refused(place: Place, sku: str, region: str) -> None:
    account = place.new_account(location=region)
    refusal = place.refused("PUT", f"{account}/deployments/chat", deployment("gpt-4.1-mini", "2025-04-14", sku=sku))
    assert refusal.code == "InvalidResourceProperties"
    assert refusal.message == f"The specified SKU '{sku}' for model 'gpt-4.1-mini 2025-04-14' is not supported in this region '{region}'."


def test_open_models_need_a_foundry_account_and_their_publishers_format(place: Place) -> None:
    body = deployment("Ministral-3B", "2411", format="Mistral AI")
    assert place.refused("PUT", f"{place.new_account()}/deployments/open", body).code == "DeploymentModelNotSupported"
    foundry = place.account("foundry")
    place.ask("PUT", foundry, {"location": "swedencentral", "kind": "AIServices", "sku": {"name": "S0"}})
    assert place.ask("PUT", f"{foundry}/deployments/open", body)["properties"]["model"]["format"] == "Mistral AI"


def test_quota_counts_for_a_subscription_region_model_and_sku(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(quota_capacity=50)
    first, second, elsewhere = place.new_account("one"), place.new_account("two"), place.new_account("three", location="eastus2")
    wanted = deployment("gpt-4.1-mini", "2025-04-14", capacity=30)
    place.ask("PUT", f"{first}/deployments/a", wanted)
    refusal = place.refused("PUT", f"{second}/deployments/b", wanted)
    assert (refusal.status, refusal.code) == (400, "InsufficientQuota")
    assert refusal.message == (
        "This operation require 30 new capacity in quota Tokens Per Minute (thousands) - gpt-4.1-mini, which is bigger than the current available "
        "capacity 20. The current quota usage is 30 and the quota limit is 50 for quota Tokens Per Minute (thousands) - gpt-4.1-mini."
    )
    place.ask("PUT", f"{elsewhere}/deployments/b", wanted)
    place.ask("PUT", f"{second}/deployments/b", deployment("gpt-4.1-mini", "2025-04-14", sku="Standard", capacity=30))
    place.ask("PUT", f"{second}/deployments/c", deployment("gpt-4.1", "2025-04-14", capacity=30))


def test_a_deployment_may_grow_into_what_it_holds_itself(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(quota_capacity=50)
    chat = f"{place.new_account()}/deployments/chat"
    place.ask("PUT", chat, deployment("gpt-4.1-mini", "2025-04-14", capacity=40))
    assert place.ask("PATCH", chat, {"sku": {"name": "GlobalStandard", "capacity": 50}})["sku"]["capacity"] == 50
    assert place.refused("PATCH", chat, {"sku": {"name": "GlobalStandard", "capacity": 51}}).code == "InsufficientQuota"


def test_quota_is_set_for_one_model_and_shows_in_usages_and_capacities(cloud: Cloud, place: Place) -> None:
    cloud.door.call("PUT", "/quota", {"location": "swedencentral", "model": "gpt-4.1-mini", "sku": "GlobalStandard", "capacity": 8})
    account = place.new_account()
    assert place.refused("PUT", f"{account}/deployments/chat", CHAT).code == "InsufficientQuota"
    place.ask("PUT", f"{account}/deployments/chat", deployment("gpt-4.1-mini", "2025-04-14", capacity=5))
    client = cognitive(cloud)
    usage = {each.name.value: (each.current_value, each.limit) for each in client.usages.list("swedencentral")}
    assert usage["OpenAI.GlobalStandard.gpt-4.1-mini"] == (5, 8)
    assert usage["OpenAI.S0.AccountCount"] == (1, 30)
    left = client.location_based_model_capacities.list("swedencentral", model_format="OpenAI", model_name="gpt-4.1-mini", model_version="2025-04-14")
    assert {each.properties.sku_name: each.properties.available_capacity for each in left}["GlobalStandard"] == 3


@pytest.mark.parametrize("capacity", [0, -1, 1.5, "10"])
def test_a_capacity_is_a_whole_number_of_at_least_one(place: Place, capacity: Any) -> None:
    refusal = place.refused("PUT", f"{place.new_account()}/deployments/chat", deployment("gpt-4.1-mini", "2025-04-14", capacity=capacity))
    assert refusal.code == "InvalidResourceProperties"


def test_an_account_has_room_for_a_number_of_standard_deployments(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(standard_deployments=2)
    account = place.new_account()
    for name in ("one", "two"):
        place.ask("PUT", f"{account}/deployments/{name}", CHAT)
    assert place.refused("PUT", f"{account}/deployments/three", CHAT).code == "QuotaExceeded"
    place.ask("PUT", f"{account}/deployments/one", CHAT)


def test_patch_takes_tags_and_sku_alone(place: Place) -> None:
    chat = f"{place.new_account()}/deployments/chat"
    place.ask("PUT", chat, CHAT)
    changed = place.ask("PATCH", chat, {"tags": {"a": "b"}, "sku": {"name": "GlobalStandard", "capacity": 20}})
    assert (changed["tags"], changed["sku"]["capacity"], changed["properties"]["model"]) == ({"a": "b"}, 20, CHAT["properties"]["model"])
    assert place.refused("PATCH", chat, {"properties": {}}).code == "InvalidRequestContent"


@pytest.mark.parametrize(("name", "value"), [("versionUpgradeOption", "Never"), ("raiPolicyName", "mine"), ("serviceTier", "Gold")])
def test_values_that_azure_does_not_know_are_refused(place: Place, name: str, value: str) -> None:
    body = deployment("gpt-4.1-mini", "2025-04-14", **{name: value})
    assert place.refused("PUT", f"{place.new_account()}/deployments/chat", body, "2026-07-01").code == "InvalidResourceProperties"


def test_what_is_not_emulated_is_refused_by_name(place: Place) -> None:
    refusal = place.refused("PUT", f"{place.new_account()}/deployments/chat", deployment("gpt-4.1-mini", "2025-04-14", spilloverDeploymentName="b"))
    assert refusal.code == "NotEmulated" and "spilloverDeploymentName" in refusal.message


def test_retirement_dates_count_when_they_are_asked_for(cloud: Cloud, place: Place) -> None:
    cloud.door.settings(retirements=True)
    account = place.new_account()
    refusal = place.refused("PUT", f"{account}/deployments/chat", deployment("gpt-4o", "2024-08-06"))
    assert refusal.code == "ServiceModelDeprecated" and "2026-10-01" in refusal.message


def test_the_sdk_lists_models_with_their_skus_and_dates(cloud: Cloud, place: Place) -> None:
    place.new_account()
    client = cognitive(cloud)
    found = {(each.name, each.version): each for each in client.accounts.list_models("rg", "acc")}
    mini = found["gpt-4.1-mini", "2025-04-14"]
    assert {sku.name for sku in mini.skus} >= {"Standard", "GlobalStandard"}
    assert (mini.capabilities["fineTune"], mini.deprecation.inference) == ("true", "2026-10-14T00:00:00Z")
    assert "Ministral-3B" in {each.model.name for each in client.models.list("swedencentral")}


def test_pause_and_resume_change_the_state(place: Place) -> None:
    chat = f"{place.new_account()}/deployments/chat"
    place.ask("PUT", chat, CHAT)
    assert place.ask("POST", f"{chat}/pause", version="2025-12-01")["properties"]["deploymentState"] == "Paused"
    assert place.ask("POST", f"{chat}/resume", version="2025-12-01")["properties"]["deploymentState"] == "Running"
    batch = f"{place.account()}/deployments/batch"
    place.ask("PUT", batch, deployment("gpt-4.1-mini", "2025-04-14", sku="GlobalBatch"))
    assert place.refused("POST", f"{batch}/pause", version="2025-12-01").code == "InvalidResourceProperties"
