"""Microsoft.CognitiveServices: accounts, deployments, models, quota, and what stays soft-deleted."""

from __future__ import annotations

from local_azure.arm.resource_type import ResourceType
from local_azure.http import Route

TYPES: tuple[ResourceType, ...] = ()
ROUTES: tuple[Route, ...] = ()
