"""Who may do what where: role assignments, as every request asks for them.

Store kind ``role-grants``, key = principal id: the scopes, roles and times of all that a principal was assigned. The role
assignments themselves are ARM resources; ``authorization.py`` keeps both in step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from local_azure.arm.role_definitions import BY_GUID, RoleDefinition
from local_azure.http import Principal
from local_azure.world import World

_KIND = "role-grants"
_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Grant:
    """One role assignment of a principal. Scope and assignment id in lower case; it counts from ``since`` until ``until`` (seconds)."""

    assignment: str
    scope: str
    role: str
    since: float
    until: float = _FOREVER

    def reaches(self, scope: str) -> bool:
        """A role on a scope holds for everything within it."""
        return scope.startswith(self.scope) and (len(scope) == len(self.scope) or self.scope == "/" or scope[len(self.scope)] == "/")


def is_allowed(world: World, principal: Principal, action: str, scope: str, *, data: bool) -> bool:
    """Whether a principal may do something.

    Args:
        action: for example ``Microsoft.KeyVault/vaults/secrets/getSecret/action``; compared without regard to case.
        scope: ARM id that it is done to.
        data: whether it is an operation on data, which other members of a role definition decide.
    """
    if data and principal.key_of is not None:
        return _same_or_within(scope.lower(), principal.key_of.lower())
    return next(granting(world, principal, action, scope, data=data), None) is not None


def granting(world: World, principal: Principal, action: str, scope: str, *, data: bool) -> Iterator[RoleDefinition]:
    """The roles by which a principal may do something, of those assignments that count by now."""
    scope, now = scope.lower().rstrip("/") or "/", world.now()
    for grant in _grants(world, principal.object_id):
        if grant.since <= now < grant.until and grant.reaches(scope) and _allows(grant.role, action, data):
            yield BY_GUID[grant.role]


def grant(world: World, principal_id: str, assignment: str, scope: str, role: str, *, lag: float) -> None:
    """Lets an assignment count, ``lag`` seconds from now; one that stands already is left as it is."""
    grants = _live(world, principal_id)
    if not any(found.assignment == assignment.lower() and found.until == _FOREVER for found in grants):
        _save(world, principal_id, [*grants, Grant(assignment.lower(), scope.lower(), role, world.now() + lag)])


def withdraw(world: World, principal_id: str, assignment: str, *, lag: float) -> None:
    """Lets an assignment cease to count, ``lag`` seconds from now."""
    until, grants = world.now() + lag, _live(world, principal_id)
    for at, found in enumerate(grants):
        if found.assignment == assignment.lower():
            grants[at] = replace(found, until=min(found.until, until))
    _save(world, principal_id, grants)


def standing(world: World, principal_id: str, scope: str, role: str) -> str | None:
    """The id (lower case) of the assignment that gives a principal this role on exactly this scope, if there is one."""
    wanted = (scope.lower(), role, _FOREVER)
    return next((found.assignment for found in _grants(world, principal_id) if (found.scope, found.role, found.until) == wanted), None)


def _live(world: World, principal_id: str) -> list[Grant]:
    """What counts or will count; what ended is forgotten on the way."""
    now = world.now()
    return [found for found in _grants(world, principal_id) if found.until > now]


def _save(world: World, principal_id: str, grants: list[Grant]) -> None:
    world.store.put(_KIND, principal_id.lower(), {"grants": [asdict(found) for found in grants]})


def _grants(world: World, principal_id: str) -> tuple[Grant, ...]:
    row = world.store.execute("SELECT body FROM documents WHERE kind = ? AND key = ?", (_KIND, principal_id.lower())).fetchone()
    return _read(row[0]) if row else ()


@lru_cache(maxsize=1024)
def _read(body: str) -> tuple[Grant, ...]:
    """By the stored text, so that a request neither parses it again nor sees what was rolled back."""
    return tuple(Grant(**values) for values in json.loads(body)["grants"])


@lru_cache(maxsize=4096)
def _allows(role: str, action: str, data: bool) -> bool:
    definition = BY_GUID[role]
    allowed, left_out = (definition.data_actions, definition.not_data_actions) if data else (definition.actions, definition.not_actions)
    return any(_matches(pattern, action) for pattern in allowed) and not any(_matches(pattern, action) for pattern in left_out)


def _matches(pattern: str, action: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE) is not None


def _same_or_within(scope: str, holder: str) -> bool:
    return scope == holder or scope.startswith(f"{holder}/")
