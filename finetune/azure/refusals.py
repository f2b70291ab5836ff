"""The service's errors turned into ours: one table says what may pass by itself and what a user can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from finetune.azure.openai_package import openai
from finetune.errors import ServiceBusy, ServiceRefused

#: Statuses after which the same request may succeed by itself.
BUSY_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

#: What Azure's clients raise when no answer came; openai's is APIConnectionError.
NO_ANSWER = (ServiceRequestError, ServiceResponseError, IncompleteReadError)

#: Codes that pass by themselves whatever their status (azure.md §6).
BUSY_CODES = frozenset({"RequestConflict", "DeploymentNotFound", "DeploymentNotReady"})

#: A role assignment that does not count yet answers like a missing one.
ROLE_CODES = frozenset({"PermissionDenied", "Forbidden", "ForbiddenByRbac", "AccessDenied", "AuthorizationPermissionMismatch"})

_SIGNATURE = re.compile(r"\bsig=[^&\s'\"<>]+", re.IGNORECASE)

#: Code → what to do. An unknown code is shown with the service's own words.
ADVICE: Mapping[str, str] = {
    "PermissionDenied": "grant the principal Cognitive Services OpenAI Contributor on the account; a new assignment takes up to 10 minutes to count",
    "Forbidden": "grant the principal Key Vault Secrets Officer on the vault; a new assignment takes up to 10 minutes to count",
    "ForbiddenByRbac": "grant the principal Key Vault Secrets Officer on the vault; a new assignment takes up to 10 minutes to count",
    "AccessDenied": "give the principal an access policy for secrets on the vault; a new one takes some minutes to count",
    "ForbiddenByFirewall": "let this machine's address through the vault's firewall, or set vault.publicNetworkAccess: Enabled",
    "SignInFailed": "check ARM_CLIENT_ID, ARM_TENANT_ID and the secret or OIDC settings, or run `az login`",
    "AuthenticationTypeDisabled": "use Entra sign-in, or set account.localAuth: true",
    "quotaExceeded": "wait for running jobs, delete old ones, or train in an account of another region",
    "InsufficientQuota": "lower the capacity, choose another region or sku, or ask for more quota",
    "DeploymentNotFound": "wait a moment; if it stays, `pulumi refresh` tells whether the deployment still exists",
    "contentFilter": "remove the examples that the content filter names",
    "AuthorizationPermissionMismatch": "grant the principal Storage Blob Data Reader on the storage account; "
    "a new assignment takes up to 10 minutes to count",
    "BlobNotFound": "correct the blob's name; it is case-sensitive",
    "ContainerNotFound": "correct the container's name",
}


def refused(error: Exception, doing: str) -> ServiceRefused:
    """Our error for what a client raised.

    Args:
        error: from openai or azure-core.
        doing: what was being done, as ``upload train.jsonl``; becomes ``could not upload train.jsonl``.
    """
    if isinstance(error, ServiceRefused):
        return error
    status, code, text, headers = _facts(error)
    text = without_signatures(text)
    busy = isinstance(error, (openai.APIConnectionError, *NO_ANSWER)) or status in BUSY_STATUSES or code in BUSY_CODES
    label = " ".join(str(part) for part in (status or "", code) if part)
    request_id = headers.get("apim-request-id") or headers.get("x-ms-request-id") or ""
    return (ServiceBusy if busy else ServiceRefused)(
        f"could not {doing}",
        (f"{label}: {text}" if label else text) + (f" (request {request_id})" if request_id else ""),
        ADVICE.get(code, ""),
        status=status,
        code=code,
        request_id=request_id,
        retry_after=_asked_pause(headers),
    )


def without_signatures(text: str) -> str:
    """A service's words without the signature of a URL (SAS) that they may repeat."""
    return _SIGNATURE.sub("sig=…", text)


def _facts(error: Exception) -> tuple[int, str, str, Mapping[str, str]]:
    """Status, code, text and headers, from whichever client raised."""
    if isinstance(error, openai.APIStatusError):
        body: Any = error.body if isinstance(error.body, dict) else {}
        body = body.get("error", body) if isinstance(body.get("error", body), dict) else body
        return error.status_code, str(body.get("code") or ""), str(body.get("message") or error.message), error.response.headers
    if isinstance(error, openai.APIConnectionError):
        return 0, "", f"the connection failed ({error.__cause__ or error})", {}
    if isinstance(error, HttpResponseError):
        found = error.error
        inner = getattr(found, "innererror", None) or {}
        unnamed = "SignInFailed" if isinstance(error, ClientAuthenticationError) else ""
        code = str(inner.get("code") or getattr(found, "code", "") or unnamed)
        text = str(getattr(found, "message", "") or error.message)
        return error.status_code or 0, code, text, getattr(error.response, "headers", None) or {}
    if isinstance(error, AzureError):
        return 0, "", str(error.message), {}
    return 0, type(error).__name__, str(error), {}


def _asked_pause(headers: Mapping[str, str]) -> float:
    """Seconds of ``retry-after-ms`` or ``Retry-After`` (azure.md §6); a date counts as none."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if re.fullmatch(r"\d+(\.\d+)?", headers.get(name, "")):
            return float(headers[name]) / unit
    return 0.0


def is_role_lag(error: BaseException) -> bool:
    """Whether this is how a role assignment that does not count yet looks."""
    return isinstance(error, ServiceRefused) and error.status in (401, 403) and error.code in ROLE_CODES
