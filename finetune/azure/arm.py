"""Looking whether a control-plane resource exists, by its ARM id."""

from __future__ import annotations

import requests

from finetune.azure import sign_in
from finetune.errors import ServiceRefused

MANAGEMENT = "https://management.azure.com"


def exists(resource_id: str, api_version: str) -> bool:
    """Whether ARM has the resource.

    Raises:
        ServiceRefused: when ARM answers neither yes nor no.
    """
    headers = {"Authorization": f"Bearer {sign_in.token(sign_in.ARM_SCOPE)}"}
    answer = requests.get(f"{MANAGEMENT}{resource_id}", params={"api-version": api_version}, headers=headers, timeout=60)
    if answer.status_code in (200, 404):
        return answer.status_code == 200
    raise ServiceRefused(f"could not look at {resource_id}", f"{answer.status_code}: {answer.text[:300]}", status=answer.status_code)
