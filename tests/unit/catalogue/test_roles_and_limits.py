"""Roles and limits are found by name."""

from __future__ import annotations

from finetune.catalogue.limits import limit, limits
from finetune.catalogue.roles import ROLES, find_role


def test_a_role_is_found_by_name_former_name_and_guid() -> None:
    role = find_role("key vault secrets officer")
    assert role is not None
    assert role.guid == "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    assert find_role(role.guid) is role
    assert find_role("Azure AI User") is find_role("Foundry User")
    assert role.id("s") == f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role.guid}"


def test_a_guid_outside_the_catalogue_is_taken_and_an_unknown_name_is_not() -> None:
    other = find_role("ACDD72A7-3385-48EF-BD42-F606FBA81AE7")
    assert other is not None
    assert other.guid == "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    assert find_role("Cognitive Services Emperor") is None


def test_no_two_roles_share_a_guid_or_a_name() -> None:
    assert len({role.guid for role in ROLES}) == len({role.name for role in ROLES}) == len(ROLES)


def test_limits_have_a_unit_and_a_source() -> None:
    assert limit("file_bytes") == 512 << 20
    assert limit("total_jobs") == 100
    assert all(one.unit and one.source for one in limits().values())
