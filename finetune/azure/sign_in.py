"""One sign-in for azure-native and the data planes: the same variables, in azure-native's order.

Source of the order: pulumi-azure-native, provider/pkg/provider/auth_azidentity.go (gitops.md §4.2): default credential,
certificate, secret, OIDC, managed identity, az CLI; the first configured one wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from finetune.errors import ServiceRefused

#: Token scopes of the data planes (azure.md §1.2, §1.3).
OPENAI_SCOPE = "https://cognitiveservices.azure.com/.default"
VAULT_SCOPE = "https://vault.azure.net/.default"

Environment = Mapping[str, str]


@dataclass(frozen=True)
class SignIn:
    """Who works: how it signs in, with what kind of principal, and the credential."""

    way: str
    principal_type: Literal["ServicePrincipal", "User"]  #: ServicePrincipal or User, as a role assignment names it
    credential: TokenCredential


def _on(environment: Environment, name: str) -> bool:
    return environment.get(name) == "true"  # azure-native takes the word true only


def _oidc_assertion(environment: Environment) -> Callable[[], str]:
    """The workload's own token, read anew each time so that long waits outlive it."""
    if path := environment.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return lambda: Path(path).read_text(encoding="utf-8").strip()
    if token := environment.get("ARM_OIDC_TOKEN"):
        return lambda: token
    url = environment.get("ARM_OIDC_REQUEST_URL") or environment["ACTIONS_ID_TOKEN_REQUEST_URL"]
    bearer = environment.get("ARM_OIDC_REQUEST_TOKEN") or environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]

    def fetch() -> str:
        answer = requests.get(url, params={"audience": "api://AzureADTokenExchange"}, headers={"Authorization": f"Bearer {bearer}"}, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["value"])

    return fetch


def resolve(environment: Environment) -> SignIn:
    """The sign-in that the environment configures; nothing is sent yet."""
    client, tenant = environment.get("ARM_CLIENT_ID", ""), environment.get("ARM_TENANT_ID", "")
    if _on(environment, "ARM_USE_DEFAULT_AZURE_CREDENTIAL"):
        return SignIn("default credential", "ServicePrincipal", DefaultAzureCredential())
    if client and (path := environment.get("ARM_CLIENT_CERTIFICATE_PATH")):
        password = environment.get("ARM_CLIENT_CERTIFICATE_PASSWORD")
        return SignIn("client certificate", "ServicePrincipal", CertificateCredential(tenant, client, path, password=password))
    if client and (secret := environment.get("ARM_CLIENT_SECRET")):
        return SignIn("client secret", "ServicePrincipal", ClientSecretCredential(tenant, client, secret))
    if client and _on(environment, "ARM_USE_OIDC"):
        return SignIn("OIDC", "ServicePrincipal", ClientAssertionCredential(tenant, client, _oidc_assertion(environment)))
    if _on(environment, "ARM_USE_MSI"):
        return SignIn("managed identity", "ServicePrincipal", ManagedIdentityCredential(client_id=client or None))
    return SignIn("az CLI", "User", AzureCliCredential(tenant_id=tenant))


@lru_cache(maxsize=1)
def current() -> SignIn:
    """The sign-in of this process."""
    return resolve(os.environ)


def token(scope: str) -> str:
    """A bearer token for a scope; cached and refreshed by the credential.

    Raises:
        ServiceRefused: when the sign-in fails; names the way that was tried.
    """
    sign_in = current()
    try:
        return sign_in.credential.get_token(scope).token
    except ClientAuthenticationError as error:
        raise ServiceRefused(
            f"the sign-in by {sign_in.way} failed",
            str(error.message).splitlines()[0],
            "check ARM_CLIENT_ID, ARM_TENANT_ID and the secret or OIDC settings, or run `az login`",
            status=401,
            code="SignInFailed",
        ) from None
