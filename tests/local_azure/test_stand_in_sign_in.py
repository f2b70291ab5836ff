"""How the stand-in signs in: the plugin's order of ways, its environment variables, and one clear error when it cannot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local_azure.azure_native.sign_in import Configuration, SignInError, choose, oidc_token, sign_in
from tests.conftest import Cloud
from tests.local_azure.stand_in import Plugin, clear_environment, running_plugin

PRINCIPAL = {"subscriptionId": "s", "tenantId": "t", "clientId": "c"}


@pytest.fixture
def plugin(cloud: Cloud) -> Iterator[Plugin]:
    with running_plugin() as plugin:
        yield plugin


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.mark.parametrize(
    ("values", "way"),
    [
        ({"clientSecret": "x", "useOidc": "true", "useMsi": "true"}, "as a Service Principal using a Client Secret"),
        ({"clientCertificatePath": "x", "clientSecret": "x"}, "as a Service Principal using a Client Certificate"),
        ({"useOidc": "true", "useMsi": "true"}, "with OIDC"),
        ({"useMsi": "true"}, "as a Managed Identity using MSI"),
        ({"useDefaultAzureCredential": "true", "clientSecret": "x"}, "using the Default Azure Credential"),
        ({}, "using the Azure CLI"),
    ],
)
def test_the_first_configured_way_is_used_in_the_plugins_order(no_environment: None, values: dict[str, str], way: str) -> None:
    assert choose(Configuration({**PRINCIPAL, **values})).words == way


@pytest.mark.parametrize(("name", "title"), [("subscriptionId", "Subscription ID"), ("tenantId", "Tenant ID"), ("clientId", "Client ID")])
def test_what_a_service_principal_lacks_is_named(no_environment: None, name: str, title: str) -> None:
    given = {**PRINCIPAL, "clientSecret": "x", name: ""}
    with pytest.raises(SignInError, match=f"A {title} must be configured when authenticating as a Service Principal using a Client Secret"):
        choose(Configuration(given))


def test_configuration_wins_over_the_environment(no_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", "from the environment")
    assert Configuration({}).text("subscriptionId") == "from the environment"
    assert Configuration({"subscriptionId": "configured"}).text("subscriptionId") == "configured"


def test_a_federated_token_is_taken_from_the_configuration_else_from_a_file(no_environment: None, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from the file\n")
    path = {"oidcTokenFilePath": str(tmp_path / "token")}
    assert oidc_token(Configuration({**path, "oidcToken": "given"})) == "given"
    assert oidc_token(Configuration(path)) == "from the file"
    with pytest.raises(SignInError, match="OIDC token or request URL"):
        oidc_token(Configuration({}))


@pytest.mark.parametrize("values", [{"environment": "china"}, {"metadataHost": "management.example.com"}])
def test_another_cloud_is_refused_by_name_with_the_way_out(no_environment: None, values: dict[str, str]) -> None:
    with pytest.raises(SignInError, match=rf"{next(iter(values.values()))}.*AZURE_NATIVE=real"):
        sign_in(Configuration(values))


def test_the_environment_of_local_azure_signs_in_and_says_who(cloud: Cloud, plugin: Plugin) -> None:
    plugin.configure()
    assert plugin.invoke("azure-native:authorization:getClientConfig") == {
        "clientId": cloud.identity.client_id,
        "objectId": cloud.identity.object_id,
        "subscriptionId": cloud.subscription,
        "tenantId": cloud.identity.tenant_id,
    }


def test_a_token_for_another_service_is_given_out_on_request(plugin: Plugin) -> None:
    plugin.configure()
    token = plugin.invoke("azure-native:authorization:getClientToken", {"endpoint": "https://vault.azure.net"})["token"]
    assert token.count(".") == 2


def test_a_wrong_secret_is_one_error_at_configuration_without_the_secret_or_a_trace(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.configure(clientSecret="not-the-secret")
    text = refused.value.details()
    assert text.startswith("could not sign in to Azure as a Service Principal using a Client Secret: ")
    assert "AADSTS7000215" in text
    assert "not-the-secret" not in text
    assert "\n" not in text


def test_a_pipelines_federated_token_signs_in_without_any_secret(cloud: Cloud, plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    record = {"issuer": "https://pipelines.example", "subject": "repo:tutor:ref:main", "audience": "api://AzureADTokenExchange"}
    cloud.door.call("POST", "/federated-credentials", {"client_id": cloud.identity.client_id, "name": "ci", "public_key": public, **record})
    now = int(time.time())
    claims = {"iss": record["issuer"], "sub": record["subject"], "aud": record["audience"], "nbf": now, "iat": now, "exp": now + 600}
    plugin.configure(
        useOidc="true",
        oidcToken=jwt.encode(claims, key, algorithm="RS256"),
        clientId=cloud.identity.client_id,
        tenantId=cloud.identity.tenant_id,
        subscriptionId=cloud.subscription,
    )
    assert plugin.invoke("azure-native:authorization:getClientConfig")["objectId"] == cloud.identity.object_id


def test_a_principal_without_a_role_is_refused_with_azures_code(cloud: Cloud, plugin: Plugin) -> None:
    person = cloud.door.call("POST", "/principals", {"name": "person"})
    plugin.configure(clientId=person["client_id"], clientSecret=person["client_secret"])
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "rg", "location": "swedencentral"})
    assert "AuthorizationFailed" in refused.value.details()


def test_an_unknown_tenant_is_named(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="could not sign in to Azure"):
        plugin.configure(tenantId="11111111-1111-1111-1111-111111111111")


def test_the_subscription_of_the_provider_decides_where_resources_go(cloud: Cloud, plugin: Plugin) -> None:
    second = cloud.identity.subscriptions[1]
    plugin.configure(subscriptionId=second)
    id, _ = plugin.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "rg", "location": "swedencentral"})
    assert id.lower() == f"/subscriptions/{second}/resourcegroups/rg".lower()
