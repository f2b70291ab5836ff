"""Entra ID: the directory, the sign-in of applications, and the tokens that every other service reads."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from local_azure.entra import directory
from local_azure.entra.discovery import discover_instance, list_keys, show_openid_configuration
from local_azure.entra.sign_in import HOST, request_token
from local_azure.entra.tokens import Tokens
from local_azure.http import Call, Reply, Route, Routes, Service, ServiceError
from local_azure.world import World


class Entra(Service):
    name = "entra"
    hosts = (HOST,)
    routes = Routes(
        (
            Route("GET", "/common/discovery/instance", discover_instance),
            Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", show_openid_configuration),
            Route("GET", "/{tenant}/discovery/v2.0/keys", list_keys),
            Route("POST", "/{tenant}/oauth2/v2.0/token", request_token),
        )
    )

    def install(self, world: World) -> None:
        """Gives the world its tokens."""
        world.tokens = Tokens(world)

    def plant(self, world: World) -> None:
        directory.plant(world)

    def error(self, call: Call, problem: ServiceError) -> Reply:
        """OAuth's error object with Entra's additions."""
        number, correlation = problem.extra.get("number", 0), call.headers.get("client-request-id", call.id)
        moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
        body = {
            "error": problem.code,
            "error_description": f"{problem.message} Trace ID: {call.id} Correlation ID: {correlation} Timestamp: {moment}",
            "error_codes": [number],
            "timestamp": moment,
            "trace_id": call.id or str(uuid.uuid4()),
            "correlation_id": correlation,
            "error_uri": f"https://{HOST}/error?code={number}",
        }
        return Reply(problem.status, body, dict(problem.headers))
