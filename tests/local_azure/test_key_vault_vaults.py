"""Vaults with azure-mgmt-keyvault: making, changing, deleting, recovering and purging them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.keyvault.models import SecretPermissions
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.conftest import Cloud

OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
NAME, REGION = "kv-tutor", "swedencentral"


class KeyVaults:
    """The deployer's view of Microsoft.KeyVault, in two resource groups."""

    def __init__(self, cloud: Cloud):
        identity = cloud.identity
        self.cloud = cloud
        self.credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
        self.groups = ResourceManagementClient(self.credential, cloud.subscription).resource_groups
        for group in ("rg", "rg-two"):
            self.groups.create_or_update(group, {"location": REGION})
        self.vaults = KeyVaultManagementClient(self.credential, cloud.subscription).vaults

    def make(self, group: str = "rg", name: str = NAME, tags: dict[str, str] | None = None, version: str = "", **properties: Any) -> Any:
        defaults = {"tenantId": self.cloud.identity.tenant_id, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
        content = {name: value for name, value in {**defaults, **properties}.items() if value is not None}
        body: Any = {"location": REGION, "tags": tags or {}, "properties": content}
        client = KeyVaultManagementClient(self.credential, self.cloud.subscription, api_version=version).vaults if version else self.vaults
        return client.begin_create_or_update(group, name, body).result()

    def secrets(self) -> SecretClient:
        return SecretClient(f"https://{NAME}.vault.azure.net", self.credential, retry_total=0)

    def become_officer(self, vault_id: str) -> None:
        roles = AuthorizationManagementClient(self.credential, self.cloud.subscription).role_assignments
        definition = f"/subscriptions/{self.cloud.subscription}/providers/Microsoft.Authorization/roleDefinitions/{OFFICER}"
        properties: Any = {"roleDefinitionId": definition, "principalId": self.cloud.identity.object_id, "principalType": "ServicePrincipal"}
        roles.create(vault_id, str(uuid.uuid4()), {"properties": properties})


@pytest.fixture
def keyvaults(cloud: Cloud) -> KeyVaults:
    cloud.door.settings(role_lag=0, vault_create=0)
    return KeyVaults(cloud)


def test_a_vault_is_read_as_it_was_written(keyvaults: KeyVaults) -> None:
    made = keyvaults.make(tags={"team": "a"}, softDeleteRetentionInDays=7)
    read = keyvaults.vaults.get("rg", NAME)
    assert read.as_dict() == made.as_dict()
    properties = read.properties
    assert (read.location, read.tags, properties.vault_uri) == (REGION, {"team": "a"}, f"https://{NAME}.vault.azure.net/")
    assert (properties.enable_rbac_authorization, properties.enable_soft_delete, properties.soft_delete_retention_in_days) == (True, True, 7)
    assert properties.provisioning_state == "Succeeded"
    assert [vault.name for vault in keyvaults.vaults.list_by_resource_group("rg")] == [NAME]


def test_a_new_vault_has_no_name_in_the_network_until_it_is_made(keyvaults: KeyVaults) -> None:
    keyvaults.cloud.door.settings(vault_create=600, retry_after=5)
    body: Any = {
        "location": REGION,
        "properties": {"tenantId": keyvaults.cloud.identity.tenant_id, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True},
    }
    keyvaults.vaults.begin_create_or_update("rg", NAME, body, polling=False)
    assert keyvaults.vaults.get("rg", NAME).properties.provisioning_state == "RegisteringDns"
    with pytest.raises(HttpResponseError, match="VaultNotFound|There is no vault"):
        keyvaults.secrets().get_secret("key")
    keyvaults.cloud.door.advance(601)
    assert keyvaults.vaults.get("rg", NAME).properties.provisioning_state == "Succeeded"


@pytest.mark.parametrize(("version", "rbac"), [("2024-11-01", False), ("2026-02-01", True)])
def test_the_permission_model_that_nobody_chose_depends_on_the_api_version(keyvaults: KeyVaults, version: str, rbac: bool) -> None:
    made = keyvaults.make(version=version, enableRbacAuthorization=None, accessPolicies=[])
    assert made.properties.enable_rbac_authorization is rbac


def test_a_deleted_vault_is_recovered_with_its_secrets_and_without_its_roles(keyvaults: KeyVaults) -> None:
    keyvaults.become_officer(keyvaults.make(tags={"team": "a"}, softDeleteRetentionInDays=30).id)
    keyvaults.secrets().set_secret("key", "value")
    keyvaults.vaults.delete("rg", NAME)
    with pytest.raises(ResourceNotFoundError):
        keyvaults.vaults.get("rg", NAME)
    with pytest.raises(HttpResponseError, match="There is no vault"):
        keyvaults.secrets().get_secret("key")
    recovered = keyvaults.make(createMode="recover")
    assert (recovered.tags, recovered.properties.soft_delete_retention_in_days) == ({"team": "a"}, 30)
    with pytest.raises(HttpResponseError, match="Caller is not authorized"):
        keyvaults.secrets().get_secret("key")
    keyvaults.become_officer(recovered.id)
    assert keyvaults.secrets().get_secret("key").value == "value"


def test_the_name_of_a_deleted_vault_is_taken_until_it_is_purged(keyvaults: KeyVaults) -> None:
    made = keyvaults.make()
    keyvaults.vaults.delete("rg", NAME)
    (deleted,) = keyvaults.vaults.list_deleted()
    assert deleted.properties is not None and deleted.properties.vault_id == made.id
    assert keyvaults.vaults.get_deleted(NAME, REGION).name == NAME
    with pytest.raises(ResourceExistsError, match="already exists in deleted state. You need to either recover or purge") as refused:
        keyvaults.make()
    assert refused.value.error is not None and refused.value.error.code == "ConflictError"
    keyvaults.vaults.begin_purge_deleted(NAME, REGION).wait()
    assert list(keyvaults.vaults.list_deleted()) == []
    keyvaults.become_officer(keyvaults.make().id)
    assert list(keyvaults.secrets().list_properties_of_secrets()) == []


def test_a_deleted_vault_is_gone_after_its_retention(keyvaults: KeyVaults) -> None:
    keyvaults.make(softDeleteRetentionInDays=7)
    keyvaults.vaults.delete("rg", NAME)
    keyvaults.cloud.door.advance(7 * 86400 + 1)
    with pytest.raises(ResourceNotFoundError):
        keyvaults.vaults.get_deleted(NAME, REGION)
    assert keyvaults.vaults.check_name_availability({"name": NAME, "type": "Microsoft.KeyVault/vaults"}).name_available


def test_deleting_the_group_soft_deletes_its_vault(keyvaults: KeyVaults) -> None:
    keyvaults.make()
    keyvaults.groups.begin_delete("rg").wait()
    assert [vault.name for vault in keyvaults.vaults.list_deleted()] == [NAME]


def test_purge_protection_stays_on_and_keeps_a_deleted_vault(keyvaults: KeyVaults) -> None:
    keyvaults.make(enablePurgeProtection=True)
    with pytest.raises(HttpResponseError, match="cannot be set to false"):
        keyvaults.make(enablePurgeProtection=False)
    assert keyvaults.make(tags={"a": "b"}).properties.enable_purge_protection is True
    keyvaults.vaults.delete("rg", NAME)
    with pytest.raises(HttpResponseError, match="Operation 'DeletedVaultPurge' is not allowed") as refused:
        keyvaults.vaults.begin_purge_deleted(NAME, REGION).wait()
    assert refused.value.status_code == 405


def test_names_are_unique_in_all_of_azure(keyvaults: KeyVaults) -> None:
    keyvaults.make()
    with pytest.raises(ResourceExistsError, match="VaultAlreadyExists.*is already in use"):
        keyvaults.make(group="rg-two")
    answer = keyvaults.vaults.check_name_availability({"name": NAME.upper(), "type": "Microsoft.KeyVault/vaults"})
    assert (answer.name_available, answer.reason) == (False, "AlreadyExists")
    assert keyvaults.vaults.check_name_availability({"name": "1-bad", "type": "Microsoft.KeyVault/vaults"}).reason == "AccountNameInvalid"


def test_only_a_deleted_vault_is_recovered(keyvaults: KeyVaults) -> None:
    with pytest.raises(HttpResponseError, match="SoftDeletedVaultDoesNotExist"):
        keyvaults.make(createMode="recover")


@pytest.mark.parametrize(
    ("name", "properties", "text"),
    [
        ("bad--name", {}, "VaultNameNotValid"),
        (NAME, {"softDeleteRetentionInDays": 3}, "between 7 and 90"),
        (NAME, {"sku": {"family": "A", "name": "gold"}}, "standard or premium"),
        (NAME, {"enableSoftDelete": False}, "enableSoftDelete"),
        (NAME, {"enableRbacAuthorization": False}, "accessPolicies is not specified"),
        (NAME, {"enableRbac": True}, "Could not find member 'enableRbac'"),
    ],
)
def test_a_vault_that_azure_would_not_make_is_refused(keyvaults: KeyVaults, name: str, properties: dict[str, Any], text: str) -> None:
    with pytest.raises(HttpResponseError, match=text) as refused:
        keyvaults.make(name=name, **properties)
    assert refused.value.status_code == 400


def test_the_retention_is_decided_once(keyvaults: KeyVaults) -> None:
    keyvaults.make(softDeleteRetentionInDays=7)
    with pytest.raises(HttpResponseError, match="has been set already and it can't be modified"):
        keyvaults.make(softDeleteRetentionInDays=8)


def test_access_policies_are_added_removed_and_replaced(keyvaults: KeyVaults) -> None:
    keyvaults.make(enableRbacAuthorization=False, accessPolicies=[])
    tenant, me = keyvaults.cloud.identity.tenant_id, keyvaults.cloud.identity.object_id

    def change(verb: str, *words: str) -> None:
        policy = {"tenantId": tenant, "objectId": me, "permissions": {"secrets": list(words)}}
        keyvaults.vaults.update_access_policy("rg", NAME, verb, {"properties": {"accessPolicies": [policy]}})  # type: ignore[call-overload]

    def granted() -> list[str]:
        policies = keyvaults.vaults.get("rg", NAME).properties.access_policies or []
        return [SecretPermissions(word).value for policy in policies for word in policy.permissions.secrets or []]

    change("add", "get")
    change("add", "set", "list")
    assert granted() == ["get", "set", "list"]
    keyvaults.secrets().set_secret("key", "value")
    change("remove", "set")
    assert granted() == ["get", "list"]
    with pytest.raises(HttpResponseError, match="does not have secrets set permission"):
        keyvaults.secrets().set_secret("key", "other")
    change("replace", "all")
    assert granted() == ["all"]
    keyvaults.secrets().set_secret("key", "other")


def test_a_change_of_one_property_leaves_the_others(keyvaults: KeyVaults) -> None:
    keyvaults.make(tags={"team": "a"}, softDeleteRetentionInDays=7)
    patch: Any = {"properties": {"publicNetworkAccess": "Disabled"}}
    changed = keyvaults.vaults.update("rg", NAME, patch)
    assert (changed.tags, changed.properties.soft_delete_retention_in_days, changed.properties.public_network_access) == (
        {"team": "a"},
        7,
        "Disabled",
    )


def test_a_lost_answer_leaves_the_secret_written_once(keyvaults: KeyVaults) -> None:
    keyvaults.become_officer(keyvaults.make().id)
    keyvaults.secrets().set_secret("other", "value")
    keyvaults.cloud.door.fault(name="lost", host="vault.azure.net", method="PUT", times=1, after=True, cut=True)
    with pytest.raises(AzureError):
        keyvaults.secrets().set_secret("key", "value")
    assert len(list(keyvaults.secrets().list_properties_of_secret_versions("key"))) == 1
