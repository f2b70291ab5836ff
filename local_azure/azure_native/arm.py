"""Requests to Azure Resource Manager through azure-core's pipeline: sign-in, retries and the polling of long operations."""

from __future__ import annotations

import json
import threading
import time
from typing import Any
from urllib.parse import quote

import requests
from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import Pipeline, PipelineRequest
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, RetryPolicy, SansIOHTTPPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, AuxiliaryAuthenticationPolicy
from azure.mgmt.core.polling.arm_polling import ARMPolling

from local_azure.azure_native.sign_in import ARM_SCOPE, Configuration, SignIn
from local_azure.azure_native.values import Properties

ENDPOINT = "https://management.azure.com"

#: Seconds between two looks at a long operation when ARM names none. The plugin's 10 and 30 are for a cloud that is far away.
_POLLING_SECONDS = 0.5
#: Seconds that an operation may take when the resource sets no custom timeout; the plugin's value.
_TIMEOUT_SECONDS = 7200.0
_CONNECTIONS = 64
_PARTNER = "a90539d8-a7a6-5826-95c4-1fbef22d4b22"  # Pulumi's partner id, as the plugin sends it


class ArmError(Exception):
    """ARM refused, or a long operation failed. The text has the plugin's form, on which error hooks match:
    ``Status=409 Code="RequestConflict" Message="…"``.

    Args:
        accepted: whether ARM had accepted the request, so that a resource may be there although the operation failed.
    """

    def __init__(self, text: str, *, status: int = 0, accepted: bool = False):
        super().__init__(text)
        self.status, self.accepted = status, accepted


class _Watch(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Ends an operation between two requests: when the engine cancels, or when the resource's timeout is over."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        deadline = request.context.options.pop("deadline", None)
        if self.cancelled.is_set():
            raise ArmError("operation cancelled")
        if deadline is not None and time.monotonic() > deadline:
            raise ArmError("operation timed out")


class _InTenant:
    """The sign-in, seen from another tenant."""

    def __init__(self, credential: TokenCredential, tenant: str):
        self._credential, self._tenant = credential, tenant

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._credential.get_token(*scopes, **{**options, "tenant_id": self._tenant})


class Arm:
    """A client for one sign-in. Any number of threads may use it side by side."""

    def __init__(self, sign_in: SignIn, configuration: Configuration):
        self._watch = _Watch()
        others = [_InTenant(sign_in.credential, tenant) for tenant in configuration.names("auxiliaryTenantIds")]
        policies: list[Any] = [
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy(_user_agent(configuration), user_agent_overwrite=True),
            self._watch,
            RetryPolicy(retry_total=3, retry_backoff_factor=0.5),
            *([AuxiliaryAuthenticationPolicy(others, ARM_SCOPE)] if others else []),
            ARMChallengeAuthenticationPolicy(sign_in.credential, ARM_SCOPE),
        ]
        self._pipeline: Pipeline[HttpRequest, HttpResponse] = Pipeline(_transport(), policies)
        self._client: ARMPipelineClient[HttpRequest, HttpResponse] = ARMPipelineClient(ENDPOINT, pipeline=self._pipeline, policies=policies)

    def cancel(self) -> None:
        """Makes every further request of this client fail."""
        self._watch.cancelled.set()

    def get(self, id: str, api_version: str) -> Properties:
        """A resource.

        Raises:
            ArmError: when it is not there (``status`` is 404) or ARM refuses.
        """
        return self._succeed(self._send("GET", id, api_version))

    def post(self, id: str, api_version: str) -> Properties:
        """What a POST action without a body returns. Raises ``ArmError``."""
        return self._succeed(self._send("POST", id, api_version, {}))

    def check_absent(self, id: str, api_version: str) -> None:
        """Makes sure that a creation does not overwrite anything.

        Raises:
            ArmError: in the plugin's words, when the resource exists or ARM does not say.
        """
        response = self._send("GET", id, api_version).http_response
        if response.status_code == 200 and _json(response):
            raise ArmError(f"cannot create already existing resource '{id}'")
        if response.status_code not in (200, 204, 404):
            raise ArmError(f"cannot check existence of resource '{id}': status code {response.status_code}, {response.text()}")

    def put(self, id: str, api_version: str, body: Properties, timeout: float = 0) -> Properties:
        """Creates or updates a resource, waits for its long operation and returns it.

        Args:
            timeout: seconds; 0 stands for two hours.

        Raises:
            ArmError: with ``accepted`` when it was the long operation that failed.
        """
        deadline = _deadline(timeout)
        return self._complete(self._send("PUT", id, api_version, body, deadline=deadline), deadline)

    def delete(self, id: str, api_version: str, timeout: float = 0) -> None:
        """Deletes a resource and waits until it is gone; one that is not there counts as deleted. Raises ``ArmError``."""
        deadline = _deadline(timeout)
        try:
            self._complete(self._send("DELETE", id, api_version, deadline=deadline), deadline)
        except ArmError as error:
            if error.status != 404:
                raise

    def _send(self, method: str, id: str, api_version: str, body: Properties | None = None, **options: Any) -> Any:
        url = f"{ENDPOINT}{quote(id, safe='/:@$()!*,;=&')}"
        request = HttpRequest(method, url, params={"api-version": api_version}, json=body)
        try:
            return self._pipeline.run(request, **options)
        except AzureError as error:
            raise ArmError(f"{method} {url}: {error}") from None

    def _succeed(self, response: Any) -> Properties:
        if response.http_response.status_code >= 300:
            raise _refusal(response.http_response)
        return _json(response.http_response)

    def _complete(self, first: Any, deadline: float) -> Properties:
        """Follows a long operation to its end, by ``Azure-AsyncOperation``, ``Location`` or the resource's state."""
        if first.http_response.status_code >= 300:
            raise _refusal(first.http_response)
        polling = ARMPolling(_POLLING_SECONDS, deadline=deadline)
        try:
            polling.initialize(self._client, first, lambda response: _json(response.http_response))
            polling.run()
            return polling.resource() or {}
        except HttpResponseError as error:
            assert error.response is not None
            raise _refusal(error.response, accepted=True) from None  # type: ignore[arg-type]
        except AzureError as error:
            raise ArmError(str(error), accepted=True) from None
        except ArmError as error:
            raise ArmError(str(error), accepted=True) from None


def _transport() -> RequestsTransport:
    """Pooled connections, enough for as many resources as the engine handles at once by default."""
    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=_CONNECTIONS))
    return RequestsTransport(session=session, session_owner=False)


def _user_agent(configuration: Configuration) -> str:
    partner = configuration.text("partnerId") or ("" if configuration.flag("disablePulumiPartnerId") else _PARTNER)
    return f"pulumi-azure-native/local-azure{f' pid-{partner}' if partner else ''}"


def _deadline(timeout: float) -> float:
    return time.monotonic() + (timeout or _TIMEOUT_SECONDS)


def _json(response: HttpResponse) -> Properties:
    """The body as an object; empty when there is none."""
    try:
        body = json.loads(response.text() or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refusal(response: HttpResponse, accepted: bool = False) -> ArmError:
    """ARM's error in the plugin's form (provider/pkg/azure/client_azcore.go, ``PulumiAzcoreResponseError``)."""
    error = _json(response).get("error")
    error = error if isinstance(error, dict) else {}
    code = error.get("code") or response.headers.get("x-ms-error-code", "")
    message = error.get("message") or response.text()
    parts = [f"Status={response.status_code}", f'Code="{code}"' if code else "", f'Message="{message}"']
    return ArmError(" ".join(part for part in parts if part), status=response.status_code, accepted=accepted)
