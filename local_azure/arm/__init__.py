"""Azure Resource Manager: one engine over the providers' table of types, and their routes beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from local_azure.arm import access, checks, engine, long_operations, refusals, resource_groups, subscriptions
from local_azure.arm.providers import PROVIDERS, ROWS
from local_azure.arm.resource_id import parse, scope_of, segment_after
from local_azure.http import Call, Principal, Route, Routes, Service
from local_azure.world import World

ARM_ROUTES = (*subscriptions.ROUTES, *resource_groups.ROUTES, *long_operations.ROUTES)

#: The generic operations: method → route for an id, and for a collection. Their action is made from the row.
_ON_RESOURCE = {
    "GET": Route("GET", "", engine.get_resource, "read"),
    "HEAD": Route("HEAD", "", engine.head_resource, "read"),
    "PUT": Route("PUT", "", engine.put_resource, "write"),
    "PATCH": Route("PATCH", "", engine.patch_resource, "write"),
    "DELETE": Route("DELETE", "", engine.delete_resource, "delete"),
}
_ON_COLLECTION = {"GET": Route("GET", "", engine.list_resources, "read")}


class ArmRoutes(Routes):
    """The providers' own routes first, then the generic ones for every type in the table.

    Own routes are looked up by the last fixed word of their template, so that their number costs nothing.
    """

    def __init__(self, routes: Sequence[Route]):
        grouped: dict[tuple[bool, str], list[Route]] = {}
        for route in routes:
            *_, before, last = ("", *route.template.lower().split("/"))
            key = (True, last) if "{" not in last else (False, before)
            assert "{" not in key[1], f"{route.template} has no fixed word among its last two"
            grouped.setdefault(key, []).append(route)
        self._by_word = {key: Routes(found) for key, found in grouped.items()}

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
        *_, before, last = ("", *path.rstrip("/").lower().split("/"))
        known = False
        for key in ((True, last), (False, before)):
            if key in self._by_word:
                route, params, served = self._by_word[key].find(method, path)
                if route is not None:
                    return route, params, True
                known = known or served
        id = parse(path)
        row = ROWS.get(id.type.lower()) if id else None
        if id is None or row is None or (id.is_collection and not row.listed):
            return None, {}, known
        table = _ON_COLLECTION if id.is_collection else _ON_RESOURCE
        return table.get(method), {}, True


class ResourceManager(Service):
    name = "arm"
    hosts = ("management.azure.com",)
    audiences = tuple(f"https://management.{domain}{slash}" for domain in ("azure.com", "core.windows.net") for slash in ("", "/"))
    routes = ArmRoutes((*ARM_ROUTES, *(route for provider in PROVIDERS for route in provider.ROUTES)))
    events: Mapping[str, Callable[[World, str], None]] = {
        **engine.EVENTS,
        **resource_groups.EVENTS,
        **{name: handler for provider in PROVIDERS for name, handler in getattr(provider, "EVENTS", {}).items()},
    }

    def plant(self, world: World) -> None:
        for provider in PROVIDERS:
            if plant := getattr(provider, "plant", None):
                plant(world)

    def authenticate(self, world: World, call: Call) -> Principal | None:
        return world.tokens.principal(call, self.audiences)

    def authorise(self, world: World, call: Call) -> None:
        """Checks api-version and subscription, then the caller's role on what the path names.

        Raises:
            ServiceError: 400, 404 SubscriptionNotFound, 403 AuthorizationFailed.
        """
        assert call.route is not None and call.principal is not None
        id = parse(call.path)
        row = ROWS.get(id.type.lower()) if id else None
        checks.check_version(call, row.api_versions if row else _namespace_versions(id.namespace if id else ""), row)
        subscription = segment_after(call.path, "subscriptions")
        if subscription and subscription.lower() not in world.identity.subscriptions:
            raise refusals.subscription_not_found(subscription)
        action = call.route.action
        if action and row and not call.route.template:
            action = f"{row.type}/{action}"
        scope = scope_of(call.path)
        if action and not access.is_allowed(world, call.principal, action, scope, data=False):
            raise refusals.not_authorised(call.principal, action, scope)


def _namespace_versions(namespace: str) -> tuple[str, ...]:
    """Every version that any type of the namespace has; ARM's own for paths without a provider."""
    found = _VERSIONS.get(namespace.lower())
    return found if found else subscriptions.API_VERSIONS


_VERSIONS: dict[str, tuple[str, ...]] = {
    namespace: tuple(sorted({version for row in ROWS.values() if row.namespace.lower() == namespace for version in row.api_versions}))
    for namespace in {row.namespace.lower() for row in ROWS.values()}
}
