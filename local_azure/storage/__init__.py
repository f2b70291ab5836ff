"""Blob storage's data plane, at ``https://{account}.blob.core.windows.net``: as much of it as imports of training files need."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from local_azure.arm.storage import DOMAIN
from local_azure.http import Call, Principal, Reply, Route, Routes, Service, ServiceError
from local_azure.storage import access, blobs
from local_azure.storage.access import Admission
from local_azure.storage.refusals import envelope, refuse
from local_azure.world import World

_BLOB = "/{container}/{blob:path}"


class BlobStorage(Service):
    name = "storage"
    hosts = (f"*{DOMAIN}",)
    audiences = access.AUDIENCES
    routes = Routes(
        (
            Route("POST", "/", blobs.get_user_delegation_key),
            Route("PUT", "/{container}", blobs.put_container),
            Route("PUT", _BLOB, blobs.put_blob),
            Route("GET", _BLOB, blobs.get_blob),
            Route("HEAD", _BLOB, blobs.get_blob_properties),
            Route("DELETE", _BLOB, blobs.delete_blob),
        )
    )

    def error(self, call: Call, problem: ServiceError) -> Reply:
        return envelope(call, problem)

    def authenticate(self, world: World, call: Call) -> Principal | None:
        admission = access.admit(world, call)
        access.check(world, call, admission)
        return admission.principal


def fetch(world: World, url: str) -> bytes:
    """What a service of this cloud gets by ``GET url``, which may be signed.

    Raises:
        ServiceError: as the blob service refuses it; 502 for a host that local Azure does not have: nothing outside can be reached.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or not host.endswith(DOMAIN):
        raise ServiceError(502, "NotReachable", f"nothing answers at {parts.scheme}://{host}.")
    route, params, _ = BlobStorage.routes.find("GET", parts.path)
    if route is None:
        raise refuse("no blob")
    call = Call("GET", host, parts.path, dict(parse_qsl(parts.query)), {}, b"", route=route)
    call.params = {name: unquote(value) for name, value in params.items()}
    access.check(world, call, access.admit(world, call))
    content: bytes = blobs.get_blob(world, call).body
    return content


__all__ = ["Admission", "BlobStorage", "fetch"]
