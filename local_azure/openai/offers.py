"""Whether a model may be fine-tuned: by the catalogue for a base model, by its lineage for an earlier fine-tuned one."""

from __future__ import annotations

from dataclasses import dataclass

from local_azure.arm import resources
from local_azure.arm.cognitiveservices import catalogue
from local_azure.openai import models
from local_azure.openai.errors import refuse
from local_azure.openai.job_request import JobRequest
from local_azure.world import World


@dataclass(frozen=True, slots=True)
class Offer:
    """What will be trained: the base model's name with its version, and the training type."""

    base: str
    training_type: str


#: The service's word for a method → the catalogue's.
_METHODS = {"supervised": "sft", "dpo": "dpo", "reinforcement": "rft"}


def find_offer(world: World, account_id: str, request: JobRequest) -> Offer:
    """Finds the base model and checks that this account may train it in this way.

    Raises:
        ServiceError: 400 ``invalidPayload``. A missing ``trainingType`` gives the misleading text that Azure gives.
    """
    earlier = models.find_model(world, account_id, request.model)
    base = catalogue.find_base(earlier["base"] if earlier else request.model)
    account = resources.find(world, account_id)
    assert account is not None
    if base is None or not base.methods or (base.foundry_only and account["kind"] != "AIServices"):
        raise refuse("not fine-tunable")
    if request.training_type is None and world.settings.training_type_required:
        raise refuse("not fine-tunable")
    if _METHODS[request.method] not in base.methods:
        raise refuse("not offered", where=f" with the method '{request.method}'")
    training_type = request.training_type or "Standard"
    if account["location"] not in base.training.get(training_type, ()):
        raise refuse("not offered", where=f" with the training type '{training_type}' in the region '{account['location']}'")
    return Offer(base.id, training_type)
