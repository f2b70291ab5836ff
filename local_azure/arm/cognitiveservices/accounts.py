"""Microsoft.CognitiveServices/accounts: what may be written, what Azure adds, and who finds an account by what."""

from __future__ import annotations

import re
import secrets
import uuid
from typing import TYPE_CHECKING

from local_azure.arm import refusals, resources
from local_azure.arm.cognitiveservices import deleted_accounts, identities, problems
from local_azure.arm.cognitiveservices.catalogue import OPENAI_REGIONS
from local_azure.arm.cognitiveservices.versions import API_VERSIONS
from local_azure.arm.resource_type import Put, ResourceType
from local_azure.http import Json

if TYPE_CHECKING:
    from local_azure.world import World

TYPE = "Microsoft.CognitiveServices/accounts"
KINDS = ("OpenAI", "AIServices")
#: azure.md section 5: 30 resources per region and subscription.
ACCOUNTS_PER_REGION = 30

SUBDOMAINS, KEYS = "account-subdomain", "account-keys"
_SUBDOMAIN = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])")


def by_host(world: World, host: str) -> Json | None:
    """The account behind ``name.openai.azure.com``, ``name.cognitiveservices.azure.com`` or, for AIServices, ``name.services.ai.azure.com``.

    None until its provisioning has succeeded.
    """
    subdomain, _, domain = host.lower().partition(".")
    entry = world.store.get(SUBDOMAINS, subdomain)
    account = resources.find(world, entry["account"]) if entry else None
    if account is None or account["properties"]["provisioningState"] != "Succeeded":
        return None
    return account if domain != "services.ai.azure.com" or account["kind"] == "AIServices" else None


def keys(world: World, account_id: str) -> tuple[str, str]:
    """The two keys of an account that exists."""
    stored = world.store.get(KEYS, account_id.lower()) or {}
    return stored.get("key1", ""), stored.get("key2", "")


def principal_id(account: Json) -> str | None:
    """The object id of the account's system-assigned identity, or None."""
    return (account.get("identity") or {}).get("principalId")


def account_of(id: str) -> str:
    """The account that an id lies in, which is also what its long operations lock."""
    parts = id.split("/")
    return "/".join(parts[:9])


def new_key() -> str:
    return secrets.token_hex(16)


def validate_account(world: World, put: Put) -> None:
    """Azure's rules on a new or changed account.

    Raises:
        ServiceError: InvalidApiSetId, InvalidSku, FlagMustBeSetForRestore, CustomDomainInUse, InsufficientQuota and others.
    """
    gone = deleted_accounts.find(world, put.id)
    if gone is not None:
        if not put.body["properties"].get("restore"):
            raise problems.restore_flag_needed(put.id)
        _take_from_deleted(put, gone)
    elif put.existing is None and put.body["properties"].get("restore"):
        raise problems.nothing_to_restore(put.id)
    _check_kind(put)
    _check_subdomain(world, put)
    identities.check_identity(world, put)
    if put.existing is None and gone is None:
        _check_count(world, put)


def _take_from_deleted(put: Put, gone: Json) -> None:
    """A restored account is what it was, with what the PUT says on top."""
    if put.location != gone["location"]:
        raise problems.nothing_to_restore(put.id)
    for member in ("kind", "sku", "identity", "tags"):
        if member not in put.resource and member in gone:
            put.resource[member] = gone[member]
    kept = {name: value for name, value in gone["properties"].items() if name in ACCOUNTS.writable}
    put.resource["properties"] = {**kept, **put.properties}


def _check_kind(put: Put) -> None:
    kind, sku = put.resource.get("kind"), (put.resource.get("sku") or {}).get("name")
    if kind is None or sku is None:
        raise refusals.missing_member("kind" if kind is None else "sku.name")
    if kind not in KINDS:
        raise problems.unknown_kind(kind)
    if sku != "S0":
        raise problems.unknown_account_sku(sku, kind)
    before = put.existing["kind"] if put.existing else kind
    # An OpenAI account can be upgraded to AIServices, not the other way round.
    if before != kind and kind == "OpenAI":
        raise problems.cannot_change("kind", before, kind)


def _check_subdomain(world: World, put: Put) -> None:
    before = put.existing["properties"].get("customSubDomainName") if put.existing else None
    wanted = put.properties.setdefault("customSubDomainName", before)
    if wanted is None:
        del put.properties["customSubDomainName"]
        return
    if not isinstance(wanted, str) or not _SUBDOMAIN.fullmatch(wanted):
        raise problems.invalid_subdomain(str(wanted))
    if before and before.lower() != wanted.lower():
        raise problems.cannot_change("customSubDomainName", before, wanted)
    holder = world.store.get(SUBDOMAINS, wanted.lower())
    if holder and holder["account"] != put.id.lower():
        raise problems.subdomain_in_use(wanted)


