"""What the stand-in sends to Azure Resource Manager and makes of the answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from tests.conftest import Cloud
from tests.local_azure.stand_in import Plugin, running_plugin

GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:cognitiveservices:Account"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
VAULT = "azure-native:keyvault:Vault"
GRANT = "azure-native:authorization:RoleAssignment"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"

SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


@pytest.fixture
def plugin(cloud: Cloud) -> Iterator[Plugin]:
    cloud.door.settings(account_create=0.0, deployment_create=0.0, vault_create=0.0, directory_lag=0.0, retry_after=0.05)
    with running_plugin() as plugin:
        plugin.configure()
        plugin.create(GROUP, {"resourceGroupName": "rg", "location": "swedencentral"})
        yield plugin


def make(plugin: Plugin, token: str, inputs: dict[str, object]) -> tuple[str, dict[str, object], dict[str, object]]:
    """Checks and creates in group ``rg``: id, inputs, outputs."""
    checked, failures = plugin.check(token, {"resourceGroupName": "rg", **inputs})
    assert failures == {}
    id, outputs = plugin.create(token, checked)
    return id, checked, outputs


def make_account(plugin: Plugin, **more: object) -> tuple[str, dict[str, object], dict[str, object]]:
    properties = {"customSubDomainName": "tutor-sub"}
    return make(plugin, ACCOUNT, {"accountName": "tutor", "kind": "AIServices", "sku": {"name": "S0"}, "properties": properties, **more})


def make_vault(plugin: Plugin, cloud: Cloud, **properties: object) -> tuple[str, dict[str, object], dict[str, object]]:
    needed = {"tenantId": cloud.identity.tenant_id, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    return make(plugin, VAULT, {"vaultName": "tutor-vault", "properties": {**needed, **properties}})


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments)  # type: ignore[operator]
    return str(error.value.details())


def test_an_account_takes_its_groups_location_and_returns_what_azure_made(plugin: Plugin) -> None:
    id, inputs, outputs = make_account(plugin, identity={"type": "SystemAssigned"})
    assert id.endswith("/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/tutor")
    assert inputs["location"] == outputs["location"] == "swedencentral"
    assert outputs["properties"]["provisioningState"] == "Succeeded"  # type: ignore[index]
    assert len(outputs["identity"]["principalId"]) == 36  # type: ignore[index]
    assert outputs["azureApiVersion"] == "2025-06-01"
    assert "id" not in outputs


def test_what_exists_already_is_never_taken_over_by_a_creation(plugin: Plugin, cloud: Cloud) -> None:
    inputs = {"resourceGroupName": "rg", "location": "swedencentral"}
    text = refused(plugin.create, GROUP, inputs)
    assert text == f"cannot create already existing resource '/subscriptions/{cloud.subscription}/resourceGroups/rg'"


def test_deleting_what_is_gone_succeeds(plugin: Plugin) -> None:
    id, _, _ = make(plugin, IDENTITY, {"resourceName": "who"})
    plugin.delete(IDENTITY, id)
    plugin.delete(IDENTITY, id)
    assert plugin.read(IDENTITY, id)[0] == ""


def test_a_refresh_right_after_a_creation_finds_nothing_new(plugin: Plugin, cloud: Cloud) -> None:
    for token, (id, inputs, outputs) in ((ACCOUNT, make_account(plugin)), (VAULT, make_vault(plugin, cloud))):
        found, new_inputs, new_outputs = plugin.read(token, id, inputs, outputs)
        assert (found, new_inputs, new_outputs) == (id, inputs, outputs)


def test_a_refresh_brings_changed_tags_into_the_inputs(plugin: Plugin) -> None:
    id, inputs, outputs = make_account(plugin, tags={"team": "math"})
    plugin.update(ACCOUNT, id, {**inputs, "tags": {"team": "math", "by": "hand"}})
    _, new_inputs, _ = plugin.read(ACCOUNT, id, inputs, outputs)
    assert new_inputs == {**inputs, "tags": {"team": "math", "by": "hand"}}


def test_an_import_finds_the_inputs_in_the_id_and_the_outputs(plugin: Plugin) -> None:
    id, _, _ = make_account(plugin)
    _, inputs, _ = plugin.read(ACCOUNT, id)
    assert (inputs["resourceGroupName"], inputs["accountName"], inputs["kind"]) == ("rg", "tutor", "AIServices")
    assert inputs["properties"]["customSubDomainName"] == "tutor-sub"
    assert "provisioningState" not in inputs["properties"]
    assert plugin.check(ACCOUNT, inputs)[1] == {}


def test_a_role_assignment_goes_to_its_scope_with_its_members_in_properties(plugin: Plugin, cloud: Cloud) -> None:
    scope, _, _ = make_vault(plugin, cloud)
    _, _, who = make(plugin, IDENTITY, {"resourceName": "who"})
    role = f"/subscriptions/{cloud.subscription}/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}"
    inputs, _ = plugin.check(
        GRANT, {"scope": scope, "principalId": who["principalId"], "principalType": "ServicePrincipal", "roleDefinitionId": role}
    )
    id, outputs = plugin.create(GRANT, inputs)
    assert id.lower().startswith(f"{scope}/providers/Microsoft.Authorization/roleAssignments/".lower())
    assert (outputs["principalId"], outputs["name"]) == (who["principalId"], inputs["roleAssignmentName"])
    assert plugin.read(GRANT, id, inputs, outputs)[1] == inputs
    assert plugin.read(GRANT, id)[1]["scope"].lower() == scope.lower()


def test_an_error_has_status_code_and_message_as_the_plugin_writes_them(plugin: Plugin, cloud: Cloud) -> None:
    stranger = "00000000-0000-0000-0000-00000000abcd"
    role = f"/subscriptions/{cloud.subscription}/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}"
    inputs = {"scope": f"/subscriptions/{cloud.subscription}", "roleAssignmentName": "11111111-1111-4111-8111-111111111111"}
    text = refused(plugin.create, GRANT, {**inputs, "principalId": stranger, "principalType": "ServicePrincipal", "roleDefinitionId": role})
    assert text.startswith('Status=400 Code="PrincipalNotFound" Message="')
    assert stranger.replace("-", "") in text


def test_access_policies_made_by_others_survive_an_update_that_does_not_name_them(plugin: Plugin, cloud: Cloud) -> None:
    id, inputs, _ = make_vault(plugin, cloud, enableRbacAuthorization=False)
    policy = {"tenantId": cloud.identity.tenant_id, "objectId": cloud.identity.object_id, "permissions": {"secrets": ["get"]}}
    plugin.update(VAULT, id, {**inputs, "properties": {**inputs["properties"], "accessPolicies": [policy]}})  # type: ignore[dict-item]
    outputs = plugin.update(VAULT, id, {**inputs, "tags": {"a": "b"}})
    assert [row["objectId"] for row in outputs["properties"]["accessPolicies"]] == [cloud.identity.object_id]


def test_account_keys_are_secrets_on_the_wire(plugin: Plugin) -> None:
    make_account(plugin)
    keys = plugin.invoke("azure-native:cognitiveservices:listAccountKeys", {"resourceGroupName": "rg", "accountName": "tutor"})
    raw = plugin.invoke_raw("azure-native:cognitiveservices:listAccountKeys", {"resourceGroupName": "rg", "accountName": "tutor"})
    assert keys.keys() == {"key1", "key2"}
    assert all("1b47061264138c4ac30d75fd1eb44270" in str(raw.fields[name]) for name in keys)


def test_a_getter_returns_the_id_too_and_names_what_it_does_not_find(plugin: Plugin) -> None:
    id, _, _ = make_account(plugin)
    found = plugin.invoke("azure-native:cognitiveservices:getAccount", {"resourceGroupName": "rg", "accountName": "tutor"})
    assert (found["id"], found["kind"]) == (id, "AIServices")
    text = refused(plugin.invoke, "azure-native:keyvault:getVault", {"resourceGroupName": "rg", "vaultName": "nobody"})
    assert text.startswith("request failed /subscriptions/")
    assert 'Code="ResourceNotFound"' in text


def test_creations_run_side_by_side(plugin: Plugin, cloud: Cloud) -> None:
    cloud.door.fault(name="slow", host="management", method="PUT", delay=1.0)
    with ThreadPoolExecutor(16) as pool:
        started = time.monotonic()
        list(pool.map(lambda n: make(plugin, IDENTITY, {"resourceName": f"who-{n}"}), range(16)))
    assert time.monotonic() - started < 8  # one after the other takes 16 seconds


def test_throttling_is_waited_out(plugin: Plugin, cloud: Cloud) -> None:
    cloud.door.fault(
        name="busy", host="management", method="PUT", status=429, code="TooManyRequests", message="Slow.", headers={"Retry-After": "0"}, times=2
    )
    id, _, _ = make(plugin, IDENTITY, {"resourceName": "who"})
    assert id.endswith("who")


def test_a_custom_timeout_ends_the_wait_for_a_long_operation(plugin: Plugin, cloud: Cloud) -> None:
    cloud.door.settings(account_create=3600.0)
    checked, _ = plugin.check(ACCOUNT, {"resourceGroupName": "rg", "accountName": "tutor", "kind": "AIServices", "sku": {"name": "S0"}})
    with pytest.raises(grpc.RpcError) as error:
        plugin.create(ACCOUNT, checked, timeout=0.5)
    assert error.value.details() == "operation timed out"
    assert partly(error.value).id.endswith("/accounts/tutor")  # so the state knows of it


def partly(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed:
    """What the engine learns of a resource whose creation was accepted and then failed."""
    packed = next(value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin")
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(packed).details[0].Unpack(detail)
    return detail


def test_after_a_cancellation_no_request_is_sent(plugin: Plugin) -> None:
    plugin.cancel()
    assert refused(plugin.read, GROUP, "/subscriptions/s/resourceGroups/rg") == "operation cancelled"
