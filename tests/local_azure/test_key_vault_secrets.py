"""Secrets with azure-keyvault-secrets: versions, deletion and recovery, and who may do what."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential
from azure.keyvault.secrets import ApiVersion, SecretClient
from azure.keyvault.secrets.aio import SecretClient as AsyncSecretClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.conftest import Cloud

OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
USER = "4633458b-17de-408a-b874-0445c86b69e6"
URL = "https://kv-tutor.vault.azure.net"


class Vault:
    """A vault in the RBAC model whose deployer is Secrets Officer, without lags."""

    def __init__(self, cloud: Cloud):
        identity = cloud.identity
        cloud.door.settings(role_lag=0, vault_create=0)
        self.cloud = cloud
        self.credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
        ResourceManagementClient(self.credential, cloud.subscription).resource_groups.create_or_update("rg", {"location": "swedencentral"})
        self.vaults = KeyVaultManagementClient(self.credential, cloud.subscription).vaults
        self.roles = AuthorizationManagementClient(self.credential, cloud.subscription)
        self.id = str(self.make().id)
        self.grant(identity.object_id, OFFICER)
        self.secrets = SecretClient(URL, self.credential)

    def make(self, **properties: Any) -> Any:
        sku, tenant = {"family": "A", "name": "standard"}, self.cloud.identity.tenant_id
        content: Any = {"tenantId": tenant, "sku": sku, "enableRbacAuthorization": True, **properties}
        body: Any = {"location": "swedencentral", "properties": content}
        return self.vaults.begin_create_or_update("rg", "kv-tutor", body).result()

    def grant(self, principal: str, role: str) -> None:
        definition = f"/subscriptions/{self.cloud.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
        self.roles.role_assignments.create(self.id, str(uuid.uuid4()), {"properties": properties})

    def stranger(self, *roles: str) -> SecretClient:
        new = self.cloud.door.call("POST", "/principals", {"name": "stranger"})
        for role in roles:
            self.grant(new["object_id"], role)
        return SecretClient(URL, ClientSecretCredential(new["tenant_id"], new["client_id"], new["client_secret"]))


def inner_code(refusal: HttpResponseError) -> str:
    assert refusal.response is not None
    return str(json.loads(refusal.response.text())["error"]["innererror"]["code"])


@pytest.fixture
def vault(cloud: Cloud) -> Vault:
    return Vault(cloud)


@pytest.mark.parametrize("version", list(ApiVersion))
def test_a_secret_is_read_as_it_was_written(vault: Vault, version: ApiVersion) -> None:
    client = SecretClient(URL, vault.credential, api_version=version)
    expires = datetime(2030, 1, 1, tzinfo=UTC)
    written = client.set_secret("wandb-api-key", "s3cret", tags={"for": "tests"}, content_type="text/plain", expires_on=expires)
    read = client.get_secret("wandb-api-key")
    assert (read.value, read.properties.tags, read.properties.content_type, read.properties.expires_on) == (
        "s3cret",
        {"for": "tests"},
        "text/plain",
        expires,
    )
    assert read.id == written.id == f"{URL}/secrets/wandb-api-key/{written.properties.version}"
    assert (read.properties.enabled, read.properties.recovery_level, read.properties.recoverable_days) == (True, "Recoverable+Purgeable", 90)


def test_the_async_client_reads_what_the_other_wrote(vault: Vault) -> None:
    async def read() -> str | None:
        identity = vault.cloud.identity
        # aiohttp reads SSL_CERT_FILE when it is imported, which may have been before this test set it
        ca = vault.cloud.environment["SSL_CERT_FILE"]
        signer = AsyncClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret, connection_verify=ca)
        async with signer as credential, AsyncSecretClient(URL, credential, connection_verify=ca) as client:
            return (await client.get_secret("a")).value

    vault.secrets.set_secret("a", "from afar")
    assert asyncio.run(read()) == "from afar"


def test_older_versions_stay_and_the_newest_is_the_default(vault: Vault) -> None:
    first = vault.secrets.set_secret("key", "one").properties.version
    second = vault.secrets.set_secret("KEY", "two").properties.version
    assert vault.secrets.get_secret("key").value == "two"
    assert vault.secrets.get_secret("key", first).value == "one"
    assert [found.version for found in vault.secrets.list_properties_of_secret_versions("key")] == [first, second]
    assert [found.name for found in vault.secrets.list_properties_of_secrets()] == ["key"]


def test_long_lists_come_in_pages(vault: Vault) -> None:
    for number in range(30):
        vault.secrets.set_secret(f"key-{number}", "value")
    assert len(list(vault.secrets.list_properties_of_secrets())) == 30
    assert len(list(vault.secrets.list_properties_of_secrets(max_page_size=7))) == 30


def test_properties_change_without_a_new_version_and_a_disabled_secret_is_not_read(vault: Vault) -> None:
    version = vault.secrets.set_secret("key", "value").properties.version
    changed = vault.secrets.update_secret_properties("key", tags={"team": "a"}, enabled=False)
    assert (changed.version, changed.tags) == (version, {"team": "a"})
    with pytest.raises(HttpResponseError, match="Operation get is not allowed on a disabled secret") as refused:
        vault.secrets.get_secret("key")
    assert refused.value.status_code == 403


def test_a_soft_deleted_secret_is_recovered(vault: Vault) -> None:
    vault.secrets.set_secret("key", "value")
    deleted = vault.secrets.begin_delete_secret("key").result()
    assert deleted.recovery_id == f"{URL}/deletedsecrets/key"
    assert deleted.deleted_date and deleted.scheduled_purge_date == deleted.deleted_date + timedelta(days=90)
    assert [found.name for found in vault.secrets.list_deleted_secrets()] == ["key"]
    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        vault.secrets.get_secret("key")
    vault.secrets.begin_recover_deleted_secret("key").wait()
    assert vault.secrets.get_secret("key").value == "value"


def test_the_name_of_a_deleted_secret_is_free_only_after_it_was_purged(vault: Vault) -> None:
    vault.secrets.set_secret("key", "value")
    vault.secrets.begin_delete_secret("key").wait()
    with pytest.raises(HttpResponseError, match="currently in a deleted but recoverable state") as refused:
        vault.secrets.set_secret("key", "again")
    assert (refused.value.status_code, inner_code(refused.value)) == (409, "ObjectIsDeletedButRecoverable")
    vault.secrets.purge_deleted_secret("key")
    vault.secrets.set_secret("key", "again")
    assert len(list(vault.secrets.list_properties_of_secret_versions("key"))) == 1


def test_a_deleted_secret_is_purged_by_itself_after_its_retention(vault: Vault) -> None:
    vault.secrets.set_secret("key", "value")
    vault.secrets.begin_delete_secret("key").wait()
    vault.cloud.door.advance(91 * 86400)
    with pytest.raises(ResourceNotFoundError):
        vault.secrets.get_deleted_secret("key")


def test_purge_protection_refuses_the_purge_of_a_secret(vault: Vault) -> None:
    vault.make(enablePurgeProtection=True)
    assert vault.secrets.set_secret("key", "value").properties.recovery_level == "Recoverable"
    vault.secrets.begin_delete_secret("key").wait()
    with pytest.raises(HttpResponseError, match="purge protection is enabled") as refused:
        vault.secrets.purge_deleted_secret("key")
    assert refused.value.status_code == 403


def test_owning_the_subscription_does_not_open_the_vault(cloud: Cloud) -> None:
    vault = Vault(cloud)
    for assignment in vault.roles.role_assignments.list_for_scope(vault.id, filter=f"principalId eq '{cloud.identity.object_id}'"):
        if assignment.scope == vault.id:
            vault.roles.role_assignments.delete_by_id(str(assignment.id))
    with pytest.raises(HttpResponseError, match="Caller is not authorized to perform action on resource") as refused:
        vault.secrets.set_secret("key", "value")
    assert refused.value.status_code == 403
    assert inner_code(refused.value) == "ForbiddenByRbac"


def test_a_secrets_user_reads_and_does_not_write(vault: Vault) -> None:
    vault.secrets.set_secret("key", "value")
    user = vault.stranger(USER)
    assert user.get_secret("key").value == "value"
    with pytest.raises(HttpResponseError, match="Microsoft.KeyVault/vaults/secrets/setSecret/action"):
        user.set_secret("key", "other")
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac|Forbidden"):
        vault.stranger().get_secret("key")


def test_in_the_policy_model_access_policies_decide_and_roles_do_not(vault: Vault) -> None:
    vault.secrets.set_secret("key", "value")
    tenant, me = vault.cloud.identity.tenant_id, vault.cloud.identity.object_id
    vault.make(enableRbacAuthorization=False, accessPolicies=[{"tenantId": tenant, "objectId": me, "permissions": {"secrets": ["Get", "list"]}}])
    assert vault.secrets.get_secret("key").value == "value"
    with pytest.raises(HttpResponseError, match="does not have secrets set permission on key vault 'kv-tutor;location=swedencentral'") as refused:
        vault.secrets.set_secret("key", "other")
    assert inner_code(refused.value) == "AccessDenied"


def test_a_request_without_a_token_is_challenged(vault: Vault) -> None:
    answer = requests.get(f"{URL}/secrets/key?api-version=7.6", timeout=9)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer authorization="https://login.microsoftonline.com/{vault.cloud.identity.tenant_id}", resource="https://vault.azure.net"'
    )


def test_a_token_for_another_resource_or_one_that_ended_is_refused(vault: Vault) -> None:
    def status(scope: str) -> tuple[int, str]:
        identity = vault.cloud.identity
        token = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret).get_token(scope).token
        answer = requests.get(f"{URL}/secrets?api-version=7.6", headers={"Authorization": f"Bearer {token}"}, timeout=9)
        return answer.status_code, answer.text

    assert status("https://vault.azure.net/.default")[0] == 200
    code, text = status("https://management.azure.com/.default")
    assert (code, "AKV10022: Invalid audience" in text) == (401, True)
    vault.cloud.door.settings(token_lifetime=-1)
    code, text = status("https://vault.azure.net/.default")
    assert (code, "expiry" in text) == (401, True)


def test_a_principal_of_another_tenant_is_refused(vault: Vault) -> None:
    new = vault.cloud.door.call("POST", "/principals", {"name": "guest", "tenant": "33333333-3333-3333-3333-333333333333"})
    credential = ClientSecretCredential(new["tenant_id"], new["client_id"], new["client_secret"], additionally_allowed_tenants=["*"])
    with pytest.raises(ClientAuthenticationError):
        SecretClient(URL, credential).get_secret("key")


def test_a_vault_closed_to_public_networks_is_closed(vault: Vault) -> None:
    vault.make(publicNetworkAccess="Disabled")
    with pytest.raises(HttpResponseError, match="Public network access is disabled"):
        vault.secrets.get_secret("key")
    vault.make(publicNetworkAccess="Enabled", networkAcls={"defaultAction": "Deny", "bypass": "AzureServices"})
    with pytest.raises(HttpResponseError, match="Client address is not authorized"):
        vault.secrets.get_secret("key")


def test_what_the_service_does_not_take_is_refused(vault: Vault) -> None:
    with pytest.raises(HttpResponseError, match="invalid name"):
        vault.secrets.set_secret("under_score", "value")
    with pytest.raises(HttpResponseError, match="too large"):
        vault.secrets.set_secret("key", "x" * 25601)
    with pytest.raises(HttpResponseError, match="is not recognized"):
        SecretClient(URL, vault.credential, api_version="7.9").get_secret("key")


@pytest.mark.parametrize(("operator", "links"), [(True, 1), (False, 0)])
def test_the_operator_links_the_account_that_a_secret_is_tagged_for(vault: Vault, account: Any, operator: bool, links: int) -> None:
    vault.cloud.door.settings(operator_links_wandb=operator)
    vault.secrets.set_secret("wandb-api-key", "value", tags={"wandb-account": account.name})
    assert vault.cloud.door.call("GET", "/status")["contents"].get("wandb-link", 0) == links


def test_no_value_of_a_secret_is_in_the_journal(vault: Vault) -> None:
    vault.secrets.set_secret("key", "s3cret-value")
    rows = vault.cloud.door.journal()
    assert [row["effect"] for row in rows if row["operation"] == "set_secret" and row["status"] == 200] == ["set secret key in kv-tutor"]
    assert "s3cret-value" not in json.dumps(rows)
