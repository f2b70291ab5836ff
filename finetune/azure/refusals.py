"""The service's errors turned into ours: one table says what may pass by itself and what a user can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openai
from azure.core.exceptions import AzureError, HttpResponseError

from finetune.errors import ServiceBusy, ServiceRefused

#: Statuses after which the same request may succeed by itself.
BUSY_STATUSES = frozenset({0, 408, 429, 500, 502, 503, 504})

#: Codes that pass by themselves whatever their status (azure.md §6).
BUSY_CODES = frozenset({"RequestConflict", "DeploymentNotFound", "DeploymentNotReady"})

#: A role assignment that does not count yet answers like a missing one.
ROLE_CODES = frozenset({"PermissionDenied", "Forbidden", "ForbiddenByRbac"})

#: Code → what to do. An unknown code is shown with the service's own words.
ADVICE: Mapping[str, str] = {
    "PermissionDenied": "grant the principal Cognitive Services OpenAI Contributor on the account; a new assignment takes up to 10 minutes to count",
    "Forbidden": "grant the principal Key Vault Secrets Officer on the vault; a new assignment takes up to 10 minutes to count",
    "ForbiddenByRbac": "grant the principal Key Vault Secrets Officer on the vault; a new assignment takes up to 10 minutes to count",
    "AuthenticationTypeDisabled": "use Entra sign-in, or set account.localAuth: true",
    "quotaExceeded": "wait for running jobs, delete old ones, or train in an account of another region",
    "InsufficientQuota": "lower the capacity, choose another region or sku, or ask for more quota",
    "DeploymentNotFound": "wait a moment; if it stays, `pulumi refresh` tells whether the deployment still exists",
    "contentFilter": "remove the examples that the content filter names",
}


def refused(error: Exception, doing: str) -> ServiceRefused:
    """Our error for what a client raised.

    Args:
        error: from openai or azure-core.
        doing: what was being done, as ``upload train.jsonl``; becomes ``could not upload train.jsonl``.
    """
    if isinstance(error, ServiceRefused):
        return error
    status, code, text, request_id = _facts(error)
    kind = ServiceBusy if status in BUSY_STATUSES or code in BUSY_CODES else ServiceRefused
    label = " ".join(str(part) for part in (status or "", code) if part)
    return kind(
        f"could not {doing}",
        f"{label}: {text}" if label else text,
        ADVICE.get(code, ""),
        status=status,
        code=code,
        request_id=request_id,
    )


def _facts(error: Exception) -> tuple[int, str, str, str]:
    """Status, code, text and request id, from whichever client raised."""
    if isinstance(error, openai.APIStatusError):
        body: Any = error.body if isinstance(error.body, dict) else {}
        body = body.get("error", body) if isinstance(body.get("error", body), dict) else body
        text = str(body.get("message") or error.message)
        return error.status_code, str(body.get("code") or ""), text, error.response.headers.get("apim-request-id", "")
    if isinstance(error, openai.APIConnectionError):
        return 0, "", f"the connection failed ({error.__cause__ or error})", ""
    if isinstance(error, HttpResponseError):
        found = error.error
        inner = getattr(found, "innererror", None) or {}
        code = str(inner.get("code") or getattr(found, "code", "") or "")
        headers = getattr(error.response, "headers", {}) or {}
        return error.status_code or 0, code, str(getattr(found, "message", "") or error.message), headers.get("x-ms-request-id", "")
    if isinstance(error, AzureError):
        return 0, "", str(error.message), ""
    return 0, type(error).__name__, str(error), ""


def is_role_lag(error: BaseException) -> bool:
    """Whether this is how a role assignment that does not count yet looks."""
    return isinstance(error, ServiceRefused) and error.status in (401, 403) and error.code in ROLE_CODES
