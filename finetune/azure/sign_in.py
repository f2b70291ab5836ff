"""One sign-in for azure-native and the data planes: the same variables, in azure-native's order.

Source of the order: pulumi-azure-native, provider/pkg/provider/auth_azidentity.go (gitops.md §4.2): default credential,
certificate, secret, OIDC, managed identity, az CLI; the first configured one wins.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceRequestError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from finetune.azure.refusals import ADVICE, refused
from finetune.errors import FinetuneError, ServiceRefused

#: Token scopes of the data planes (azure.md §1.2, §1.3).
OPENAI_SCOPE = "https://cognitiveservices.azure.com/.default"
VAULT_SCOPE = "https://vault.azure.net/.default"
STORAGE_SCOPE = "https://storage.azure.com/.default"

ARM_SCOPE = "https://management.azure.com/.default"

Environment = Mapping[str, str]
PrincipalType = Literal["ServicePrincipal", "User"]


@dataclass(frozen=True)
class SignIn:
    """Who works: how it signs in, with what kind of principal, and the credential.

    Args:
        principal_type: as a role assignment names it; None where only the token tells.
    """

    way: str
    principal_type: PrincipalType | None
    credential: TokenCredential


def _on(environment: Environment, name: str) -> bool:
    return environment.get(name) == "true"  # azure-native takes the word true only


def oidc_assertion(environment: Environment) -> Callable[[], str]:
    """The workload's own token, asked for or read anew each time so that long waits outlive it.

    Raises:
        FinetuneError: when the environment names no token and nobody to ask for one.
    """
    if token := environment.get("ARM_OIDC_TOKEN"):
        return lambda: token
    if path := environment.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return lambda: _read_token(Path(path))
    url = environment.get("ARM_OIDC_REQUEST_URL") or environment.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    bearer = environment.get("ARM_OIDC_REQUEST_TOKEN") or environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not bearer:
        raise FinetuneError(
            "ARM_USE_OIDC is true, but there is no token to sign in with",
            do="set ARM_OIDC_TOKEN or ARM_OIDC_TOKEN_FILE_PATH; in GitHub Actions give the job `permissions: id-token: write`",
        )
    audience = environment.get("ARM_OIDC_AUDIENCE") or "api://AzureADTokenExchange"
    return lambda: _ask_for_token(url, bearer, audience)


def _read_token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ClientAuthenticationError(f"ARM_OIDC_TOKEN_FILE_PATH cannot be read: {error}") from None


def _ask_for_token(url: str, bearer: str, audience: str) -> str:
    """Asks a pipeline's issuer. Fails as azure-core's clients do, so that whoever uses the credential sees one kind of error."""
    try:
        answer = requests.get(url, params={"audience": audience}, headers={"Authorization": f"Bearer {bearer}"}, timeout=30)
    except requests.RequestException as error:
        raise ServiceRequestError(f"the pipeline's token issuer cannot be reached ({type(error).__name__})") from None
    if answer.status_code != 200:
        kind = ServiceRequestError if answer.status_code >= 500 else ClientAuthenticationError
        raise kind(f"the pipeline's token issuer answers {answer.status_code}")
    return str(answer.json()["value"])


def resolve(environment: Environment) -> SignIn:
    """The sign-in that the environment configures; nothing is sent yet.

    Raises:
        FinetuneError: when a way is asked for that lacks what it needs.
    """
    client, tenant = environment.get("ARM_CLIENT_ID", ""), environment.get("ARM_TENANT_ID", "")
    if _on(environment, "ARM_USE_DEFAULT_AZURE_CREDENTIAL"):
        return SignIn("default credential", None, DefaultAzureCredential())
    if client and (path := environment.get("ARM_CLIENT_CERTIFICATE_PATH")):
        password = environment.get("ARM_CLIENT_CERTIFICATE_PASSWORD")
        return SignIn("client certificate", "ServicePrincipal", CertificateCredential(tenant, client, path, password=password))
    if client and (secret := environment.get("ARM_CLIENT_SECRET")):
        return SignIn("client secret", "ServicePrincipal", ClientSecretCredential(tenant, client, secret))
    if client and _on(environment, "ARM_USE_OIDC"):
        return SignIn("OIDC", "ServicePrincipal", ClientAssertionCredential(tenant, client, oidc_assertion(environment)))
    if _on(environment, "ARM_USE_MSI"):
        return SignIn("managed identity", "ServicePrincipal", ManagedIdentityCredential(client_id=client or None))
    return SignIn("az CLI", None, AzureCliCredential(tenant_id=tenant))


@lru_cache(maxsize=1)
def current() -> SignIn:
    """The sign-in of this process."""
    return resolve(os.environ)


def token(scope: str) -> str:
    """A bearer token for a scope; cached and refreshed by the credential.

    Raises:
        ServiceRefused: when the sign-in fails; names the way that was tried.
        ServiceBusy: when the directory, or whoever issues the workload's token, could not be reached.
    """
    sign_in = current()
    try:
        return sign_in.credential.get_token(scope).token
    except ClientAuthenticationError as error:
        raise ServiceRefused(
            f"the sign-in by {sign_in.way} failed",
            str(error.message).splitlines()[0],
            ADVICE["SignInFailed"],
            status=401,
            code="SignInFailed",
        ) from None
    except AzureError as error:
        raise refused(error, f"sign in by {sign_in.way}") from None


def principal_type() -> PrincipalType:
    """What kind of principal works: Azure refuses a role assignment that names the wrong one (UnmatchedPrincipalType).

    With the az CLI the token tells: its claim ``idtyp`` is ``app`` for applications and managed identities.

    Raises:
        ServiceRefused: when the sign-in fails.
    """
    known = current().principal_type
    if known:
        return known
    payload = token(ARM_SCOPE).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return "ServicePrincipal" if claims.get("idtyp") == "app" else "User"
