"""Microsoft.CognitiveServices: accounts, deployments, models, quota, and what stays soft-deleted."""

from __future__ import annotations

from local_azure.arm.cognitiveservices import account_keys, accounts, availability, deleted_accounts, deployments, models

TYPES = (accounts.ACCOUNTS, deployments.DEPLOYMENTS)
ROUTES = (*account_keys.ROUTES, *deleted_accounts.ROUTES, *models.ROUTES, *availability.ROUTES, *deployments.ROUTES)
EVENTS = {**deleted_accounts.EVENTS, **deployments.EVENTS}
