"""Microsoft.CognitiveServices/accounts/deployments: which model answers under which name, since when, and how long."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from local_azure.arm import operations, refusals, resources
from local_azure.arm.cognitiveservices import deployment_rules, problems
from local_azure.arm.cognitiveservices.accounts import TYPE as ACCOUNT_TYPE
from local_azure.arm.cognitiveservices.accounts import account_of
from local_azure.arm.cognitiveservices.deployment_rules import TYPE
from local_azure.arm.cognitiveservices.quota import canonical_sku
from local_azure.arm.cognitiveservices.versions import API_VERSIONS
from local_azure.arm.resource_id import parse
from local_azure.arm.resource_type import Put, ResourceType
from local_azure.http import Call, Json, Reply, Route

if TYPE_CHECKING:
    from local_azure.world import World

KIND = "deployment"
READY, EXPIRED, IDLE = "deployment-ready", "deployment-expired", "deployment-idle"
#: A deployment's last use is written down this often at most, in seconds.
TOUCH_SECONDS = 60.0
#: Deployment.tsp: pause and resume work with these alone.
PAUSABLE = ("Standard", "DataZoneStandard", "GlobalStandard")


def serving(world: World, account_id: str, name: str) -> Json | None:
    """The model that answers now: {name, version, format, source?}. None before the deployment is ready.

    While a deployment is changed in place the old model keeps answering until the new one is ready.
    """
    record = world.store.get(KIND, _key(account_id, name))
    return record["serving"] if record else None


def is_paused(world: World, account_id: str, name: str) -> bool:
    """Whether the deployment refuses requests with 423."""
    deployment = resources.find(world, _key(account_id, name))
    return deployment is not None and deployment["properties"].get("deploymentState") == "Paused"


def touch(world: World, account_id: str, name: str) -> None:
    """Marks a deployment as used, which postpones its removal for idleness."""
    key = _key(account_id, name)
    record = world.store.get(KIND, key)
    if record and world.now() - record["last_used"] > TOUCH_SECONDS:
        world.store.put(KIND, key, {**record, "last_used": world.now()})


def of_account(world: World, account_id: str) -> list[Json]:
    return resources.of_type(world, TYPE, under=account_id)


def _key(account_id: str, name: str) -> str:
    return f"{account_id}/deployments/{name}".lower()


def begin_deployment(world: World, put: Put) -> None:
    """Adds what Azure adds; the quota counts from now on."""
    properties, sku = put.properties, put.resource["sku"]
    model = properties["model"]
    model["version"] = deployment_rules.version_of(model)
    sku.setdefault("capacity", 1)
    properties.setdefault("versionUpgradeOption", "OnceNewDefaultVersionAvailable")
    properties.setdefault("deploymentState", "Running")
    properties["currentCapacity"] = sku["capacity"]
    properties["dynamicThrottlingEnabled"] = False
    properties["capabilities"] = _capabilities(world, put.id, model)
    # One request a minute for each thousand tokens a minute.
    properties["rateLimits"] = [
        {"key": "request", "renewalPeriod": 60, "count": sku["capacity"]},
        {"key": "token", "renewalPeriod": 60, "count": sku["capacity"] * 1000},
    ]
    put.resource["etag"] = f'"{uuid.uuid4()}"'


def _capabilities(world: World, id: str, model: Json) -> Json:
    account = resources.find(world, account_of(id)) or {}
    area = "US" if str(account.get("location", "")).endswith(("us", "us2", "us3")) else "EUR"
    if "embedding" in model["name"]:
        return {"embeddings": "true", "area": area}
    return {"area": area, "chatCompletion": "true", "responses": "true", "assistants": "true", "maxTotalToken": "128000"}


def complete_deployment(world: World, id: str) -> None:
    """Provisioning has succeeded: the model answers ``settings.deployment_ready_lag`` seconds from now.

    Raises:
        ServiceError: when the model has gone meanwhile; the operation then fails.
    """
    deployment = resources.find(world, id)
    assert deployment is not None
    model = deployment["properties"]["model"]
    found = deployment_rules.find_offered(world, account_of(id), model)
    if found is None:
        raise problems.model_not_supported(model.get("format", ""), model["name"], model.get("version", ""))
    now = world.now()
    record = world.store.get(KIND, id) or {
        "account": account_of(id),
        "name": deployment["name"],
        "serving": None,
        "created_at": now,
        "last_used": now,
    }
    if not record["serving"] or record["serving"] != model:
        ready = now + world.settings.deployment_ready_lag
        record |= {"next": model, "ready_at": ready}
        world.agenda.at(ready, READY, id)
    world.store.put(KIND, id, record)
    _plan_end(world, id, deployment, found.fine_tuned, record)


def _plan_end(world: World, id: str, deployment: Json, fine_tuned: bool, record: Json) -> None:
    """Developer deployments live 24 hours; other fine-tuned ones go when nobody uses them for 15 days (azure.md section 5)."""
    world.agenda.cancel(IDLE, id)
    if canonical_sku(deployment["sku"]["name"]) == "DeveloperTier":
        world.agenda.at(record["created_at"] + world.settings.developer_hours * 3600, EXPIRED, id)
        return
    world.agenda.cancel(EXPIRED, id)
    if fine_tuned:
        world.agenda.at(record["last_used"] + world.settings.idle_days * 86400, IDLE, id)


def become_ready(world: World, id: str) -> None:
    """The new model takes over."""
    record = world.store.get(KIND, id)
    if record and "next" in record:
        record["serving"] = record.pop("next")
        world.store.put(KIND, id, record)


def expire(world: World, id: str) -> None:
    """The service takes a deployment away by itself; its model stays."""
    if deployment := resources.find(world, id):
        resources.remove(world, id)
        forget_deployment(world, deployment)


def expire_if_idle(world: World, id: str) -> None:
    record = world.store.get(KIND, id)
    if record is None:
        return
    due = record["last_used"] + world.settings.idle_days * 86400
    if due > world.now():
        world.agenda.at(due, IDLE, id)
    else:
        expire(world, id)


def forget_deployment(world: World, deployment: Json) -> None:
    key = deployment["id"].lower()
    world.store.delete(KIND, key)
    for event in (READY, EXPIRED, IDLE):
        world.agenda.cancel(event, key)


def _set_state(world: World, call: Call, state: str) -> Reply:
    id = parse(call.path.rpartition("/")[0])
    assert id is not None
    deployment = resources.find(world, id.text)
    if deployment is None:
        raise refusals.resource_not_found(id)
    operations.check_unlocked(world, account_of(deployment["id"]))
    if canonical_sku(deployment["sku"]["name"]) not in PAUSABLE:
        raise problems.invalid_property(
            f"Deployments with the SKU '{deployment['sku']['name']}' cannot be paused or resumed; {', '.join(PAUSABLE)} can."
        )
    deployment["properties"]["deploymentState"] = state
    resources.save(world, deployment)
    call.effect = f"{'paused' if state == 'Paused' else 'resumed'} {deployment['id']}"
    return Reply(200, deployment)


def pause_deployment(world: World, call: Call) -> Reply:
    return _set_state(world, call, "Paused")


def resume_deployment(world: World, call: Call) -> Reply:
    return _set_state(world, call, "Running")


DEPLOYMENTS = ResourceType(
    type=TYPE,
    api_versions=API_VERSIONS,
    # The types name no pattern for deployments; this one is INFERRED from that of accounts.
    name_pattern=r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}",
    writable=(
        "currentCapacity",
        "deploymentState",
        "model",
        "raiPolicyName",
        "serviceTier",
        "versionUpgradeOption",
    ),
    not_emulated=("capacitySettings", "parentDeploymentName", "routing", "scaleSettings", "spilloverDeploymentName"),
    read_only=("callRateLimit", "capabilities", "dynamicThrottlingEnabled", "rateLimits"),
    required=("sku.name", "properties.model.name", "properties.model.format"),
    top_level=("sku", "tags"),
    members={
        "sku": ("name", "tier", "size", "family", "capacity"),
        "properties.model": ("callRateLimit", "format", "name", "publisher", "source", "sourceAccount", "version"),
    },
    since={
        "properties.model.sourceAccount": "2024-10-01",
        "properties.deploymentState": "2025-10-01",
        # Somewhere between 2025-06-01, which lacks it, and 2026-07-01. INFERRED.
        "properties.serviceTier": "2025-10-01",
    },
    patch=("tags", "sku"),
    updating="Creating",
    create_seconds=lambda settings: settings.deployment_create,
    delete_seconds=lambda settings: settings.deployment_delete,
    lock=account_of,
    validate=deployment_rules.validate_deployment,
    begin=begin_deployment,
    complete=complete_deployment,
    deleted=forget_deployment,
)

_ONE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + ACCOUNT_TYPE + "/{account}/deployments/{deployment}"

ROUTES = (
    Route("POST", _ONE + "/pause", pause_deployment, TYPE + "/pause/action"),
    Route("POST", _ONE + "/resume", resume_deployment, TYPE + "/resume/action"),
)
EVENTS = {READY: become_ready, EXPIRED: expire, IDLE: expire_if_idle}
