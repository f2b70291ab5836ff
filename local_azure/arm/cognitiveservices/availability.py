"""Usages against quota, and the questions whether a subdomain or a sku can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm import resources
from local_azure.arm.cognitiveservices import accounts, quota
from local_azure.arm.cognitiveservices.account_keys import ACCOUNT, find_account
from local_azure.arm.cognitiveservices.catalogue import BASE_MODELS, OPENAI_REGIONS
from local_azure.arm.regions import short_name
from local_azure.http import Call, Json, Reply, Route

if TYPE_CHECKING:
    from local_azure.world import World


def list_usages(world: World, call: Call) -> Reply:
    """Quota of a region: thousands of tokens per minute by model and sku, and the number of accounts."""
    subscription, region = call.params["subscription"], short_name(call.params["location"])
    used = quota.usages(world, subscription, region)
    rows = [_account_count(world, subscription, region, kind) for kind in accounts.KINDS]
    for base in BASE_MODELS:
        for fine_tuned, skus in ((False, base.base_skus), (True, base.fine_tuned_skus)):
            model = quota.pool(base, fine_tuned=fine_tuned)
            for sku in (name for name, places in skus.items() if region in places):
                name = quota.usage_name(base, sku, fine_tuned=fine_tuned), quota.title(base, fine_tuned=fine_tuned)
                rows.append(_usage(*name, used.get((model, sku), 0), quota.limit(world, subscription, region, model, sku)))
    return Reply(200, {"value": rows})


def _account_count(world: World, subscription: str, region: str, kind: str) -> Json:
    found = [
        each
        for each in resources.of_type(world, accounts.TYPE, f"/subscriptions/{subscription}")
        if each["location"] == region and each["kind"] == kind
    ]
    return _usage(f"{kind}.S0.AccountCount", f"{kind} S0 account count", len(found), accounts.ACCOUNTS_PER_REGION)


def _usage(name: str, title: str, current: int, limit: int) -> Json:
    return {"name": {"value": name, "localizedValue": title}, "currentValue": float(current), "limit": float(limit), "unit": "Count"}


def list_account_usages(world: World, call: Call) -> Reply:
    """What the account's deployments use of its limits (azure.md section 5)."""
    account = find_account(world, call)
    deployments = resources.of_type(world, f"{accounts.TYPE}/deployments", under=account["id"])
    return Reply(200, {"value": [_usage("Deployments", "Deployments", len(deployments), world.settings.standard_deployments)]})


def check_domain_availability(world: World, call: Call) -> Reply:
    """Body: ``{"subdomainName": "…", "type": "Microsoft.CognitiveServices/accounts"}``. Names of soft-deleted accounts are taken."""
    body = call.json()
    name = str(body.get("subdomainName", ""))
    taken = world.store.get(accounts.SUBDOMAINS, name.lower()) is not None
    reason = f"Sub domain name '{name}' is not valid or already used" if taken else None
    shown = {"isSubdomainAvailable": not taken, "reason": reason, "subdomainName": name, "type": body.get("type"), "kind": body.get("kind")}
    return Reply(200, shown)


def check_sku_availability(world: World, call: Call) -> Reply:
    """Body: ``{"skus": ["S0"], "kind": "OpenAI", "type": "Microsoft.CognitiveServices/accounts"}``."""
    body = call.json()
    fits = body.get("kind") in accounts.KINDS and short_name(call.params["location"]) in OPENAI_REGIONS
    rows = [_availability(body, sku, fits and sku == "S0") for sku in body.get("skus") or []]
    return Reply(200, {"value": rows})


def _availability(body: Json, sku: str, available: bool) -> Json:
    row = {"kind": body.get("kind"), "type": body.get("type"), "skuName": sku, "skuAvailable": available}
    return row if available else {**row, "reason": "NotAvailableForSubscription", "message": f"The sku '{sku}' is not available in this region."}


_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"
_NAMESPACE = "Microsoft.CognitiveServices/"

ROUTES = (
    Route("GET", _SUBSCRIPTION + "/locations/{location}/usages", list_usages, _NAMESPACE + "locations/usages/read"),
    Route("GET", ACCOUNT + "/usages", list_account_usages, accounts.TYPE + "/usages/read"),
    Route("POST", _SUBSCRIPTION + "/checkDomainAvailability", check_domain_availability, _NAMESPACE + "checkDomainAvailability/action"),
    Route(
        "POST",
        _SUBSCRIPTION + "/locations/{location}/checkSkuAvailability",
        check_sku_availability,
        _NAMESPACE + "locations/checkSkuAvailability/action",
    ),
)
