"""An account made through ARM, with the real clients of its data plane, and training data in memory."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from azure.identity import ClientSecretCredential, get_bearer_token_provider
from openai import AsyncOpenAI, AzureOpenAI, OpenAI

from tests.conftest import Cloud

OPENAI_CONTRIBUTOR = "a001fd3d-188f-4b5d-821b-7da978bf7442"
BASE = "gpt-4.1-mini-2025-04-14"
DATED = "2025-04-01-preview"
SCOPE = "https://cognitiveservices.azure.com/.default"

#: Everything at once, so that tests move the clock only where time is the point.
_AT_ONCE = (
    *("role_lag", "directory_lag", "account_create", "account_delete", "vault_create", "file_import"),
    *("deployment_create", "deployment_ready_lag", "deployment_delete"),
)
QUICK: dict[str, Any] = dict.fromkeys(_AT_ONCE, 0)


class Arm:
    """Plain ARM requests with the deployer's token."""

    def __init__(self, cloud: Cloud):
        identity = cloud.identity
        credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {credential.get_token('https://management.azure.com/.default').token}"

    def call(self, method: str, id: str, body: dict[str, Any] | None = None, version: str = "2025-06-01") -> Any:
        """Sends a request and expects it to succeed."""
        answer = self._session.request(method, f"https://management.azure.com{id}", params={"api-version": version}, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def assign(self, scope: str, role: str, principal: str, kind: str = "ServicePrincipal") -> str:
        """Assigns a role and returns the assignment's id."""
        id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        definition = f"/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {"roleDefinitionId": definition, "principalId": principal, "principalType": kind}
        self.call("PUT", id, {"properties": properties}, "2022-04-01")
        return id


@dataclass
class Account:
    """A Cognitive Services account on which the deployer may do everything."""

    cloud: Cloud
    arm: Arm
    id: str
    name: str
    principal: str
    _clients: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://{self.name}.openai.azure.com"

    @property
    def credential(self) -> ClientSecretCredential:
        identity = self.cloud.identity
        return ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)

    def dated(self, **options: Any) -> AzureOpenAI:
        """The Azure client on the dated routes, with an Entra token unless the options say otherwise."""
        if "api_key" not in options:
            options["azure_ad_token_provider"] = get_bearer_token_provider(self.credential, SCOPE)
        return self._kept(AzureOpenAI(azure_endpoint=self.url, api_version=DATED, max_retries=0, **options))

    def v1(self, api_key: str = "") -> OpenAI:
        """The plain client on the v1 routes, with an Entra token or a key."""
        key: Any = api_key or get_bearer_token_provider(self.credential, SCOPE)
        return self._kept(OpenAI(base_url=f"{self.url}/openai/v1/", api_key=key, max_retries=0))

    def v1_async(self) -> AsyncOpenAI:
        token = get_bearer_token_provider(self.credential, SCOPE)()
        return AsyncOpenAI(base_url=f"{self.url}/openai/v1/", api_key=token, max_retries=0)

    def keys(self) -> dict[str, str]:
        return dict(self.arm.call("POST", f"{self.id}/listKeys"))

    def deploy(self, name: str, model: str, version: str = "1", sku: str = "GlobalStandard", **more: Any) -> None:
        properties = {"model": {"format": "OpenAI", "name": model, "version": version, **more}}
        self.arm.call("PUT", f"{self.id}/deployments/{name}", {"sku": {"name": sku, "capacity": 10}, "properties": properties})

    def _kept(self, client: Any) -> Any:
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture
def account(cloud: Cloud) -> Iterator[Account]:
    """An account in Sweden Central with an identity, and OpenAI Contributor on it for the deployer."""
    made = make_account(cloud, "math-tutor-swc")
    yield made
    made.close()


def make_account(cloud: Cloud, name: str, region: str = "swedencentral", grant: bool = True, **properties: Any) -> Account:
    """Makes a resource group and an account by ARM, as fast as the clock allows."""
    cloud.door.settings(**QUICK)
    arm = Arm(cloud)
    group = f"/subscriptions/{cloud.subscription}/resourceGroups/tests"
    arm.call("PUT", group, {"location": region}, "2024-03-01")
    id = f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}"
    body = {
        "location": region,
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "identity": {"type": "SystemAssigned"},
        "properties": {"customSubDomainName": name, **properties},
    }
    arm.call("PUT", id, body)
    made = arm.call("GET", id)
    assert made["properties"]["provisioningState"] == "Succeeded"
    if grant:
        arm.assign(id, OPENAI_CONTRIBUTOR, cloud.identity.object_id)
    return Account(cloud, arm, id, name, made["identity"]["principalId"])


def chat_lines(count: int, answer: str = "The sum is {sum}!!!") -> bytes:
    """Examples of adding numbers, one a line."""
    rows = []
    for at in range(count):
        text = answer.format(sum=at + at)
        question = f"What is {at} plus {at}?"
        rows.append({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": text}]})
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def upload(client: OpenAI, content: bytes, name: str = "train.jsonl") -> str:
    """Uploads a training file, which is processed at once, and returns its id."""
    id = client.files.create(file=(name, content), purpose="fine-tune").id
    assert client.files.retrieve(id).status == "processed"
    return id


def start_job(client: OpenAI, training_file: str, **options: Any) -> Any:
    """Submits a job of Global training."""
    extra = {"trainingType": "GlobalStandard"} | options.pop("extra_body", {})
    return client.fine_tuning.jobs.create(**{"model": BASE, "training_file": training_file, "extra_body": extra, **options})


def finish_job(account: Account, job: str) -> Any:
    """Moves the clock past a job's end and returns the job."""
    account.cloud.door.advance(3600)
    return account.v1().fine_tuning.jobs.retrieve(job)
