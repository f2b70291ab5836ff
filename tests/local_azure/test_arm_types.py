"""The table of types against Microsoft's own: every property is taken, ignored or refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local_azure.arm.cognitiveservices.accounts import ACCOUNTS
from local_azure.arm.cognitiveservices.deployments import DEPLOYMENTS
from local_azure.arm.resource_type import ResourceType

NEWEST = "azure-types/cognitiveservices-2026-07-01.types.md"
OLDER = "azure-types/cognitiveservices-2025-06-01.types.md"


def properties(shared: Path, heading: str, version: str = NEWEST) -> dict[str, bool]:
    """Property → whether it is read-only, of one type in Microsoft's list."""
    text = (shared / version).read_text()
    section = re.search(rf"^## {heading}\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    return {name: "(ReadOnly" in flags for name, flags in re.findall(r"^\* \*\*(\w+)\*\*: (.*)$", section.group(1), re.MULTILINE)}


@pytest.mark.parametrize(("row", "heading"), [(ACCOUNTS, "AccountProperties"), (DEPLOYMENTS, "DeploymentProperties")])
def test_every_property_of_microsofts_type_has_its_place(shared: Path, row: ResourceType, heading: str) -> None:
    known = properties(shared, heading)
    known.pop("provisioningState")
    assert {name for name, read_only in known.items() if read_only} == set(row.read_only)
    assert {name for name, read_only in known.items() if not read_only} == {*row.writable, *row.not_emulated}


@pytest.mark.parametrize(("row", "heading"), [(ACCOUNTS, "AccountProperties"), (DEPLOYMENTS, "DeploymentProperties")])
def test_what_came_after_2025_06_is_known_to_be_newer(shared: Path, row: ResourceType, heading: str) -> None:
    newer = set(properties(shared, heading)) - set(properties(shared, heading, OLDER))
    dated = {path.removeprefix("properties.") for path, since in row.since.items() if since > "2025-06-01"}
    assert newer - set(row.not_emulated) == dated


def test_the_members_of_a_model_are_microsofts(shared: Path) -> None:
    assert set(properties(shared, "DeploymentModel")) == set(DEPLOYMENTS.members["properties.model"])
