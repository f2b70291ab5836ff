"""A role for a principal at a scope, with a name that is the same in every run."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_azure_native import authorization

from finetune.catalogue.roles import RoleDefinition

from .azure_errors import advise

PrincipalType = Literal["ServicePrincipal", "User", "Group", "ForeignGroup", "Device"]


def assignment_name(scope: str, principal_id: str, role_guid: str) -> str:
    """The GUID of the assignment, from scope, principal and role: making it twice is making it once."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{scope.lower()}|{principal_id}|{role_guid}"))


def subscription_of(scope: str) -> str:
    """The subscription in an ARM id."""
    return scope.split("/")[2]


@dataclass(frozen=True)
class Principal:
    """Somebody who gets a role: object id in the directory, and the kind of principal, so that Azure does not look it up."""

    object_id: pulumi.Input[str]
    type: PrincipalType = "ServicePrincipal"


class RoleGrant(pulumi.ComponentResource):
    """A role assignment. A principal that is not in the directory yet (PrincipalNotFound) is waited for, with an end.

    Args:
        role: from ``finetune.catalogue.roles``.
        scope: ARM id of a subscription, resource group or resource.
        principal: who gets it.

    Outputs:
        id: ARM id of the assignment.
    """

    id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        role: RoleDefinition,
        scope: pulumi.Input[str],
        principal: Principal,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("finetuning:index:RoleGrant", name, None, opts)
        guid = pulumi.Output.all(scope, principal.object_id).apply(lambda known: assignment_name(known[0], known[1], role.guid))
        self.assignment = authorization.RoleAssignment(
            f"{name}-assignment",
            role_assignment_name=guid,
            scope=scope,
            principal_id=principal.object_id,
            principal_type=principal.type,
            role_definition_id=pulumi.Output.from_input(scope).apply(lambda known: role.id(subscription_of(known))),
            opts=pulumi.ResourceOptions(parent=self, hooks=advise(f"{name}-assignment", "account")),
        )
        self.id = self.assignment.id
        self.register_outputs({"id": self.id, "role": role.name})
