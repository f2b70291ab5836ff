"""The resource providers, joined: the table of types, the routes beside it, and the events."""

from __future__ import annotations

from local_azure.arm import authorization, cognitiveservices, keyvault, managed_identity, storage
from local_azure.arm.resource_type import ResourceType

#: A provider module has TYPES and ROUTES, and may have EVENTS (agenda event → handler) and ``plant(world)``.
PROVIDERS = (cognitiveservices, keyvault, authorization, managed_identity, storage)

ROWS: dict[str, ResourceType] = {row.type.lower(): row for provider in PROVIDERS for row in provider.TYPES}
