"""What the stand-in does with inputs before anything is sent: names, locations, what is missing, what a preview can know."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from local_azure.azure_native.values import UNKNOWN
from tests.local_azure.stand_in import Plugin, running_plugin

GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:cognitiveservices:Account"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
VAULT = "azure-native:keyvault:Vault"
GRANT = "azure-native:authorization:RoleAssignment"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"

IN_GROUP = {"resourceGroupName": "rg", "location": "swedencentral"}
VAULT_PROPERTIES = {"tenantId": "t", "sku": {"family": "A", "name": "standard"}}


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    with running_plugin() as plugin:
        yield plugin


@pytest.mark.parametrize(
    ("token", "name"), [(GROUP, "resourceGroupName"), (ACCOUNT, "accountName"), (VAULT, "vaultName"), (IDENTITY, "resourceName")]
)
def test_a_top_level_resource_is_named_after_its_logical_name_and_eight_hexadecimal_digits(plugin: Plugin, token: str, name: str) -> None:
    inputs, _ = plugin.check(token, {"location": "swedencentral"}, name="tutor")
    assert inputs[name].startswith("tutor")
    assert len(inputs[name]) == len("tutor") + 8
    assert int(inputs[name].removeprefix("tutor"), 16) >= 0


def test_a_made_up_name_is_the_same_for_the_same_seed_and_stays_in_later_runs(plugin: Plugin) -> None:
    first, _ = plugin.check(GROUP, {"location": "swedencentral"})
    again, _ = plugin.check(GROUP, {"location": "swedencentral"})
    later, _ = plugin.check(GROUP, {"location": "swedencentral"}, old={**first, "resourceGroupName": "kept"})
    assert first == again
    assert (later["resourceGroupName"], later["__createBeforeDelete"]) == ("kept", True)


def test_a_deployment_takes_the_logical_name_and_a_role_assignment_a_guid(plugin: Plugin) -> None:
    deployment, _ = plugin.check(DEPLOYMENT, {"resourceGroupName": "rg", "accountName": "acct"}, name="tutor")
    grant, _ = plugin.check(GRANT, {"scope": "/s", "principalId": "p", "roleDefinitionId": "r"})
    assert deployment["deploymentName"] == "tutor"
    assert [len(part) for part in grant["roleAssignmentName"].split("-")] == [8, 4, 4, 4, 12]


@pytest.mark.parametrize(
    ("token", "inputs", "missing"),
    [
        (GROUP, {}, {"location"}),
        (ACCOUNT, {}, {"resourceGroupName"}),
        (ACCOUNT, {**IN_GROUP, "sku": {"tier": "Standard"}}, {"sku.name"}),
        (DEPLOYMENT, {"resourceGroupName": "rg"}, {"accountName"}),
        (VAULT, IN_GROUP, {"properties"}),
        (VAULT, {**IN_GROUP, "properties": {"sku": {"name": "standard"}}}, {"properties.tenantId", "properties.sku.family"}),
        (VAULT, {**IN_GROUP, "properties": {**VAULT_PROPERTIES, "accessPolicies": [{"tenantId": "t", "permissions": {}}]}},
         {"properties.accessPolicies[0].objectId"}),
        (GRANT, {}, {"scope", "principalId", "roleDefinitionId"}),
        (IDENTITY, {"location": "swedencentral"}, {"resourceGroupName"}),
    ],
)  # fmt: skip
def test_a_missing_input_fails_the_check_on_that_property(plugin: Plugin, token: str, inputs: dict[str, object], missing: set[str]) -> None:
    _, failures = plugin.check(token, inputs)
    assert failures.keys() == missing
    assert all(f"missing required property '{path}'" in reason for path, reason in failures.items())


def test_an_input_that_is_not_known_yet_is_not_missing(plugin: Plugin) -> None:
    inputs, failures = plugin.check(VAULT, {"resourceGroupName": UNKNOWN, "properties": {**VAULT_PROPERTIES, "tenantId": UNKNOWN}})
    assert failures == {}
    assert inputs["location"] is UNKNOWN  # it will be the group's


def test_a_name_that_azure_would_refuse_fails_in_the_preview(plugin: Plugin) -> None:
    _, failures = plugin.check(VAULT, {**IN_GROUP, "vaultName": "a_vault", "properties": VAULT_PROPERTIES})
    assert failures == {"vaultName": "'vaultName' does not match expression '^[a-zA-Z0-9-]{3,24}$'"}
    _, failures = plugin.check(ACCOUNT, {**IN_GROUP, "accountName": "a"})
    assert failures == {"accountName": "'accountName' is too short (1): at least 2 characters required"}


def test_a_type_that_the_table_lacks_is_refused_by_name_with_what_there_is_and_the_way_out(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.check("azure-native:storage:StorageAccount", {})
    text = refused.value.details()
    assert "azure-native:storage:StorageAccount" in text
    assert ACCOUNT in text
    assert "AZURE_NATIVE=real" in text
    assert "Traceback" not in text


def test_a_function_that_the_table_lacks_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="azure-native:storage:listStorageAccountKeys.*listAccountKeys.*AZURE_NATIVE=real"):
        plugin.invoke("azure-native:storage:listStorageAccountKeys")


def test_a_versioned_type_is_sent_with_its_own_version(plugin: Plugin) -> None:
    inputs, _ = plugin.check("azure-native:cognitiveservices/v20241001:Account", IN_GROUP)
    assert inputs["azureApiVersion"] == "2024-10-01"
    assert plugin.check(ACCOUNT, IN_GROUP)[0]["azureApiVersion"] == "2025-06-01"


def test_a_preview_knows_the_inputs_and_leaves_open_what_azure_decides(plugin: Plugin) -> None:
    inputs = {**IN_GROUP, "kind": "AIServices", "properties": {"customSubDomainName": "tutor"}, "identity": {"type": "SystemAssigned"}}
    id, outputs = plugin.create(ACCOUNT, inputs, preview=True)
    assert id == ""
    assert outputs["properties"]["customSubDomainName"] == "tutor"
    assert outputs["properties"]["endpoint"] is UNKNOWN
    assert outputs["identity"] == {"type": "SystemAssigned", "principalId": UNKNOWN, "tenantId": UNKNOWN, "userAssignedIdentities": UNKNOWN}
    assert outputs["name"] is UNKNOWN
    assert "resourceGroupName" not in outputs


def test_the_preview_of_an_update_keeps_the_name_and_the_location(plugin: Plugin) -> None:
    state = {"name": "acct", "location": "swedencentral", "etag": "1"}
    outputs = plugin.update(ACCOUNT, "/id", {**IN_GROUP, "tags": {"a": "b"}}, state=state, preview=True)
    assert (outputs["name"], outputs["location"], outputs["tags"], outputs["etag"]) == ("acct", "swedencentral", {"a": "b"}, UNKNOWN)
