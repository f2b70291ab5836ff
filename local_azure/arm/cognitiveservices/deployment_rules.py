"""What Azure asks of a deployment: a model that exists, a sku that the region has, quota, and room in the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local_azure.arm import access, refusals, resources
from local_azure.arm.cognitiveservices import catalogue, problems, quota
from local_azure.arm.cognitiveservices.catalogue import BaseModel
from local_azure.arm.resource_type import Put
from local_azure.http import Json

if TYPE_CHECKING:
    from local_azure.world import World

TYPE = "Microsoft.CognitiveServices/accounts/deployments"
_READ, _WRITE = "Microsoft.CognitiveServices/accounts/read", TYPE + "/write"
_UPGRADE_OPTIONS = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
_STATES = ("Running", "Paused")
_SERVICE_TIERS = ("Default", "Priority")


@dataclass(frozen=True, slots=True)
class Offered:
    """A model as a deployment can take it; ``document`` is the fine-tuned model or checkpoint, None for a base model."""

    base: BaseModel
    document: Json | None

    @property
    def fine_tuned(self) -> bool:
        return self.document is not None

    @property
    def skus(self) -> Mapping[str, frozenset[str]]:
        return self.base.fine_tuned_skus if self.fine_tuned else self.base.base_skus

    @property
    def retired(self) -> str:
        return self.base.deployment_ends if self.fine_tuned else self.base.retired


def holder_of(account_id: str, model: Json) -> str:
    """The account that holds the model: the one that the deployment names, or its own."""
    return str(model.get("source") or model.get("sourceAccount") or account_id)


def find_offered(world: World, account_id: str, model: Json) -> Offered | None:
    """Finds a base model by (format, name, version), a fine-tuned one or a checkpoint by name in the account that holds it."""
    document = world.store.get("fine-tuned-model", f"{holder_of(account_id, model)}|{model['name']}".lower())
    if document is None:
        base = catalogue.find_base((model["name"], model.get("version") or ""))
        return Offered(base, None) if base and model.get("format") in base.formats else None
    base = catalogue.base_of(document["base"])
    return Offered(base, document) if base and model.get("format") in base.formats else None


def version_of(model: Json) -> str:
    """The version as sent, else the default: that of the base model, "1" for a fine-tuned one."""
    if model.get("version"):
        return str(model["version"])
    base = catalogue.find_base((model["name"], ""))
    return base.version if base else "1"


def validate_deployment(world: World, put: Put) -> None:
    """Checks in the order in which Azure reports.

    Raises:
        ServiceError: DeploymentModelNotSupported, InvalidResourceProperties, InsufficientQuota and others.
    """
    _check_values(put)
    account_id = put.id.rpartition("/deployments/")[0]
    account = resources.find(world, account_id)
    assert account is not None
    if account["properties"]["provisioningState"] != "Succeeded":
        raise problems.account_not_ready(account["properties"]["provisioningState"])
    model = put.properties["model"]
    _check_source(world, put, account_id, model)
    offered = find_offered(world, account_id, model)
    if offered is None or (offered.base.foundry_only and account["kind"] != "AIServices"):
        raise problems.model_not_supported(str(model["format"]), model["name"], version_of(model))
    _check_model(world, offered, model)
    sku = _check_sku(account, offered, put.resource["sku"]["name"], model)
    _check_room(world, put, account_id, offered, sku)
    quota.check_quota(world, put.id, account["location"], offered, sku, put.resource["sku"].get("capacity", 1))


def _check_values(put: Put) -> None:
    for name, allowed in (("versionUpgradeOption", _UPGRADE_OPTIONS), ("deploymentState", _STATES), ("serviceTier", _SERVICE_TIERS)):
        if (value := put.properties.get(name)) is not None and value not in allowed:
            raise problems.invalid_property(f"The value '{value}' of '{name}' is invalid; it is one of {', '.join(allowed)}.")
    policy = put.properties.get("raiPolicyName")
    if policy and not str(policy).startswith("Microsoft."):
        raise problems.invalid_property(f"The RAI policy '{policy}' could not be found in the account.")
    capacity = put.resource["sku"].get("capacity", 1)
    if not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 1:
        raise problems.invalid_property(f"The capacity '{capacity}' of account deployment is invalid; it is a whole number of at least 1.")
    if not all(isinstance(value, str) for name, value in put.properties["model"].items() if name != "callRateLimit"):
        raise refusals.wrong_kind("properties.model", "an object of strings")


def _check_source(world: World, put: Put, account_id: str, model: Json) -> None:
    """A model of another account: that one must exist, and the caller must be able to read it, in whichever subscription it is."""
    holder = holder_of(account_id, model)
    if holder.lower() == account_id.lower():
        return
    if not access.is_allowed(world, put.principal, _READ, holder, data=False):
        raise refusals.link_not_authorised(put.principal, _WRITE, put.id, _READ, holder)
    source = resources.find(world, holder)
    if source is None or source["type"].lower() != "microsoft.cognitiveservices/accounts":
        raise problems.invalid_property(f"The source account '{holder}' of the model could not be found.")


def _check_model(world: World, offered: Offered, model: Json) -> None:
    if offered.document and offered.document.get("unsafe"):
        raise problems.unsafe_model(offered.document["unsafe"])
    today = datetime.fromtimestamp(world.now(), UTC).date().isoformat()
    if world.settings.retirements and offered.retired and today >= offered.retired:
        raise problems.retired_model(model["format"], model["name"], version_of(model), offered.retired)


def _check_sku(account: Json, offered: Offered, name: str, model: Json) -> str:
    sku, region = quota.canonical_sku(name), account["location"]
    if sku is None or region not in offered.skus.get(sku, frozenset()):
        raise problems.sku_not_supported(name, f"{model['name']} {version_of(model)}", region)
    other = offered.document and offered.document["account"].lower() != account["id"].lower()
    if other and not any(region in places for places in offered.base.training.values()):
        # azure.md section 1.1: the destination region must support fine-tuning.
        raise problems.sku_not_supported(name, f"{model['name']} {version_of(model)}", region)
    return sku


def _check_room(world: World, put: Put, account_id: str, offered: Offered, sku: str) -> None:
    """azure.md section 5: deployments of fine-tuned models, and standard deployments, for each account."""
    others = [each for each in resources.of_type(world, TYPE, under=account_id) if each["id"].lower() != put.id.lower()]
    tuned = {each["id"]: each for each in others if is_fine_tuned(world, account_id, each)}
    limits = world.settings
    if offered.fine_tuned:
        if len(tuned) >= limits.fine_tuned_deployments:
            raise problems.too_many_deployments("fine-tuned model", limits.fine_tuned_deployments)
        name = put.properties["model"]["name"].lower()
        same = next((each for each in tuned.values() if each["properties"]["model"]["name"].lower() == name), None)
        if limits.one_deployment_per_model and same:
            raise problems.model_deployed_already(put.properties["model"]["name"], same["name"])
    elif sku.endswith("Standard"):
        standard = [each for each in others if each["id"] not in tuned and str(quota.canonical_sku(each["sku"]["name"])).endswith("Standard")]
        if len(standard) >= limits.standard_deployments:
            raise problems.too_many_deployments("standard", limits.standard_deployments)


def is_fine_tuned(world: World, account_id: str, deployment: Json) -> bool:
    """By the model's name: those of base models are in the catalogue."""
    model = deployment["properties"]["model"]
    return catalogue.find_base((model["name"], model.get("version", ""))) is None
