"""The life of a provisioned resource: provisioningState → the states it may go to. What a row lacks is refused."""

from __future__ import annotations

from local_azure.http import Json, ServiceError

#: azure.md section 1.1 names the states; None stands for what does not exist yet.
MOVES: dict[str | None, tuple[str, ...]] = {
    None: ("Creating", "Accepted", "Succeeded", "RegisteringDns"),
    "Creating": ("Succeeded", "Failed"),
    "Accepted": ("Succeeded", "Failed"),
    "RegisteringDns": ("Succeeded", "Failed"),
    "Succeeded": ("Succeeded", "Creating", "Accepted", "RegisteringDns", "Deleting", "Disabled"),
    "Disabled": ("Succeeded", "Accepted", "Creating", "Deleting"),
    "Failed": ("Succeeded", "Creating", "Accepted", "RegisteringDns", "Deleting"),
    "Deleting": ("Succeeded", "Failed"),
}


def move(resource: Json, state: str, *, before: str | None) -> None:
    """Sets ``properties.provisioningState``.

    Args:
        before: the state to leave; None for a new resource.

    Raises:
        ServiceError: 409 when the table does not allow the move.
    """
    if state not in MOVES[before]:
        raise ServiceError(409, "Conflict", f"The resource '{resource['id']}' is in provisioning state '{before}' and cannot go to '{state}'.")
    resource["properties"]["provisioningState"] = state