def _check_count(world: World, put: Put) -> None:
    subscription = put.id.split("/")[2]
    there = [each for each in resources.of_type(world, TYPE, f"/subscriptions/{subscription}") if each["location"] == put.location]
    if len(there) >= ACCOUNTS_PER_REGION:
        raise problems.too_many_accounts(put.name)


def begin_account(world: World, put: Put) -> None:
    """Adds what Azure adds: endpoints, keys, the identity's principal, dates."""
    properties, account = put.properties, put.resource
    properties.setdefault("publicNetworkAccess", "Enabled")
    identities.give_identity(world, put)
    subdomain = properties.get("customSubDomainName")
    if subdomain:
        world.store.put(SUBDOMAINS, subdomain.lower(), {"account": put.id.lower()})
    if world.store.get(KEYS, put.id.lower()) is None:
        world.store.put(KEYS, put.id.lower(), {"key1": new_key(), "key2": new_key()})
    earlier = (put.existing or deleted_accounts.find(world, put.id) or {}).get("properties", {})
    properties["endpoint"], properties["endpoints"] = endpoints(account["kind"], subdomain, put.location)
    properties["internalId"] = earlier.get("internalId") or uuid.uuid4().hex
    properties["dateCreated"] = earlier.get("dateCreated") or resources.iso(world.now())
    properties["isMigrated"] = False
    properties["privateEndpointConnections"] = []
    account["etag"] = f'"{uuid.uuid4()}"'
    deleted_accounts.unlist(world, put.id)


def endpoints(kind: str, subdomain: str | None, location: str) -> tuple[str, dict[str, str]]:
    """``properties.endpoint`` and ``properties.endpoints`` of an account; without a subdomain it is the region's common endpoint."""
    if not subdomain:
        shared = f"https://{location}.api.cognitive.microsoft.com/"
        return shared, {"Token": shared, "OpenAI Language Model Instance API": shared}
    language, cognitive, foundry = (f"https://{subdomain}.{domain}/" for domain in DOMAINS)
    if kind == "OpenAI":
        names = ("Dall-E", "Language Model Instance", "Model Scaleset", "Realtime", "Sora", "Whisper")
        return language, {**{f"OpenAI {name} API": language for name in names}, "Token": language}
    return cognitive, {
        "AI Foundry API": foundry,
        "Azure AI Model Inference API": foundry,
        "OpenAI Language Model Instance API": language,
        "OpenAI Legacy API": language,
        "Token": cognitive,
    }


DOMAINS = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")


def check_empty(world: World, id: str) -> None:
    """Refuses to delete an account that has deployments.

    Raises:
        ServiceError: 409 CannotDeleteAccountWithDeployments.
    """
    if resources.of_type(world, f"{TYPE}/deployments", under=id):
        raise problems.account_has_deployments()


ACCOUNTS = ResourceType(
    type=TYPE,
    api_versions=API_VERSIONS,
    name_pattern=r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}",
    writable=(
        "allowedFqdnList",
        "allowProjectManagement",
        "associatedProjects",
        "customSubDomainName",
        "defaultProject",
        "disableLocalAuth",
        "dynamicThrottlingEnabled",
        "encryption",
        "networkAcls",
        "publicNetworkAccess",
        "raiMonitorConfig",
        "restore",
        "restrictOutboundNetworkAccess",
        "storedCompletionsDisabled",
        "userOwnedStorage",
    ),
    read_only=(
        "abusePenalty",
        "callRateLimit",
        "capabilities",
        "commitmentPlanAssociations",
        "dateCreated",
        "deletionDate",
        "endpoint",
        "endpoints",
        "internalId",
        "isMigrated",
        "privateEndpointConnections",
        "quotaLimit",
        "scheduledPurgeDate",
        "skuChangeInfo",
    ),
    not_emulated=("amlWorkspace", "apiProperties", "locations", "migrationToken", "networkInjections"),
    secret=("restore",),
    required=("location",),
    top_level=("location", "tags", "kind", "sku", "identity"),
    members={
        "sku": ("name", "tier", "size", "family", "capacity"),
        "identity": ("type", "userAssignedIdentities", "principalId", "tenantId"),
        "properties.networkAcls": ("bypass", "defaultAction", "ipRules", "virtualNetworkRules"),
    },
    since={
        "properties.allowProjectManagement": "2025-04-01",
        "properties.associatedProjects": "2025-04-01",
        "properties.defaultProject": "2025-04-01",
        "properties.storedCompletionsDisabled": "2025-07-01",
    },
    patch=("tags", "sku", "identity", "kind", "location", "properties"),
    regions=tuple(sorted(OPENAI_REGIONS)),
    create_seconds=lambda settings: settings.account_create,
    update_seconds=lambda settings: 0.0,
    delete_seconds=lambda settings: settings.account_delete,
    lock=account_of,
    validate=validate_account,
    begin=begin_account,
    before_delete=check_empty,
    deleted=deleted_accounts.keep,
)
