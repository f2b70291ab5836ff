"""The data plane's refusals on one page: status, code and text as Azure words them (azure.md section 6).

Codes of the service's own are from the 2025-04-01-preview specification; texts marked INFERRED were not found in any source.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from local_azure.http import Call, Reply, ServiceError


class Refusal(NamedTuple):
    status: int
    code: str
    text: str


REFUSALS: dict[str, Refusal] = {
    # -- the way in -------------------------------------------------------------------------------------------------
    "no such host": Refusal(404, "ResourceNotFound", "No Azure OpenAI or Foundry resource answers at {host}: the name does not resolve."),
    "no such path": Refusal(404, "404", "Resource not found"),
    "version on v1": Refusal(400, "BadRequest", "api-version query parameter is not allowed when using /v1 path"),  # INFERRED
    "network closed": Refusal(403, "AccessDenied", "Public access is disabled. Please configure private endpoint."),
    "key refused": Refusal(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription "
        "and use a correct regional API endpoint for your resource.",
    ),
    "keys off": Refusal(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource."),
    "token refused": Refusal(
        401, "Unauthorized", "Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired."
    ),
    "no right": Refusal(
        401, "PermissionDenied", "The principal `{principal}` lacks the required data action `{action}` to perform `{operation}` operation."
    ),
    # -- all operations -----------------------------------------------------------------------------------------------
    "bad payload": Refusal(400, "invalidPayload", "{why}"),
    "not emulated": Refusal(400, "NotEmulated", "Local Azure does not emulate {what}. See DIFFERENCES.md."),
    # -- files; texts INFERRED ------------------------------------------------------------------------------------------
    "no file": Refusal(404, "notFound", "The specified file '{id}' could not be found."),
    "file too large": Refusal(413, "invalidPayload", "The file has {bytes} bytes; at most {limit} bytes are allowed."),
    "too many files": Refusal(400, "quotaExceeded", "The resource holds {count} files for fine-tuning; at most {limit} are allowed."),
    "too many bytes": Refusal(400, "quotaExceeded", "The files for fine-tuning would have {bytes} bytes in total; at most {limit} are allowed."),
    "file in use": Refusal(409, "conflict", "The file '{id}' is used by the fine-tuning job '{job}', which is {state}."),
    "file not ready": Refusal(400, "invalidPayload", "The file '{id}' is in state '{state}'; a fine-tuning job needs files in state 'processed'."),
    # -- uploads; texts INFERRED ----------------------------------------------------------------------------------------
    "no upload": Refusal(404, "notFound", "The specified upload '{id}' could not be found."),
    "upload over": Refusal(409, "unexpectedEntityState", "The upload '{id}' is {state}; it takes no parts and cannot be completed or cancelled."),
    "part too large": Refusal(413, "invalidPayload", "The part has {bytes} bytes; at most {limit} bytes are allowed."),
    "no part": Refusal(400, "invalidPayload", "The part '{id}' does not belong to the upload '{upload}'."),
    "wrong size": Refusal(400, "invalidPayload", "The parts of the upload '{id}' have {bytes} bytes together; {wanted} were announced."),
    "wrong md5": Refusal(400, "invalidPayload", "The md5 of the parts is {found}; {wanted} was expected."),
    # -- jobs; texts INFERRED but for the first -------------------------------------------------------------------------
    "not fine-tunable": Refusal(400, "invalidPayload", "The specified base model does not support fine-tuning."),
    "not offered": Refusal(400, "invalidPayload", "The specified base model does not support fine-tuning{where}."),
    "no job": Refusal(404, "notFound", "The specified fine-tuning job '{id}' could not be found."),
    "too many jobs": Refusal(400, "quotaExceeded", "The resource holds {count} fine-tuning jobs; at most {limit} are allowed. Delete old jobs."),
    "queue full": Refusal(400, "quotaExceeded", "The resource has {count} queued fine-tuning jobs; at most {limit} are allowed."),
    "job too large": Refusal(400, "quotaExceeded", "The job has about {tokens} tokens times epochs; at most {limit} are allowed."),
    "wrong shape": Refusal(400, "invalidPayload", "The file '{id}' holds examples of the kind '{shape}'; the method '{method}' needs '{wanted}'."),
    "job active": Refusal(409, "conflict", "The fine-tuning job '{id}' is {state}. Cancel it before it is deleted."),
    "job state": Refusal(409, "unexpectedEntityState", "The fine-tuning job '{id}' is {state}; {action} is not possible in this state."),
    "nothing trained": Refusal(409, "unexpectedEntityState", "The fine-tuning job '{id}' has not trained a step yet; it cannot be paused."),
    # -- models and completions -------------------------------------------------------------------------------------------
    "no model": Refusal(404, "notFound", "The specified model '{id}' could not be found."),
    "no deployment": Refusal(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
        "please wait a moment and try again.",
    ),
    "deployment paused": Refusal(423, "DeploymentPaused", "The deployment '{name}' is paused. Resume it to serve requests."),  # the text is INFERRED
}


def refuse(situation: str, /, **values: Any) -> ServiceError:
    """The refusal for a situation of the table, its text filled with values."""
    row = REFUSALS[situation]
    return ServiceError(row.status, row.code, row.text.format(**values))


def is_v1(call: Call) -> bool:
    """Whether the call came by the version-less routes under ``/openai/v1/``."""
    return call.path.lower().startswith("/openai/v1/")


def envelope(call: Call, problem: ServiceError) -> Reply:
    """The error body: the v1 shape, or that of the dated API versions."""
    if is_v1(call):
        error = {"code": problem.code, "message": problem.message, "param": None, "type": "error", **problem.extra}
    else:
        error = {"code": problem.code, "message": problem.message, **problem.extra}
    return Reply(problem.status, {"error": error}, dict(problem.headers))
