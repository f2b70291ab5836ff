"""Subscriptions, tenants, locations and the registration of resource providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_azure.arm.regions import REGIONS
from local_azure.http import Call, Json, Reply, Route

if TYPE_CHECKING:
    from local_azure.world import World

#: Versions of Microsoft.Resources that ARM itself serves: groups, subscriptions, locations, providers.
API_VERSIONS = (
    "2015-11-01",
    "2016-06-01",
    "2016-09-01",
    "2017-05-10",
    "2018-02-01",
    "2018-05-01",
    "2019-05-01",
    "2019-05-10",
    "2019-06-01",
    "2019-07-01",
    "2019-08-01",
    "2019-10-01",
    "2019-11-01",
    "2020-01-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2022-12-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
)


def _subscription(world: World, subscription: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": world.identity.tenant_id,
        "displayName": f"Local subscription {world.identity.subscriptions.index(subscription) + 1}",
        "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def list_subscriptions(world: World, call: Call) -> Reply:
    return Reply(200, {"value": [_subscription(world, each) for each in world.identity.subscriptions]})


def get_subscription(world: World, call: Call) -> Reply:
    return Reply(200, _subscription(world, call.params["subscription"].lower()))


def list_tenants(world: World, call: Call) -> Reply:
    tenant = world.identity.tenant_id
    return Reply(200, {"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "displayName": "Local tenant", "tenantCategory": "Home"}]})


def list_locations(world: World, call: Call) -> Reply:
    scope = f"/subscriptions/{call.params['subscription']}/locations"
    rows = [
        {"id": f"{scope}/{name}", "name": name, "displayName": title, "regionalDisplayName": title, "type": "Region"}
        for name, title in REGIONS.items()
    ]
    return Reply(200, {"value": rows})


def get_provider(world: World, call: Call) -> Reply:
    """Every provider is registered here; on Azure it may have to be registered first."""
    subscription, namespace = call.params["subscription"], call.params["namespace"]
    body = {"id": f"/subscriptions/{subscription}/providers/{namespace}", "namespace": namespace}
    return Reply(200, {**body, "registrationPolicy": "RegistrationRequired", "registrationState": "Registered", "resourceTypes": []})


ROUTES = (
    Route("GET", "/subscriptions", list_subscriptions),
    Route("GET", "/tenants", list_tenants),
    Route("GET", "/subscriptions/{subscription}", get_subscription, "Microsoft.Resources/subscriptions/read"),
    Route("GET", "/subscriptions/{subscription}/locations", list_locations, "Microsoft.Resources/subscriptions/locations/read"),
    Route("GET", "/subscriptions/{subscription}/providers/{namespace}", get_provider, "Microsoft.Resources/subscriptions/providers/read"),
    Route(
        "POST",
        "/subscriptions/{subscription}/providers/{namespace}/register",
        get_provider,
        "Microsoft.Resources/subscriptions/providers/register/action",
    ),
)
