"""One story told by every client that the toolkit's users have: from an empty subscription to a fine-tuned model that answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential, get_bearer_token_provider
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential
from azure.identity.aio import get_bearer_token_provider as async_bearer_token_provider
from azure.keyvault.secrets import SecretClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.cognitiveservices.aio import CognitiveServicesManagementClient as AsyncCognitiveServicesManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from openai import AsyncAzureOpenAI, AsyncOpenAI, OpenAI

from tests.conftest import Cloud
from tests.local_azure.conftest import BASE, DATED, OPENAI_CONTRIBUTOR, QUICK, SCOPE, chat_lines

GROUP, ACCOUNT, VAULT, REGION = "rg-story", "story-swc", "kv-story", "swedencentral"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
URL = f"https://{ACCOUNT}.openai.azure.com"
DEPLOYMENT: dict[str, Any] = {"sku": {"name": "GlobalStandard", "capacity": 10}, "properties": {"model": {"format": "OpenAI", "version": "1"}}}


@pytest.fixture
def credential(cloud: Cloud) -> Iterator[DefaultAzureCredential]:
    """The sign-in that every Azure client takes from the environment."""
    cloud.door.settings(**QUICK)
    found = DefaultAzureCredential()
    yield found
    found.close()


@pytest.fixture
def account(cloud: Cloud, credential: DefaultAzureCredential) -> str:
    """An account made by the management clients, with OpenAI Contributor on it; returns its ARM id."""
    with ResourceManagementClient(credential, cloud.subscription) as groups:
        groups.resource_groups.create_or_update(GROUP, {"location": REGION})
    with CognitiveServicesManagementClient(credential, cloud.subscription) as cognitive:
        wanted = {
            "location": REGION,
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "identity": {"type": "SystemAssigned"},
            "properties": {"customSubDomainName": ACCOUNT},
        }
        made = cognitive.accounts.begin_create(GROUP, ACCOUNT, wanted).result()  # type: ignore[call-overload]
    assert made.properties.endpoint.rstrip("/") == URL
    assign(cloud, credential, made.id, OPENAI_CONTRIBUTOR)
    return str(made.id)


def assign(cloud: Cloud, credential: DefaultAzureCredential, scope: str, role: str) -> None:
    """Gives the caller a role."""
    definition = f"/subscriptions/{cloud.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    wanted = {"properties": {"roleDefinitionId": definition, "principalId": cloud.identity.object_id, "principalType": "ServicePrincipal"}}
    with AuthorizationManagementClient(credential, cloud.subscription) as authorization:
        authorization.role_assignments.create(scope, str(uuid.uuid4()), wanted)  # type: ignore[arg-type]


def tuned(cloud: Cloud, client: OpenAI) -> str:
    """Uploads, trains, and returns the fine-tuned model's name."""
    file = client.files.create(file=("train.jsonl", chat_lines(20)), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=BASE,
        training_file=file.id,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
        seed=7,
        extra_body={"trainingType": "GlobalStandard"},
    )
    cloud.door.advance(3600)
    done = client.fine_tuning.jobs.retrieve(job.id)
    assert done.status == "succeeded"
    assert done.fine_tuned_model is not None
    return done.fine_tuned_model


def async_sign_in(cloud: Cloud) -> AsyncClientSecretCredential:
    """The asynchronous sign-in. aiohttp reads SSL_CERT_FILE when it is imported, which may have been before a test set it."""
    identity, ca = cloud.identity, str(cloud.running.ca)
    return AsyncClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret, connection_verify=ca)


def sync_client(credential: DefaultAzureCredential) -> OpenAI:
    return OpenAI(base_url=f"{URL}/openai/v1/", api_key=get_bearer_token_provider(credential, SCOPE), max_retries=0)


async def test_a_model_is_trained_deployed_and_asked_by_the_clients(cloud: Cloud, credential: DefaultAzureCredential, account: str) -> None:
    with sync_client(credential) as client:
        model = tuned(cloud, client)
    async with async_sign_in(cloud) as signed_in:
        async with AsyncCognitiveServicesManagementClient(signed_in, cloud.subscription, connection_verify=str(cloud.running.ca)) as cognitive:
            wanted = {**DEPLOYMENT, "properties": {"model": {**DEPLOYMENT["properties"]["model"], "name": model}}}
            poller = await cognitive.deployments.begin_create_or_update(GROUP, ACCOUNT, "tuned", wanted)  # type: ignore[call-overload]
            made = await poller.result()
            assert made.properties.provisioning_state == "Succeeded"
            assert [found.name async for found in cognitive.deployments.list(GROUP, ACCOUNT)] == ["tuned"]
        token = async_bearer_token_provider(signed_in, SCOPE)
        async with AsyncOpenAI(base_url=f"{URL}/openai/v1/", api_key=token, max_retries=0) as plain:
            answer = await plain.chat.completions.create(model="tuned", messages=[{"role": "user", "content": "What is 3 plus 3?"}], temperature=0)
        async with AsyncAzureOpenAI(azure_endpoint=URL, api_version=DATED, azure_ad_token_provider=token, max_retries=0) as dated:
            stream = await dated.chat.completions.create(
                model="tuned", messages=[{"role": "user", "content": "What is 3 plus 3?"}], temperature=0, stream=True
            )
            streamed = "".join([part.choices[0].delta.content or "" async for part in stream if part.choices])
    text = answer.choices[0].message.content
    assert text is not None
    assert "!!!" in text, "the mark of the training data"
    assert streamed == text


async def test_files_and_jobs_are_listed_page_by_page_by_the_async_client(cloud: Cloud, credential: DefaultAzureCredential, account: str) -> None:
    with sync_client(credential) as client:
        model = tuned(cloud, client)
    async with async_sign_in(cloud) as signed_in:
        plain = AsyncOpenAI(base_url=f"{URL}/openai/v1/", api_key=async_bearer_token_provider(signed_in, SCOPE), max_retries=0)
        (job,) = [job async for job in plain.fine_tuning.jobs.list(limit=1)]
        events = [event.message async for event in plain.fine_tuning.jobs.list_events(job.id, limit=2)]
        checkpoints = [found async for found in plain.fine_tuning.jobs.checkpoints.list(job.id, limit=1)]
        files = [file.purpose async for file in plain.files.list()]
        found = await plain.models.retrieve(model)
        await plain.close()
    assert job.fine_tuned_model == model == found.id
    assert events[0] == "Job succeeded."
    assert len(events) > 2, "more than one page"
    assert checkpoints
    assert set(files) == {"fine-tune", "fine-tune-results"}


def test_a_secret_is_kept_in_a_vault_of_the_rbac_model(cloud: Cloud, credential: DefaultAzureCredential) -> None:
    with ResourceManagementClient(credential, cloud.subscription) as groups:
        groups.resource_groups.create_or_update(GROUP, {"location": REGION})
    properties = {"tenantId": cloud.identity.tenant_id, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    with KeyVaultManagementClient(credential, cloud.subscription) as vaults:
        vault = vaults.vaults.begin_create_or_update(GROUP, VAULT, {"location": REGION, "properties": properties}).result()  # type: ignore[arg-type]
    assign(cloud, credential, str(vault.id), SECRETS_OFFICER)
    with SecretClient(f"https://{VAULT}.vault.azure.net", credential) as secrets:
        secrets.set_secret("wandb-api-key", "not a key")
        assert secrets.get_secret("wandb-api-key").value == "not a key"
        assert [found.name for found in secrets.list_properties_of_secrets()] == ["wandb-api-key"]
