"""A storage account made through ARM, the plain protocol of its blobs, and signatures by the published rule."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import requests
from azure.identity import ClientSecretCredential

from tests.conftest import Cloud
from tests.local_azure.conftest import Arm

READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
SCOPE = "https://storage.azure.com/.default"
VERSION = "2022-11-02"
ARM_VERSION = "2024-01-01"


def at(minutes: float) -> str:
    """A time so many minutes from now."""
    return f"{datetime.now(UTC) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


class Storage:
    """An account ``mathtutordata`` with the container ``training``, and the deployer's requests to it."""

    def __init__(self, cloud: Cloud, role: str = CONTRIBUTOR, **properties: Any):
        cloud.door.settings(role_lag=0, storage_create=0)
        self.cloud, self.arm, self.name = cloud, Arm(cloud), "mathtutordata"
        group = f"/subscriptions/{cloud.subscription}/resourceGroups/data"
        self.arm.call("PUT", group, {"location": "swedencentral"}, "2024-03-01")
        self.id = f"{group}/providers/Microsoft.Storage/storageAccounts/{self.name}"
        body = {"location": "swedencentral", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties}
        self.arm.call("PUT", self.id, body, ARM_VERSION)
        self.make_container("training")
        if role:
            self.arm.assign(self.id, role, cloud.identity.object_id)
        identity = cloud.identity
        self.credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)

    @property
    def url(self) -> str:
        return f"https://{self.name}.blob.core.windows.net"

    def make_container(self, name: str, **properties: Any) -> None:
        self.arm.call("PUT", f"{self.id}/blobServices/default/containers/{name}", {"properties": properties}, ARM_VERSION)

    def call(self, method: str, path: str, content: bytes = b"", scope: str = SCOPE, **headers: str) -> requests.Response:
        """A request with a token; ``x_ms_blob_type`` stands for the header x-ms-blob-type."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        token = {"Authorization": f"Bearer {self.credential.get_token(scope).token}", "x-ms-version": VERSION}
        return requests.request(method, f"{self.url}{path}", data=content, headers={**token, **given}, timeout=30)

    def put(self, name: str, content: bytes) -> None:
        answer = self.call("PUT", f"/training/{name}", content, x_ms_blob_type="BlockBlob")
        assert answer.status_code == 201, answer.text

    def key(self, start: str, expiry: str) -> dict[str, str]:
        """A user delegation key, by the names of its XML."""
        body = f"<?xml version='1.0' encoding='utf-8'?><KeyInfo><Start>{start}</Start><Expiry>{expiry}</Expiry></KeyInfo>"
        answer = self.call("POST", "/?restype=service&comp=userdelegationkey", body.encode())
        assert answer.status_code == 200, answer.text
        return {child.tag: child.text or "" for child in ElementTree.fromstring(answer.content)}

    def sas(self, resource: str, *, permissions: str = "r", start: float = -5, end: float = 30, key_end: float = 60, kind: str = "b") -> str:
        """A query that signs ``container/name`` (or a container) for some minutes."""
        key = self.key(at(-10), at(key_end))
        names = ("SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion")
        fields = dict(zip(("skoid", "sktid", "skt", "ske", "sks", "skv"), (key[name] for name in names), strict=True))
        own = {"sp": permissions, "st": at(start), "se": at(end), "spr": "https", "sv": VERSION, "sr": kind}
        lines = [own["sp"], own["st"], own["se"], f"/blob/{self.name}/{resource}", *fields.values()]
        lines += ["", "", "", "", own["spr"], own["sv"], own["sr"], "", "", "", "", "", "", ""]
        signature = hmac.new(base64.b64decode(key["Value"]), "\n".join(lines).encode(), hashlib.sha256).digest()
        return urlencode({**own, **fields, "sig": base64.b64encode(signature).decode()})
