"""Quota: thousands of tokens per minute for each subscription, region, model and sku; and how it shows in usages and capacities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from local_azure.arm import resources
from local_azure.arm.cognitiveservices import catalogue, problems
from local_azure.arm.cognitiveservices.catalogue import SKUS, BaseModel

if TYPE_CHECKING:
    from local_azure.world import World

#: Documents of this kind override ``settings.quota_capacity``: key ``subscription|region|model|sku`` → {"capacity": thousands}.
#: The model is the base model's name, with "-finetune" for what is fine-tuned from it.
KIND = "quota"
_ACCOUNT = "Microsoft.CognitiveServices/accounts"
_DEPLOYMENT = f"{_ACCOUNT}/deployments"


class Deployable(Protocol):
    """What the quota needs to know of a model."""

    @property
    def base(self) -> BaseModel: ...
    @property
    def fine_tuned(self) -> bool: ...


def canonical_sku(name: str) -> str | None:
    """The sku as Azure writes it, for a name in any case; None for an unknown one."""
    return SKUS.get(str(name).lower())


def pool(base: BaseModel, *, fine_tuned: bool) -> str:
    """The model's name in quota: fine-tuned models have a pool of their own. The suffix is INFERRED."""
    return f"{base.name}-finetune" if fine_tuned else base.name


def usage_name(base: BaseModel, sku: str, *, fine_tuned: bool) -> str:
    return f"{base.format}.{sku}.{pool(base, fine_tuned=fine_tuned)}"


def title(base: BaseModel, *, fine_tuned: bool) -> str:
    return f"Tokens Per Minute (thousands) - {pool(base, fine_tuned=fine_tuned)}"


def key(subscription: str, region: str, model: str, sku: str) -> str:
    return f"{subscription}|{region}|{model}|{sku}".lower()


def limit(world: World, subscription: str, region: str, model: str, sku: str) -> int:
    """Thousands of tokens per minute that may be deployed."""
    found = world.store.get(KIND, key(subscription, region, model, sku))
    return int(found["capacity"]) if found else world.settings.quota_capacity


def usages(world: World, subscription: str, region: str, without: str = "") -> dict[tuple[str, str], int]:
    """(pool, sku) → capacity that is deployed in a region, leaving out one deployment."""
    found: dict[tuple[str, str], int] = {}
    for account in resources.of_type(world, _ACCOUNT, under=f"/subscriptions/{subscription}"):
        if account["location"] != region:
            continue
        for deployment in resources.of_type(world, _DEPLOYMENT, under=account["id"]):
            if deployment["id"].lower() != without.lower():
                entry = (_pool_of(world, account["id"], deployment["properties"]["model"]), canonical_sku(deployment["sku"]["name"]) or "")
                found[entry] = found.get(entry, 0) + deployment["sku"].get("capacity", 1)
    return found


def _pool_of(world: World, account_id: str, model: dict[str, str]) -> str:
    base = catalogue.find_base((model["name"], model.get("version", "")))
    if base:
        return pool(base, fine_tuned=False)
    holder = model.get("source") or model.get("sourceAccount") or account_id
    document = world.store.get("fine-tuned-model", f"{holder}|{model['name']}".lower()) or {"base": model["name"]}
    tuned = catalogue.base_of(document["base"])
    return pool(tuned, fine_tuned=True) if tuned else model["name"]


def check_quota(world: World, deployment_id: str, region: str, model: Deployable, sku: str, capacity: int) -> None:
    """Refuses more than the subscription has left.

    Raises:
        ServiceError: 400 InsufficientQuota.
    """
    subscription = deployment_id.split("/")[2]
    name = pool(model.base, fine_tuned=model.fine_tuned)
    allowed = limit(world, subscription, region, name, sku)
    used = usages(world, subscription, region, without=deployment_id).get((name, sku), 0)
    if capacity > allowed - used:
        raise problems.insufficient_quota(capacity, title(model.base, fine_tuned=model.fine_tuned), max(allowed - used, 0), used, allowed)
