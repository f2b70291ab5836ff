"""The vocabulary of the wire: a call comes in, a reply goes out, a service owns routes and an error envelope.

Handlers are named after the cloud's operations and only translate between HTTP and behaviour.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_azure.world import World

Json = dict[str, Any]

#: The administrator's door (``local_azure.admin``); here, so that commands know it without loading every service.
ADMIN_HOST = "admin.local-azure.test"


class ServiceError(Exception):
    """A refusal by the emulated service, in the service's own words.

    Args:
        status: HTTP status.
        code: the service's error code, for example ``RequestConflict``.
        message: the service's text.
        headers: extra response headers, for example ``Retry-After``.
        extra: further members of the error object, merged by the service's envelope.
    """

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, **extra: Any):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})
        self.extra = extra


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: an object of the directory, or a holder of an account key (``key_of``)."""

    object_id: str
    tenant_id: str
    client_id: str = ""
    key_of: str | None = None  #: ARM id of the account whose key was used; such a caller has every right on its data


@dataclass(slots=True)
class Upload:
    """One file part of a multipart body."""

    filename: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One request, as handlers see it. Header names are lower case; the host has no port."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str | Upload] = field(default_factory=dict)
    id: str = ""
    service: Service | None = None
    route: Route | None = None
    params: dict[str, str] = field(default_factory=dict)
    principal: Principal | None = None
    #: What the request changed, for the journal: for example ``"created ftjob-…"``. Empty for reads and refusals.
    effect: str = ""

    def json(self) -> Json:
        """The body as a JSON object.

        Raises:
            ServiceError: 400 ``InvalidRequestContent`` when it is not one.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise ServiceError(400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{error}'.") from None
        if not isinstance(value, dict):
            raise ServiceError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized: an object is expected.")
        return value

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


@dataclass(slots=True)
class Reply:
    """One response. ``body`` is JSON unless it is bytes; ``stream`` (server-sent events) wins over ``body``."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    media_type: str | None = None


Handler = Callable[["World", Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of a service.

    Args:
        method: HTTP method.
        template: path with ``{name}`` for one segment and ``{name:path}`` for the rest; matched without regard to case.
        handler: the operation.
        action: the role action that the caller needs (control or data plane, as the service decides); None for operations
            that need no role.
    """

    method: str
    template: str
    handler: Handler
    action: str | None = None

    @property
    def name(self) -> str:
        return self.handler.__name__


class Routes:
    """Looks a route up by method and path; tells a wrong method from an unknown path."""

    def __init__(self, routes: Sequence[Route]):
        self._routes = [(re.compile(_pattern(route.template), re.IGNORECASE), route) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
        """Returns the route, its path parameters, and whether any method is served at that path."""
        known = False
        for pattern, route in self._routes:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if route.method == method:
                return route, match.groupdict(), True
            known = True
        return None, {}, known


def _pattern(template: str) -> str:
    parts = re.split(r"\{(\w+)(:path)?\}", template.rstrip("/"))
    literal, pattern = iter(range(0, len(parts), 3)), ""
    for at in literal:
        pattern += re.escape(parts[at])
        if at + 1 < len(parts):
            pattern += f"(?P<{parts[at + 1]}>{'.+' if parts[at + 2] else '[^/]+'})"
    return pattern + "/?"


class Service:
    """A service behind one or more host names. Subclasses set the class attributes and, where Azure differs, the methods."""

    name: str = ""
    #: Host names; a leading ``*.`` stands for exactly one label.
    hosts: tuple[str, ...] = ()
    #: Token audiences that the service accepts; empty for services without sign-in.
    audiences: tuple[str, ...] = ()
    routes: Routes = Routes(())
    #: What the agenda may call back: event name → handler of (world, key).
    events: Mapping[str, Callable[[World, str], None]] = {}

    def error(self, call: Call, problem: ServiceError) -> Reply:
        """The service's error envelope (ARM's by default)."""
        body = {"error": {"code": problem.code, "message": problem.message, **problem.extra}}
        return Reply(problem.status, body, dict(problem.headers))

    def authenticate(self, world: World, call: Call) -> Principal | None:
        """Reads the bearer token.

        Raises:
            ServiceError: 401 as the service words it.
        """
        if not self.audiences:
            return None
        return world.tokens.principal(call, self.audiences)

    def authorise(self, world: World, call: Call) -> None:
        """Checks the caller's role for ``call.route.action``; refuses nothing by default.

        Raises:
            ServiceError: 403 (or 401) as the service words it.
        """

    def no_such_operation(self, call: Call) -> ServiceError:
        """What is not emulated says so by name, with the host and the operation."""
        return ServiceError(404, "NotEmulated", f"Local Azure does not emulate {call.method} {call.url} ({self.name}). See DIFFERENCES.md.")
