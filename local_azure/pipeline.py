"""What happens to every request, as one list: host, route, fault, token, role, answer; then the journal."""

from __future__ import annotations

import asyncio
import json
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from local_azure.http import Call, Reply, Service, ServiceError
from local_azure.multipart import parse
from local_azure.world import World
from local_azure.world.faults import Fault


@dataclass(slots=True)
class Passage:
    """One request on its way through the list."""

    world: World
    services: HostTable
    call: Call
    fault: Fault | None = None


class HostTable:
    """Host name → service. A leading ``*.`` stands for exactly one label."""

    def __init__(self, services: list[Service]):
        self.services = services
        self._exact = {host: service for service in services for host in service.hosts if not host.startswith("*.")}
        self._suffix = {host[1:]: service for service in services for host in service.hosts if host.startswith("*.")}

    def find(self, host: str) -> Service | None:
        host = host.lower()
        label, dot, rest = host.partition(".")
        return self._exact.get(host) or (self._suffix.get(dot + rest) if label else None)

    def names(self) -> list[str]:
        return sorted({host for service in self.services for host in service.hosts})


def find_service(passage: Passage) -> None:
    call = passage.call
    call.service = passage.services.find(call.host)
    if call.service is None:
        raise ServiceError(
            404, "NotEmulated", f"Local Azure does not emulate the host {call.host}. It serves: {', '.join(passage.services.names())}."
        )


def find_route(passage: Passage) -> None:
    call = passage.call
    assert call.service is not None
    call.route, call.params, _ = call.service.routes.find(call.method, call.path)
    call.params = {name: unquote(value) for name, value in call.params.items()}
    if call.route is None:
        raise call.service.no_such_operation(call)


def inject_fault(passage: Passage) -> None:
    call = passage.call
    if call.service is None or call.service.name == "admin":
        return
    passage.fault = passage.world.faults.pick(call.host, call.method, call.path, call.route.name if call.route else "")
    if passage.fault and not passage.fault.after:
        strike(passage.fault)


def authenticate(passage: Passage) -> None:
    assert passage.call.service is not None
    passage.call.principal = passage.call.service.authenticate(passage.world, passage.call)


def authorise(passage: Passage) -> None:
    assert passage.call.service is not None
    passage.call.service.authorise(passage.world, passage.call)


def answer(passage: Passage) -> Reply:
    """Runs the operation, all or nothing."""
    assert passage.call.route is not None
    with passage.world.store.transaction():
        return passage.call.route.handler(passage.world, passage.call)


STEPS: tuple[Callable[[Passage], Reply | None], ...] = (find_service, find_route, inject_fault, authenticate, authorise, answer)


class CutConnection(Exception):
    """The declared fault wants the connection cut."""


def strike(fault: Fault) -> None:
    """Carries a fault out: raises what it declares, or returns when it only delays."""
    if fault.cut:
        raise CutConnection
    if fault.status:
        raise ServiceError(fault.status, fault.code or "InjectedFault", fault.message or "Injected fault.", headers=fault.headers)


def walk(passage: Passage) -> Reply:
    """Takes a request through the list, catches refusals in the service's envelope, and writes the journal.

    Raises:
        CutConnection: when a fault says so.
    """
    world, call = passage.world, passage.call
    status = 0
    try:
        world.advance()
        reply = _steps(passage)
        if passage.fault and passage.fault.after:
            strike(passage.fault)
        status = reply.status
        return reply
    except ServiceError as problem:
        reply = call.service.error(call, problem) if call.service else Service().error(call, problem)
        status = reply.status
        return reply
    finally:
        if call.service is None or call.service.name != "admin":
            world.journal.add(
                at=world.now(),
                service=call.service.name if call.service else "",
                method=call.method,
                host=call.host,
                path=call.path,
                operation=call.route.name if call.route else "",
                status=status,
                principal=call.principal.object_id if call.principal else "",
                effect=call.effect,
                fault=passage.fault.name if passage.fault else "",
            )


def _steps(passage: Passage) -> Reply:
    for step in STEPS:
        if (reply := step(passage)) is not None:
            return reply
    raise AssertionError("the last step answers")


class Application:
    """The ASGI application: reads the request, walks the list, sends the reply.

    Args:
        cut: cuts the client's connection, given the port that it comes from.
    """

    def __init__(self, world: World, services: list[Service], cut: Callable[[int], None]):
        self.world, self.services, self._cut = world, HostTable(services), cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            call = await _read(Request(scope, receive))
        except ClientDisconnect:  # in the middle of its request, which therefore has no effect
            return
        passage = Passage(self.world, self.services, call)
        try:
            reply = walk(passage)
        except CutConnection:
            self._cut(scope["client"][1])
            return
        except Exception:  # a defect of ours: the client gets a 500 that says so, the log the trace
            traceback.print_exc()
            reply = Service().error(
                call, ServiceError(500, "LocalAzureDefect", f"Local Azure failed on {call.method} {call.url}; see `local-azure logs`.")
            )
        if passage.fault and passage.fault.delay:
            await asyncio.sleep(passage.fault.delay)
        await _response(call, reply)(scope, receive, send)


async def _read(request: Request) -> Call:
    call = Call(
        method=request.method,
        host=(request.url.hostname or "").lower(),
        path=request.url.path,
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=await request.body(),
        id=str(uuid.uuid4()),
    )
    if call.headers.get("content-type", "").startswith("multipart/form-data"):
        call.form = parse(call.headers["content-type"], call.body)
    return call


def _response(call: Call, reply: Reply) -> Response:
    headers = {"x-ms-request-id": call.id, "apim-request-id": call.id, **reply.headers}
    if reply.stream is not None:
        return StreamingResponse(reply.stream, reply.status, headers, media_type=reply.media_type or "text/event-stream")
    if isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, headers, media_type=reply.media_type or "application/octet-stream")
    if reply.body is None:
        return Response(b"", reply.status, headers)
    return Response(json.dumps(reply.body), reply.status, headers, media_type="application/json")
