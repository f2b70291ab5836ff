"""The status pages of long operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm import operations
from local_azure.http import Call, Json, Reply, Route, ServiceError

if TYPE_CHECKING:
    from local_azure.world import World


def _operation(world: World, call: Call) -> Json:
    operation = world.store.get(operations.KIND, call.params["operation"])
    if operation is None or not operation["place"].lower().startswith(f"/subscriptions/{call.params['subscription'].lower()}"):
        raise ServiceError(404, "NotFound", f"The operation '{call.params['operation']}' could not be found.")
    return operation


def get_operation_status(world: World, call: Call) -> Reply:
    """What ``Azure-AsyncOperation`` points to: 200 with the status, whatever it is."""
    operation = _operation(world, call)
    body = {"id": call.path, "name": operation["id"], "status": operation["status"], "startTime": operation["startTime"]}
    body.update({name: operation[name] for name in ("endTime", "error") if name in operation})
    waiting = operation["status"] == operations.IN_PROGRESS
    return Reply(200, body, operations.retry_after(world) if waiting else {})


def get_operation_result(world: World, call: Call) -> Reply:
    """What ``Location`` points to: 202 while it runs, then 200, or the error that ended it."""
    operation = _operation(world, call)
    if operation["status"] == operations.IN_PROGRESS:
        return Reply(
            202, None, {"Location": f"https://{call.host}{call.path}?api-version={call.query['api-version']}", **operations.retry_after(world)}
        )
    if operation["status"] == operations.FAILED:
        return Reply(operation["httpStatus"], {"error": operation["error"]})
    return Reply(200)


_PLACE = "/subscriptions/{subscription}/providers/{namespace}/locations/{location}"

ROUTES = (
    Route("GET", _PLACE + "/operationStatuses/{operation}", get_operation_status),
    Route("GET", _PLACE + "/operationResults/{operation}", get_operation_result),
    Route("GET", "/subscriptions/{subscription}/operationresults/{operation}", get_operation_result),
)
