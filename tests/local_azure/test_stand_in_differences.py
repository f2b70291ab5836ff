"""Which changes replace a resource and which update it, as with the azure-native plugin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pulumi.runtime.proto import provider_pb2

from local_azure.azure_native.differences import drifted
from tests.local_azure.stand_in import Plugin, running_plugin

GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:cognitiveservices:Account"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
VAULT = "azure-native:keyvault:Vault"
GRANT = "azure-native:authorization:RoleAssignment"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    with running_plugin() as plugin:
        yield plugin


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (GROUP, "resourceGroupName"), (GROUP, "location"),
        (ACCOUNT, "accountName"), (ACCOUNT, "resourceGroupName"), (ACCOUNT, "location"),
        (DEPLOYMENT, "deploymentName"), (DEPLOYMENT, "accountName"), (DEPLOYMENT, "resourceGroupName"),
        (VAULT, "vaultName"), (VAULT, "resourceGroupName"),
        (GRANT, "scope"), (GRANT, "roleAssignmentName"), (GRANT, "principalId"),
        (IDENTITY, "resourceName"), (IDENTITY, "location"),
    ],
)  # fmt: skip
def test_a_changed_place_or_name_replaces_the_resource_and_deletes_first(plugin: Plugin, token: str, name: str) -> None:
    answer = plugin.diff(token, {name: "old", "tags": {}}, {name: "new", "tags": {}})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == [name]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff[name].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


@pytest.mark.parametrize(
    ("token", "old", "new", "path"),
    [
        (ACCOUNT, {"kind": "OpenAI"}, {"kind": "AIServices"}, "kind"),
        (ACCOUNT, {"properties": {"disableLocalAuth": False}}, {"properties": {"disableLocalAuth": True}}, "properties.disableLocalAuth"),
        (DEPLOYMENT, {"properties": {"model": {"version": "1"}}}, {"properties": {"model": {"version": "2"}}}, "properties.model.version"),
        (DEPLOYMENT, {"sku": {"name": "Standard", "capacity": 1}}, {"sku": {"name": "Standard", "capacity": 2}}, "sku.capacity"),
        (VAULT, {"location": "westus"}, {"location": "eastus"}, "location"),
        (GRANT, {"roleDefinitionId": "a"}, {"roleDefinitionId": "b"}, "roleDefinitionId"),
        (GROUP, {"azureApiVersion": "2022-09-01"}, {"azureApiVersion": "2024-03-01"}, "azureApiVersion"),
    ],
)
def test_everything_else_updates_in_place(plugin: Plugin, token: str, old: dict[str, object], new: dict[str, object], path: str) -> None:
    answer = plugin.diff(token, old, new)
    assert list(answer.replaces) == []
    assert dict(answer.detailedDiff).keys() == {path}
    assert answer.detailedDiff[path].kind == provider_pb2.PropertyDiff.UPDATE
    assert list(answer.diffs) == [path.split(".")[0]]


def test_a_resource_with_a_made_up_name_is_replaced_before_the_old_one_goes(plugin: Plugin) -> None:
    old = {"accountName": "tutor1234abcd", "location": "swedencentral", "__createBeforeDelete": True}
    answer = plugin.diff(ACCOUNT, old, {**old, "location": "eastus2"})
    assert list(answer.replaces) == ["location"]
    assert not answer.deleteBeforeReplace


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"location": "Sweden Central"}, {"location": "swedencentral"}),
        ({"resourceGroupName": "RG-Tutor"}, {"resourceGroupName": "rg-tutor"}),
        ({"sku": {"capacity": 50.0}}, {"sku": {"capacity": 50}}),
    ],
)
def test_another_spelling_of_the_same_is_no_change(plugin: Plugin, old: dict[str, object], new: dict[str, object]) -> None:
    assert plugin.diff(ACCOUNT, old, new).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_access_policies_have_no_order(plugin: Plugin) -> None:
    first, second = ({"tenantId": "t", "objectId": name, "permissions": {"secrets": ["get"]}} for name in ("one", "two"))
    same = plugin.diff(VAULT, {"properties": {"accessPolicies": [first, second]}}, {"properties": {"accessPolicies": [second, first]}})
    less = plugin.diff(VAULT, {"properties": {"accessPolicies": [first, second]}}, {"properties": {"accessPolicies": [second]}})
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert less.changes == provider_pb2.DiffResponse.DIFF_SOME


def test_spelling_out_the_location_that_the_resource_has_does_not_replace_it(plugin: Plugin) -> None:
    answer = plugin.diff(ACCOUNT, {}, {"location": "swedencentral"}, state={"location": "swedencentral"})
    assert list(answer.replaces) == []
    assert answer.detailedDiff["location"].kind == provider_pb2.PropertyDiff.ADD


def test_the_api_version_of_an_older_state_is_no_change(plugin: Plugin) -> None:
    new = {"azureApiVersion": "2025-06-01"}
    assert plugin.diff(ACCOUNT, {}, new, state={"azureApiVersion": "2025-06-01"}).changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(
    ("inputs", "before", "now", "after"),
    [
        ({"a": 1}, {"a": 1, "default": 0}, {"a": 1, "default": 0}, {"a": 1}),
        ({"a": 1}, {"a": 1, "default": 0}, {"a": 1, "default": 5}, {"a": 1, "default": 5}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}),
        ({"tags": {"x": "1"}}, {"tags": {"x": "1"}}, {"tags": {"x": "1", "y": "2"}}, {"tags": {"x": "1", "y": "2"}}),
        ({"rules": [{"ip": "1"}]}, {"rules": [{"ip": "1", "d": 0}]}, {"rules": [{"ip": "2", "d": 0}]}, {"rules": [{"ip": "2"}]}),
        ({"secret": "s"}, {}, {}, {"secret": "s"}),
    ],
)
def test_a_refresh_takes_over_what_changed_and_leaves_defaults_out(inputs: object, before: object, now: object, after: object) -> None:
    assert drifted(inputs, before, now) == after  # type: ignore[arg-type]
