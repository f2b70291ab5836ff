"""Weights & Biases: a sink for the runs that fine-tuning jobs report, and the portal's link of an account to its key."""

from __future__ import annotations

from local_azure.http import Call, Reply, Service, ServiceError
from local_azure.wandb.sink import ROUTES


class WeightsAndBiases(Service):
    """The sink. Jobs write to it from within; reading runs is a small API of its own, where the real one has GraphQL."""

    name = "wandb"
    hosts = ("api.wandb.ai",)
    routes = ROUTES

    def error(self, call: Call, problem: ServiceError) -> Reply:
        return Reply(problem.status, {"error": problem.message}, dict(problem.headers))
