"""Plain requests to Resource Manager, for what the SDKs hide: status codes, headers, bodies as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from azure.identity import ClientSecretCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.conftest import Cloud

VERSION = "2025-06-01"
GROUPS = "2024-03-01"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

ACCOUNT: dict[str, Any] = {"location": "swedencentral", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
CHAT: dict[str, Any] = {
    "sku": {"name": "GlobalStandard", "capacity": 10},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}},
}


@dataclass
class Refused(Exception):
    status: int
    code: str
    message: str


def sign_in(cloud: Cloud) -> ClientSecretCredential:
    return ClientSecretCredential(cloud.identity.tenant_id, cloud.identity.client_id, cloud.identity.client_secret)


def cognitive(cloud: Cloud) -> CognitiveServicesManagementClient:
    return CognitiveServicesManagementClient(sign_in(cloud), cloud.subscription)


def groups(cloud: Cloud) -> ResourceManagementClient:
    return ResourceManagementClient(sign_in(cloud), cloud.subscription)


class Caller:
    """Sends requests as one principal and gives back the raw response."""

    def __init__(self, credential: ClientSecretCredential):
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {credential.get_token('https://management.azure.com/.default').token}"

    def send(self, method: str, path: str, body: dict[str, Any] | None = None, version: str | None = VERSION) -> requests.Response:
        query = {"api-version": version} if version else {}
        return self._session.request(method, f"https://management.azure.com{path}", params=query, json=body)

    def follow(self, address: str) -> requests.Response:
        return self._session.get(address)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, version: str | None = VERSION) -> Any:
        """The JSON of the answer.

        Raises:
            Refused: for an error, with its code and text.
        """
        answer = self.send(method, path, body, version)
        if answer.status_code >= 400:
            error = answer.json()["error"]
            raise Refused(answer.status_code, error["code"], error["message"])
        return answer.json() if answer.content else None


class Place(Caller):
    """A resource group ``rg`` in Sweden Central, as its owner sees it."""

    def __init__(self, cloud: Cloud):
        super().__init__(sign_in(cloud))
        self.group = f"/subscriptions/{cloud.subscription}/resourceGroups/rg"
        self.ask("PUT", self.group, {"location": "swedencentral"}, GROUPS)

    def account(self, name: str = "acc") -> str:
        return f"{self.group}/providers/Microsoft.CognitiveServices/accounts/{name}"

    def new_account(self, name: str = "acc", location: str = "swedencentral", **properties: Any) -> str:
        """Makes an account that is ready at once if ``account_create`` is 0; returns its id."""
        self.ask("PUT", self.account(name), {**ACCOUNT, "location": location, "properties": properties})
        return self.account(name)

    def refused(self, method: str, path: str, body: dict[str, Any] | None = None, version: str | None = VERSION) -> Refused:
        """The refusal of a request that must not succeed."""
        try:
            answer = self.ask(method, path, body, version)
        except Refused as refusal:
            return refusal
        raise AssertionError(f"{method} {path} was not refused: {answer}")
