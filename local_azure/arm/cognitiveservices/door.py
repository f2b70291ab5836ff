"""Quota by model, for tests: on Azure a person asks for it in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm.cognitiveservices import quota
from local_azure.http import Call, Reply, Route, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World


def set_quota(world: World, call: Call) -> Reply:
    """Body: ``{"location": "swedencentral", "model": "gpt-4.1-mini-finetune", "sku": "GlobalStandard", "capacity": 8}``, for all subscriptions."""
    body = call.json()
    try:
        location, model, sku, capacity = str(body["location"]), str(body["model"]), str(body["sku"]), int(body["capacity"])
    except (KeyError, ValueError) as error:
        raise ServiceError(400, "BadRequest", f"a quota needs location, model, sku and capacity: {error}") from None
    for subscription in world.identity.subscriptions:
        world.store.put(quota.KIND, quota.key(subscription, location, model, sku), {"capacity": capacity})
    return Reply(204)


ROUTES = (Route("PUT", "/quota", set_quota),)
