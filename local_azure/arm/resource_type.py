"""What a resource provider says about one of its types: a row of the table that the engine serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from local_azure.http import Call, Json, Principal

if TYPE_CHECKING:
    from local_azure.world import World
    from local_azure.world.settings import WorldSettings


@dataclass(slots=True)
class Put:
    """A PUT (or a PATCH, merged into what exists) on its way.

    ``validate`` may refuse it, ``begin`` may fill the read-only members of ``resource``, which is then stored.
    """

    id: str  #: canonical, as it will be returned; keys of the store are ``id.lower()``
    name: str
    location: str  #: "" for types without one
    body: Json  #: as sent; ``properties`` is always there
    existing: Json | None
    principal: Principal
    call: Call
    resource: Json = field(default_factory=dict)  #: the document to store: id, name, type, location, tags, properties, …

    @property
    def properties(self) -> Json:
        """The properties to store, without what the row calls read-only or secret."""
        return self.resource["properties"]

    @property
    def api_version(self) -> str:
        return self.call.query.get("api-version", "")


Seconds = Callable[["WorldSettings"], float]


def _no_seconds(settings: WorldSettings) -> float:
    """The length of an operation that ends with its answer."""
    return 0.0


AT_ONCE: Seconds = _no_seconds


def accept(world: World, put: Put) -> None:
    """The hook of a row that has nothing to check or to do."""


def leave(world: World, id: str) -> None:
    """The hook of a row that does nothing when an operation ends."""


def forget(world: World, resource: Json) -> None:
    """The hook of a row whose resources leave nothing behind."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of resource.

    Args:
        type: full name, for example ``Microsoft.KeyVault/vaults``; a nested type's parent must be a row too.
        api_versions: those that the type is served with.
        name_pattern: regular expression for the whole name, length included.
        writable: names allowed in ``properties``; others are refused with 400 InvalidRequestContent.
        read_only: names in ``properties`` that are accepted and ignored on PUT.
        not_emulated: names in ``properties`` that Azure knows and local Azure does not; a value there is refused by name.
        secret: writable names in ``properties`` that are handed to the hooks in ``put.body`` but never stored or returned.
        required: paths that must be there, for example ``("location", "properties.tenantId")``.
        top_level: members allowed beside ``properties``.
        members: names allowed within an object, by its path, for example ``{"properties.model": ("name", "format")}``.
        since: path → the first api-version (date) that knows it; with an older one it is an unknown member.
        patch: top-level members that PATCH takes; empty when the type has no PATCH.
        regions: allowed locations; empty when any Azure region is.
        scope: where the type lives: in a resource group, in a subscription, or on any other resource ("extension").
        provisioned: whether ``properties.provisioningState`` exists.
        listed: whether the engine serves the type's list operations; otherwise the provider has routes for them.
        creating, updating: the provisioningState while a new / an existing resource is being written.
        create_seconds, delete_seconds: length of the long operation; 0 for one that ends at once.
        update_seconds: length of a PUT on what exists; like ``create_seconds`` by default.
        created_status: HTTP status of a PUT that creates something, and ``updated_status`` of one that changes it.
        returns_deleted: whether DELETE answers with what was deleted.
        lock: id → the id that a long operation on it locks against other writes (an account, for all that is in it).
        validate: refuses a PUT by raising ServiceError, before anything is stored.
        begin: fills in read-only members of ``put.resource`` before it is stored.
        complete: (id in lower case) what happens when writing has succeeded; a ServiceError makes the operation fail.
        before_delete: (id in lower case) refuses a DELETE by raising ServiceError.
        deleted: (the document) what happens after a resource is gone.
        shown: the document as it is returned, when that differs from what is stored.
    """

    type: str
    api_versions: tuple[str, ...]
    name_pattern: str
    writable: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    not_emulated: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    top_level: tuple[str, ...] = ("location", "tags")
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)
    patch: tuple[str, ...] = ("tags",)
    regions: tuple[str, ...] = ()
    scope: Literal["group", "subscription", "extension"] = "group"
    provisioned: bool = True
    listed: bool = True
    creating: str = "Creating"
    updating: str = "Accepted"
    create_seconds: Seconds = AT_ONCE
    update_seconds: Seconds | None = None
    delete_seconds: Seconds = AT_ONCE
    created_status: int = 201
    updated_status: int = 200
    returns_deleted: bool = False
    lock: Callable[[str], str] = lambda id: id
    validate: Callable[[World, Put], None] = accept
    begin: Callable[[World, Put], None] = accept
    complete: Callable[[World, str], None] = leave
    before_delete: Callable[[World, str], None] = leave
    deleted: Callable[[World, Json], None] = forget
    shown: Callable[[World, Json], Json] | None = None

    @property
    def namespace(self) -> str:
        return self.type.partition("/")[0]

    @property
    def path(self) -> str:
        """The type without its namespace, for example ``accounts/deployments``."""
        return self.type.partition("/")[2]
