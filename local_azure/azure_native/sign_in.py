"""The provider's configuration and the sign-in that follows from it, in the plugin's order and with its environment variables."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

ARM_SCOPE = "https://management.azure.com/.default"

#: Configuration keys and the environment variables that stand in for them.
_ENVIRONMENT = {
    "subscriptionId": ("ARM_SUBSCRIPTION_ID",),
    "tenantId": ("ARM_TENANT_ID",),
    "clientId": ("ARM_CLIENT_ID",),
    "clientSecret": ("ARM_CLIENT_SECRET",),
    "clientCertificatePath": ("ARM_CLIENT_CERTIFICATE_PATH",),
    "clientCertificatePassword": ("ARM_CLIENT_CERTIFICATE_PASSWORD",),
    "useOidc": ("ARM_USE_OIDC",),
    "oidcAudience": ("ARM_OIDC_AUDIENCE",),
    "oidcToken": ("ARM_OIDC_TOKEN",),
    "oidcTokenFilePath": ("ARM_OIDC_TOKEN_FILE_PATH",),
    "oidcRequestToken": ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    "oidcRequestUrl": ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"),
    "useMsi": ("ARM_USE_MSI",),
    "useDefaultAzureCredential": ("ARM_USE_DEFAULT_AZURE_CREDENTIAL",),
    "auxiliaryTenantIds": ("ARM_AUXILIARY_TENANT_IDS",),
    "environment": ("ARM_ENVIRONMENT", "AZURE_ENVIRONMENT"),
    "metadataHost": ("ARM_METADATA_HOSTNAME",),
    "disableInstanceDiscovery": ("ARM_DISABLE_INSTANCE_DISCOVERY",),
    "partnerId": ("ARM_PARTNER_ID",),
    "disablePulumiPartnerId": ("ARM_DISABLE_PULUMI_PARTNER_ID",),
}

CONFIGURATION_KEYS = ("location", *_ENVIRONMENT)

_TITLES = {"subscriptionId": "Subscription ID", "tenantId": "Tenant ID", "clientId": "Client ID"}


class SignInError(Exception):
    """The provider cannot sign in; the text says which way it tried and why it failed."""


class Configuration:
    """What the stack or an explicit provider sets, else the environment. All values are strings, as the engine sends them."""

    def __init__(self, values: Mapping[str, str]):
        self._values = values

    def text(self, name: str) -> str:
        """A value, or the empty string."""
        if self._values.get(name):
            return self._values[name]
        return next((value for variable in _ENVIRONMENT.get(name, ()) if (value := os.environ.get(variable))), "")

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def names(self, name: str) -> list[str]:
        """A list value, which the engine sends as JSON."""
        return list(json.loads(self.text(name) or "[]"))


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in: the plugin's words for it, when it is chosen, what it needs, and how it is made."""

    words: str
    chosen: Callable[[Configuration], bool]
    needs: tuple[str, ...]
    make: Callable[[Configuration], TokenCredential]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that has been tried.

    Args:
        subscription: the subscription that resources go to.
    """

    credential: TokenCredential
    subscription: str
    tenant: str
    client: str

    def token(self, scope: str) -> str:
        return self.credential.get_token(scope).token


def _options(configuration: Configuration) -> dict[str, Any]:
    return {
        "additionally_allowed_tenants": configuration.names("auxiliaryTenantIds"),
        "disable_instance_discovery": configuration.flag("disableInstanceDiscovery"),
    }


def _default(configuration: Configuration) -> TokenCredential:
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(**_options(configuration))


def _certificate(configuration: Configuration) -> TokenCredential:
    from azure.identity import CertificateCredential

    return CertificateCredential(
        configuration.text("tenantId"),
        configuration.text("clientId"),
        configuration.text("clientCertificatePath"),
        password=configuration.text("clientCertificatePassword") or None,
        **_options(configuration),
    )


def _secret(configuration: Configuration) -> TokenCredential:
    from azure.identity import ClientSecretCredential

    names = (configuration.text(name) for name in ("tenantId", "clientId", "clientSecret"))
    return ClientSecretCredential(*names, **_options(configuration))


def _assertion(configuration: Configuration) -> TokenCredential:
    from azure.identity import ClientAssertionCredential

    return ClientAssertionCredential(
        configuration.text("tenantId"), configuration.text("clientId"), lambda: oidc_token(configuration), **_options(configuration)
    )


def _managed_identity(configuration: Configuration) -> TokenCredential:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=configuration.text("clientId") or None)


def _azure_cli(configuration: Configuration) -> TokenCredential:
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=configuration.text("tenantId"))


def oidc_token(configuration: Configuration) -> str:
    """The federated token: given, from a file, or from the pipeline's token service, in this order.

    Raises:
        SignInError: when there is none.
    """
    if token := configuration.text("oidcToken"):
        return token
    if path := configuration.text("oidcTokenFilePath"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise SignInError(f"failed to read OIDC token from {path}: {error.strerror}") from None
    url, bearer = configuration.text("oidcRequestUrl"), configuration.text("oidcRequestToken")
    if not (url and bearer):
        raise SignInError("A OIDC token or request URL and token must be configured when authenticating with OIDC.")
    import requests

    audience = configuration.text("oidcAudience") or "api://AzureADTokenExchange"
    response = requests.get(url, params={"audience": audience}, headers={"Authorization": f"Bearer {bearer}"}, timeout=30)
    if not response.ok:
        raise SignInError(f"the OIDC token service answered with status {response.status_code}")
    return str(response.json()["value"])


_PRINCIPAL = ("subscriptionId", "tenantId", "clientId")

#: In the plugin's order (provider/pkg/provider/auth_azidentity.go); the first one chosen is used, without falling through.
WAYS = (
    Way("using the Default Azure Credential", lambda c: c.flag("useDefaultAzureCredential"), ("subscriptionId",), _default),
    Way("as a Service Principal using a Client Certificate", lambda c: bool(c.text("clientCertificatePath")), _PRINCIPAL, _certificate),
    Way("as a Service Principal using a Client Secret", lambda c: bool(c.text("clientSecret")), _PRINCIPAL, _secret),
    Way("with OIDC", lambda c: c.flag("useOidc"), _PRINCIPAL, _assertion),
    Way("as a Managed Identity using MSI", lambda c: c.flag("useMsi"), ("subscriptionId",), _managed_identity),
    Way("using the Azure CLI", lambda c: True, (), _azure_cli),
)


def choose(configuration: Configuration) -> Way:
    """The way that the configuration asks for.

    Raises:
        SignInError: when it lacks something that this way needs, in the plugin's words.
    """
    way = next(way for way in WAYS if way.chosen(configuration))
    for name in way.needs:
        if not configuration.text(name):
            raise SignInError(f"A {_TITLES[name]} must be configured when authenticating {way.words}.")
    return way


def sign_in(configuration: Configuration) -> SignIn:
    """Signs in and asks for one token, so that a wrong sign-in is one error instead of one for each resource.

    Raises:
        SignInError: when no token is given.
    """
    _check_cloud(configuration)
    way = choose(configuration)
    from azure.core.exceptions import AzureError

    try:
        credential = way.make(configuration)
        credential.get_token(ARM_SCOPE)
    except (AzureError, ValueError) as error:
        raise SignInError(f"could not sign in to Azure {way.words}: {_reason(error)}") from None
    subscription = configuration.text("subscriptionId") or _cli_subscription()
    return SignIn(credential, subscription, configuration.text("tenantId"), configuration.text("clientId"))


def _reason(error: Exception) -> str:
    """The service's text without the pages of advice that follow it."""
    return str(error).strip().splitlines()[0]


def _check_cloud(configuration: Configuration) -> None:
    """Local Azure is the public cloud."""
    if (cloud := configuration.text("environment").lower()) not in ("", "public", "azurecloud", "azurepubliccloud"):
        raise SignInError(f"environment is {cloud!r}: local Azure emulates the public cloud only. With AZURE_NATIVE=real the real plugin is used")
    if (host := configuration.text("metadataHost")) not in ("", "management.azure.com"):
        raise SignInError(f"metadataHost is {host!r}: local Azure emulates management.azure.com only. With AZURE_NATIVE=real the real plugin is used")


def _cli_subscription() -> str:
    try:
        account = subprocess.run(["az", "account", "show", "--output", "json"], capture_output=True, check=True, timeout=60)
        return str(json.loads(account.stdout)["id"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise SignInError(f"no subscriptionId is configured, and the Azure CLI names none: {error}") from None
