"""The blob service's refusals on one page, and the XML in which they come.

Sources: Microsoft's pages "Blob service error codes", "Common REST API error codes" and "Shared access signature error codes".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from local_azure.http import Call, Reply, ServiceError


class Refusal(NamedTuple):
    status: int
    code: str
    text: str


_AUTHENTICATION = (
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."
)

REFUSALS: dict[str, Refusal] = {
    "no such host": Refusal(404, "ResourceNotFound", "No storage account answers at {host}: the name does not resolve."),
    "network closed": Refusal(403, "AuthorizationFailure", "This request is not authorized to perform this operation."),
    "not authenticated": Refusal(403, "AuthenticationFailed", _AUTHENTICATION),
    "token refused": Refusal(
        401, "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    ),
    "public access off": Refusal(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."),
    "not public": Refusal(404, "ResourceNotFound", "The specified resource does not exist."),
    "no right": Refusal(403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."),
    "no container": Refusal(404, "ContainerNotFound", "The specified container does not exist."),
    "container exists": Refusal(409, "ContainerAlreadyExists", "The specified container already exists."),
    "no blob": Refusal(404, "BlobNotFound", "The specified blob does not exist."),
    "blob exists": Refusal(409, "BlobAlreadyExists", "The specified blob already exists."),
    "bad range": Refusal(416, "InvalidRange", "The range specified is invalid for the current size of the resource."),
    "wrong md5": Refusal(400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server."),
    "bad xml": Refusal(400, "InvalidXmlDocument", "XML specified is not syntactically valid."),
    "bad element": Refusal(
        400, "InvalidXmlNodeValue", "The value provided for one of the XML nodes in the request body was not in the correct format."
    ),
    "no header": Refusal(400, "MissingRequiredHeader", "A required HTTP header was not specified."),
    "bad name": Refusal(400, "InvalidResourceName", "The specified resource name contains invalid characters."),
    "not emulated": Refusal(400, "NotEmulated", "Local Azure does not emulate {what}. See DIFFERENCES.md."),
}


def refuse(situation: str, /, detail: str = "", **values: Any) -> ServiceError:
    """The refusal for a situation of the table.

    Args:
        detail: the text of ``AuthenticationErrorDetail``.
    """
    row = REFUSALS[situation]
    return ServiceError(row.status, row.code, row.text.format(**values), detail=detail)


def envelope(call: Call, problem: ServiceError) -> Reply:
    """The error document; a HEAD has the code in a header only."""
    headers = {"x-ms-error-code": problem.code, **problem.headers}
    if call.method == "HEAD":
        return Reply(problem.status, None, headers)
    text = f"{problem.message}\nRequestId:{call.id}\nTime:{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    detail = problem.extra.get("detail", "")
    more = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{problem.code}</Code><Message>{escape(text)}</Message>{more}</Error>'
    return Reply(problem.status, body.encode(), headers, media_type="application/xml")
