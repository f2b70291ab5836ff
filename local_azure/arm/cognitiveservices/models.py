"""The model lists of an account and of a region, and the skus that accounts and deployments may have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local_azure.arm import refusals, resources
from local_azure.arm.cognitiveservices import accounts, catalogue, deployment_rules, quota
from local_azure.arm.cognitiveservices.account_keys import ACCOUNT, find_account
from local_azure.arm.cognitiveservices.catalogue import BASE_MODELS, OPENAI_REGIONS, BaseModel
from local_azure.arm.cognitiveservices.deployment_rules import Offered
from local_azure.arm.regions import short_name
from local_azure.arm.resource_id import parse
from local_azure.http import Call, Json, Reply, Route

if TYPE_CHECKING:
    from local_azure.world import World


def list_models(world: World, call: Call) -> Reply:
    """What can be deployed in an account: base models, and the models fine-tuned in it."""
    account = find_account(world, call)
    region = account["location"]
    rows = [_model(world, call, Offered(base, None), region) for base in _offered_in(region, account["kind"])]
    for _, document in world.store.list("fine-tuned-model", f"{account['id'].lower()}|"):
        base = catalogue.base_of(document["base"])
        if base and not document.get("checkpoint_of"):
            rows.append(_model(world, call, Offered(base, document), region))
    return Reply(200, {"value": rows})


def list_location_models(world: World, call: Call) -> Reply:
    region = short_name(call.params["location"])
    rows = [
        {"kind": kind, "skuName": "S0", "description": "", "model": _model(world, call, Offered(base, None), region)}
        for kind in accounts.KINDS
        for base in _offered_in(region, kind)
    ]
    return Reply(200, {"value": rows})


def _offered_in(region: str, kind: str) -> list[BaseModel]:
    if region not in OPENAI_REGIONS:
        return []
    return [base for base in BASE_MODELS if kind == "AIServices" or not base.foundry_only]


def _model(world: World, call: Call, offered: Offered, region: str) -> Json:
    base, document = offered.base, offered.document
    trainable = any(region in places for places in base.training.values())
    row: Json = {
        "format": base.format,
        "name": document["name"] if document else base.name,
        "version": "1" if document else base.version,
        "isDefaultVersion": bool(document) or catalogue.default_version(base),
        "skus": [_sku(world, call, offered, region, name) for name, places in offered.skus.items() if region in places],
        "maxCapacity": quota.limit(world, call.params["subscription"], region, quota.pool(base, fine_tuned=offered.fine_tuned), "Standard"),
        # For open models the flag is false although they can be trained (prices-models.md section 1.4).
        "capabilities": {"fineTune": str(trainable and base.format == "OpenAI").lower(), "inference": "true", **_completion(base)},
        "deprecation": {name: f"{date}T00:00:00Z" for name, date in (("fineTune", base.training_ends), ("inference", offered.retired)) if date},
        "lifecycleStatus": "GenerallyAvailable",
    }
    if document:
        row |= {"baseModel": {"format": base.format, "name": base.name, "version": base.version}, "source": document["account"]}
        row["systemData"] = {"createdBy": "Microsoft", "createdByType": "Application", "createdAt": _moment(document["created_at"])}
    return row


def _completion(base: BaseModel) -> Json:
    return {"embeddings": "true"} if "embedding" in base.name else {"chatCompletion": "true", "responses": "true"}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sku(world: World, call: Call, offered: Offered, region: str, name: str) -> Json:
    model = quota.pool(offered.base, fine_tuned=offered.fine_tuned)
    most = quota.limit(world, call.params["subscription"], region, model, name)
    capacity = {"minimum": 1, "maximum": most, "step": 1, "default": min(10, most)}
    return {"name": name, "usageName": quota.usage_name(offered.base, name, fine_tuned=offered.fine_tuned), "capacity": capacity, "rateLimits": []}


def list_model_capacities(world: World, call: Call) -> Reply:
    """Of one model, by ``modelFormat``, ``modelName`` and ``modelVersion``: what is left of the quota, region by region and sku by sku."""
    base = catalogue.find_base((call.query.get("modelName", ""), call.query.get("modelVersion", "")))
    if base is None or call.query.get("modelFormat") not in base.formats:
        return Reply(200, {"value": []})
    regions = [short_name(call.params["location"])] if "location" in call.params else sorted(OPENAI_REGIONS)
    return Reply(200, {"value": [row for region in regions for row in _capacities(world, call.params["subscription"], region, base)]})


def _capacities(world: World, subscription: str, region: str, base: BaseModel) -> list[Json]:
    used = quota.usages(world, subscription, region)

    def left(sku: str, fine_tuned: bool) -> int:
        model = quota.pool(base, fine_tuned=fine_tuned)
        return max(quota.limit(world, subscription, region, model, sku) - used.get((model, sku), 0), 0)

    id = (
        f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{region}/models/{base.format}.{base.name}.{base.version}/skus"
    )
    model = {"format": base.format, "name": base.name, "version": base.version}
    rows = []
    for sku in dict.fromkeys((*base.base_skus, *base.fine_tuned_skus)):
        plain, tuned = (region in table.get(sku, ()) for table in (base.base_skus, base.fine_tuned_skus))
        if plain or tuned:
            properties = {"model": model, "skuName": sku, "availableCapacity": left(sku, False) if plain else 0}
            properties["availableFinetuneCapacity"] = left(sku, True) if tuned else 0
            rows.append(
                {
                    "id": f"{id}/{sku}",
                    "type": "Microsoft.CognitiveServices/locations/models/skus",
                    "name": sku,
                    "location": region,
                    "properties": properties,
                }
            )
    return rows


def list_account_skus(world: World, call: Call) -> Reply:
    find_account(world, call)
    return Reply(200, {"value": [{"resourceType": accounts.TYPE, "sku": {"name": "S0", "tier": "Standard"}}]})


def list_deployment_skus(world: World, call: Call) -> Reply:
    """The skus that a deployment could change to."""
    account = find_account(world, call)
    id = parse(f"{account['id']}/deployments/{call.params['deployment']}")
    deployment = resources.find(world, id.text) if id else None
    if id is None or deployment is None:
        raise (refusals.resource_not_found(id) if id else refusals.group_not_found(call.params["group"]))
    offered = deployment_rules.find_offered(world, account["id"], deployment["properties"]["model"])
    region, rows = account["location"], []
    for name, places in offered.skus.items() if offered else ():
        if offered and region in places:
            entry = _sku(world, call, offered, region, name)
            rows.append({"resourceType": deployment_rules.TYPE, "sku": {"name": name}, "capacity": entry["capacity"]})
    return Reply(200, {"value": rows})


def list_skus(world: World, call: Call) -> Reply:
    """The skus of accounts, for the subscription."""
    rows = [
        {"resourceType": "accounts", "name": "S0", "tier": "Standard", "kind": kind, "locations": [region.upper()], "restrictions": []}
        for kind in accounts.KINDS
        for region in sorted(OPENAI_REGIONS)
    ]
    return Reply(200, {"value": rows})


_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"
_LOCATION = _SUBSCRIPTION + "/locations/{location}"
_NAMESPACE = "Microsoft.CognitiveServices/"

ROUTES = (
    Route("GET", ACCOUNT + "/models", list_models, accounts.TYPE + "/models/read"),
    Route("GET", ACCOUNT + "/skus", list_account_skus, accounts.TYPE + "/skus/read"),
    Route("GET", ACCOUNT + "/deployments/{deployment}/skus", list_deployment_skus, accounts.TYPE + "/deployments/skus/read"),
    Route("GET", _LOCATION + "/models", list_location_models, _NAMESPACE + "locations/models/read"),
    Route("GET", _LOCATION + "/modelCapacities", list_model_capacities, _NAMESPACE + "locations/modelCapacities/read"),
    Route("GET", _SUBSCRIPTION + "/modelCapacities", list_model_capacities, _NAMESPACE + "modelCapacities/read"),
    Route("GET", _SUBSCRIPTION + "/skus", list_skus, _NAMESPACE + "skus/read"),
)
