"""Who may use an account's data plane: roles, keys, closed networks, hosts, API versions; each refusal as Azure words it."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from azure.identity import ClientSecretCredential, get_bearer_token_provider
from openai import AzureOpenAI, OpenAI

from tests.conftest import Cloud
from tests.local_azure.conftest import OPENAI_CONTRIBUTOR, SCOPE, Account, chat_lines, make_account, upload

OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
CONTRIBUTOR = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"  # Cognitive Services Contributor: no data actions


def refusal(client: OpenAI) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as refused:
        client.files.list()
    return refused.value


def patch(account: Account, **properties: Any) -> None:
    account.arm.call("PATCH", account.id, {"properties": properties})


def test_the_owner_of_the_subscription_has_no_data_right_until_a_role_says_so(cloud: Cloud) -> None:
    account = make_account(cloud, "no-grant", grant=False)
    refused = refusal(account.v1())
    assert refused.status_code == 401 and refused.code == "PermissionDenied"
    action = "Microsoft.CognitiveServices/accounts/OpenAI/files/read"
    assert refused.message.endswith(
        f"The principal `{cloud.identity.object_id}` lacks the required data action `{action}` to perform `GET /openai/v1/files` operation."
    )
    account.arm.assign(account.id, OPENAI_CONTRIBUTOR, cloud.identity.object_id)
    assert not account.v1().files.list().data
    account.close()


def test_a_role_counts_after_its_lag(cloud: Cloud) -> None:
    account = make_account(cloud, "lagging", grant=False)
    cloud.door.settings(role_lag=300)
    account.arm.assign(account.id, OPENAI_CONTRIBUTOR, cloud.identity.object_id)
    assert refusal(account.v1()).status_code == 401
    cloud.door.advance(301)
    assert not account.v1().files.list().data
    account.close()


def test_a_user_reads_and_asks_but_does_not_upload(cloud: Cloud) -> None:
    account = make_account(cloud, "for-users", grant=False)
    account.arm.assign(account.id, OPENAI_USER, cloud.identity.object_id)
    account.deploy("base", "gpt-4.1-mini", "2025-04-14")
    client = account.v1()
    assert client.chat.completions.create(model="base", messages=[{"role": "user", "content": "Hi"}]).choices
    with pytest.raises(openai.AuthenticationError, match="OpenAI/files/write"):
        client.files.create(file=("t.jsonl", chat_lines(10)), purpose="fine-tune")
    account.close()


def test_a_control_plane_role_gives_no_data_right(cloud: Cloud) -> None:
    account = make_account(cloud, "control-only", grant=False)
    account.arm.assign(account.id, CONTRIBUTOR, cloud.identity.object_id)
    assert refusal(account.v1()).code == "PermissionDenied"
    account.close()


def test_both_keys_are_accepted_on_both_routes(account: Account) -> None:
    for key in account.keys().values():
        assert not account.dated(api_key=key).files.list().data
        assert not account.v1(key).files.list().data


def test_a_wrong_key_is_refused_in_azures_words(account: Account) -> None:
    refused = refusal(account.dated(api_key="0" * 32))
    assert refused.status_code == 401
    assert "Access denied due to invalid subscription key or wrong API endpoint" in refused.message


def test_keys_are_refused_when_local_auth_is_off(account: Account) -> None:
    key = account.keys()["key1"]
    patch(account, disableLocalAuth=True)
    refused = refusal(account.dated(api_key=key))
    assert (refused.status_code, refused.code) == (403, "AuthenticationTypeDisabled")
    assert "Key based authentication is disabled for this resource." in refused.message
    assert not account.dated().files.list().data


@pytest.mark.parametrize("scope", [SCOPE, "https://ai.azure.com/.default", "https://cognitiveservices.azure.com//.default"])
def test_tokens_for_either_audience_are_accepted(account: Account, scope: str) -> None:
    provider = get_bearer_token_provider(account.credential, scope)
    client = OpenAI(base_url=f"{account.url}/openai/v1/", api_key=provider, max_retries=0)
    assert not client.files.list().data


def test_a_token_for_another_service_is_refused(account: Account) -> None:
    provider = get_bearer_token_provider(account.credential, "https://vault.azure.net/.default")
    refused = refusal(AzureOpenAI(azure_endpoint=account.url, api_version="2024-10-21", azure_ad_token_provider=provider, max_retries=0))
    assert refused.status_code == 401 and "audience is incorrect" in refused.message


def test_a_closed_network_refuses_everybody(account: Account) -> None:
    patch(account, publicNetworkAccess="Disabled")
    refused = refusal(account.v1())
    assert refused.status_code == 403 and "Public access is disabled. Please configure private endpoint." in refused.message


def test_a_host_without_an_account_is_not_found(account: Account) -> None:
    client = OpenAI(base_url="https://nobody-here.openai.azure.com/openai/v1/", api_key="x", max_retries=0)
    refused = refusal(client)
    assert (refused.status_code, refused.code) == (404, "ResourceNotFound")


@pytest.mark.parametrize("version", ["2024-10-21", "2025-04-01-preview"])
def test_known_api_versions_are_served(account: Account, version: str) -> None:
    client = AzureOpenAI(azure_endpoint=account.url, api_version=version, api_key=account.keys()["key1"], max_retries=0)
    assert not client.files.list().data


def test_an_unknown_api_version_is_not_found(account: Account) -> None:
    client = AzureOpenAI(azure_endpoint=account.url, api_version="2019-01-01", api_key=account.keys()["key1"], max_retries=0)
    refused = refusal(client)
    assert refused.status_code == 404 and "Resource not found" in refused.message


def test_one_account_does_not_see_anothers_files(account: Account) -> None:
    other = make_account(account.cloud, "other-account")
    id = upload(other.v1(), chat_lines(10))
    with pytest.raises(openai.NotFoundError):
        account.v1().files.retrieve(id)
    other.close()


def test_errors_have_the_shape_of_their_route(account: Account) -> None:
    for client, members in ((account.dated(), {"code", "message"}), (account.v1(), {"code", "message", "param", "type"})):
        with pytest.raises(openai.NotFoundError) as refused:
            client.files.retrieve("file-none")
        assert isinstance(refused.value.body, dict) and set(refused.value.body) == members


def test_the_journal_says_who_did_what_without_bodies(account: Account) -> None:
    id = upload(account.v1(), chat_lines(10))
    row = next(row for row in account.cloud.door.journal() if row["operation"] == "upload_file")
    assert row["effect"] == f"created {id}" and row["principal"] == account.cloud.identity.object_id and row["status"] == 200


def test_a_wrong_sign_in_is_refused_before_the_data_plane(account: Account) -> None:
    bad = ClientSecretCredential(account.cloud.identity.tenant_id, account.cloud.identity.client_id, "wrong")
    client = OpenAI(base_url=f"{account.url}/openai/v1/", api_key=get_bearer_token_provider(bad, SCOPE), max_retries=0)
    with pytest.raises(Exception, match="AADSTS7000215"):
        client.files.list()
