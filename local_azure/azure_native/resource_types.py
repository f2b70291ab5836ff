"""The table of resource types and functions that the stand-in serves.

Sources: names, outputs and api-versions from the Python SDK pulumi-azure-native 3.29.0; required, read-only and create-only members
(``x-ms-mutability``) and patterns from Azure/azure-rest-api-specs at those api-versions; replacements beyond that from the plugin's
provider/pkg/gen/replacement.go (ResourceGroup: location; RoleAssignment: principalId, scope). Every path parameter replaces. What is
create-only for the service but not marked so in its specification (a vault's location, an account's kind, an assignment's role) is
sent as an update, as the plugin does, and refused by ARM.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from local_azure.azure_native.shapes import Shape, shape
from local_azure.azure_native.values import Properties

#: Marks inputs whose name was made up with random characters, in the plugin's own word.
CREATE_BEFORE_DELETE = "__createBeforeDelete"

#: Members of an ARM document beside ``properties``.
_TOP_LEVEL = frozenset(("location", "tags", "sku", "kind", "identity", "managedBy", "properties"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name in the path of a resource.

    Args:
        name: the SDK's name of the input.
        autoname: what stands in for a name that is not given: the logical name with eight random characters, the logical
            name itself (nested resources), or a random GUID. Empty: the name must be given.
    """

    name: str
    autoname: Literal["", "random", "copy", "uuid"] = ""
    pattern: str = ""
    min_length: int = 0
    max_length: int = 1 << 16

    def complaints(self, value: Any) -> list[str]:
        """What is wrong with a value, in the plugin's words."""
        if not isinstance(value, str):
            return []
        found = []
        if len(value) < self.min_length:
            found.append(f"'{self.name}' is too short ({len(value)}): at least {self.min_length} characters required")
        if len(value) > self.max_length:
            found.append(f"'{self.name}' is too long ({len(value)}): at most {self.max_length} characters allowed")
        if self.pattern and not re.search(self.pattern, value):
            found.append(f"'{self.name}' does not match expression '{self.pattern}'")
        return found


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type of the SDK.

    Args:
        token: the type's token, for example ``azure-native:keyvault:Vault``.
        api_version: the version that the SDK's unversioned module uses.
        path: ARM path with the parameters in braces.
        parameters: the path's parameters, without the subscription.
        shape: the members beside the parameters.
        flat: whether the SDK has the members of ARM's ``properties`` at the top level.
        maintained: a member with sub-resources that may be managed elsewhere: when it is not set, a creation sends an empty
            list and an update what ARM has.
    """

    token: str
    api_version: str
    path: str
    parameters: tuple[Parameter, ...]
    shape: Shape
    flat: bool = False
    maintained: tuple[str, ...] = ()

    @property
    def force_new(self) -> frozenset[str]:
        return self.shape.force_new | {parameter.name for parameter in self.parameters}

    def id(self, inputs: Mapping[str, Any], subscription: str) -> str:
        """The ARM id that inputs stand for. A scope may come with or without its first slash."""
        names = {"subscriptionId": subscription, **{p.name: str(inputs[p.name]).strip("/") for p in self.parameters}}
        return self.path.format_map(names)

    def names(self, id: str) -> Properties:
        """The path's parameters in an ARM id.

        Raises:
            ValueError: when the id is not one of this type.
        """
        pattern = re.sub(r"\\{(\w+)\\}", lambda match: f"(?P<{match[1]}>{'.+' if match[1] == 'scope' else '[^/]+'})", re.escape(self.path))
        match = re.fullmatch(pattern, id, re.IGNORECASE)
        if match is None:
            raise ValueError(f"the id '{id}' is not of the form {self.path}")
        return {p.name: f"/{match[p.name]}" if p.name == "scope" else match[p.name] for p in self.parameters}

    def top_level(self, name: str) -> bool:
        """Whether ARM has an input beside its ``properties`` and not among them."""
        return not self.flat or name in _TOP_LEVEL


def _sku(required: str = "name") -> Shape:
    return shape("name tier size family capacity", required=required)


_RESOURCE_GROUP = Parameter("resourceGroupName", min_length=1, max_length=90)
_ACCOUNT_NAME = {"pattern": "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", "min_length": 2, "max_length": 64}
_ACCOUNT_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.CognitiveServices/accounts/{accountName}"
_VAULT_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/vaults/{vaultName}"
_IDENTITY_PATH = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
)
_NETWORK_RULES = shape(
    "bypass defaultAction",
    objects={
        "ipRules": shape("value", required="value"),
        "virtualNetworkRules": shape("id state ignoreMissingVnetServiceEndpoint", required="id"),
    },
)
_VAULT_NETWORK_RULES = replace(_NETWORK_RULES, identifiers={"virtualNetworkRules": ("id",)})
_STORAGE = shape("resourceId identityClientId")

_ACCOUNT_PROPERTIES = shape(
    "migrationToken customSubDomainName publicNetworkAccess apiProperties dynamicThrottlingEnabled restrictOutboundNetworkAccess "
    "allowedFqdnList disableLocalAuth restore allowProjectManagement defaultProject associatedProjects",
    write_only="restore",
    read_only="provisioningState endpoint endpoints internalId capabilities isMigrated skuChangeInfo privateEndpointConnections dateCreated "
    "callRateLimit quotaLimit deletionDate scheduledPurgeDate commitmentPlanAssociations abusePenalty",
    objects={
        "networkAcls": _NETWORK_RULES,
        "encryption": shape("keySource", objects={"keyVaultProperties": shape("keyName keyVersion keyVaultUri identityClientId")}),
        "userOwnedStorage": _STORAGE,
        "amlWorkspace": _STORAGE,
        "locations": shape("routingMethod", objects={"regions": shape("name value customsubdomain")}, identifiers={"regions": ("name",)}),
        "raiMonitorConfig": shape("adxStorageResourceId identityClientId"),
        "networkInjections": shape("scenario subnetArmId useMicrosoftManagedNetwork"),
    },
)

_DEPLOYMENT_PROPERTIES = shape(
    "raiPolicyName versionUpgradeOption currentCapacity parentDeploymentName spilloverDeploymentName",
    read_only="provisioningState capabilities callRateLimit rateLimits dynamicThrottlingEnabled",
    objects={
        "model": shape("publisher format name version source sourceAccount", read_only="callRateLimit"),
        "scaleSettings": shape("scaleType capacity", read_only="activeCapacity"),
        "capacitySettings": shape("designatedCapacity priority"),
    },
)

_VAULT_PROPERTIES = shape(
    "tenantId enabledForDeployment enabledForDiskEncryption enabledForTemplateDeployment enableSoftDelete softDeleteRetentionInDays "
    "enableRbacAuthorization createMode enablePurgeProtection publicNetworkAccess",
    required="tenantId sku",
    write_only="createMode",
    read_only="vaultUri provisioningState hsmPoolResourceId privateEndpointConnections",
    objects={
        "sku": shape("family name", required="family name"),
        "networkAcls": _VAULT_NETWORK_RULES,
        "accessPolicies": shape(
            "tenantId objectId applicationId",
            required="tenantId objectId permissions",
            objects={"permissions": shape("keys secrets certificates storage")},
        ),
    },
    identifiers={"accessPolicies": ("tenantId", "objectId", "permissions")},
)

_TYPES = (
    ResourceType(
        token="azure-native:resources:ResourceGroup",
        api_version="2024-03-01",
        path="/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
        parameters=(Parameter("resourceGroupName", "random", r"^[-\w\._\(\)]+$", 1, 90),),
        shape=shape("location managedBy tags", required="location", force_new="location", read_only="name properties type"),
    ),
    ResourceType(
        token="azure-native:cognitiveservices:Account",
        api_version="2025-06-01",
        path=_ACCOUNT_PATH,
        parameters=(_RESOURCE_GROUP, Parameter("accountName", "random", **_ACCOUNT_NAME)),  # type: ignore[arg-type]
        shape=shape(
            "kind location tags",
            force_new="location",
            read_only="name type etag systemData",
            objects={
                "sku": _sku(),
                "identity": shape("type userAssignedIdentities", read_only="principalId tenantId", string_sets="userAssignedIdentities"),
                "properties": _ACCOUNT_PROPERTIES,
            },
        ),
    ),
    ResourceType(
        token="azure-native:cognitiveservices:Deployment",
        api_version="2025-06-01",
        path=f"{_ACCOUNT_PATH}/deployments/{{deploymentName}}",
        parameters=(_RESOURCE_GROUP, Parameter("accountName", **_ACCOUNT_NAME), Parameter("deploymentName", "copy")),  # type: ignore[arg-type]
        shape=shape("tags", read_only="name type etag systemData", objects={"sku": _sku(), "properties": _DEPLOYMENT_PROPERTIES}),
    ),
    ResourceType(
        token="azure-native:keyvault:Vault",
        api_version="2024-11-01",
        path=_VAULT_PATH,
        parameters=(_RESOURCE_GROUP, Parameter("vaultName", "random", "^[a-zA-Z0-9-]{3,24}$")),
        shape=shape(
            "location tags",
            required="location properties",
            read_only="name type systemData",
            objects={"properties": _VAULT_PROPERTIES},
        ),
        maintained=("properties", "accessPolicies"),
    ),
    ResourceType(
        token="azure-native:authorization:RoleAssignment",
        api_version="2022-04-01",
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        parameters=(Parameter("scope"), Parameter("roleAssignmentName", "uuid")),
        shape=shape(
            "condition conditionVersion delegatedManagedIdentityResourceId description principalId principalType roleDefinitionId",
            required="principalId roleDefinitionId",
            force_new="principalId",
            read_only="name type scope createdBy createdOn updatedBy updatedOn systemData",
        ),
        flat=True,
    ),
    ResourceType(
        token="azure-native:managedidentity:UserAssignedIdentity",
        api_version="2023-01-31",
        path=_IDENTITY_PATH,
        parameters=(_RESOURCE_GROUP, Parameter("resourceName", "random")),
        shape=shape(
            "location tags",
            required="location",
            force_new="location",
            read_only="name type systemData clientId principalId tenantId",
        ),
        flat=True,
    ),
)

TYPES: Mapping[str, ResourceType] = {row.token: row for row in _TYPES}

#: Functions that read one resource.
GETTERS: Mapping[str, ResourceType] = {
    f"{row.token.rpartition(':')[0]}:get{row.token.rpartition(':')[2]}": row
    for row in _TYPES
    if not row.token.endswith((":RoleAssignment", ":Deployment", ":UserAssignedIdentity"))
}

#: Functions that are a POST on a resource: the resource's type and the last part of the path; what they return is secret.
SECRET_ACTIONS: Mapping[str, tuple[ResourceType, str]] = {
    "azure-native:cognitiveservices:listAccountKeys": (TYPES["azure-native:cognitiveservices:Account"], "listKeys"),
}

#: Functions about the sign-in itself.
CLIENT_FUNCTIONS = ("azure-native:authorization:getClientConfig", "azure-native:authorization:getClientToken")


class UnknownToken(Exception):
    """The stand-in has no row for a type or function; the text says so and what it has."""

    def __init__(self, token: str, what: str, known: list[str]):
        super().__init__(
            f"local Azure's stand-in for the azure-native plugin does not know the {what} {token}. "
            f"It knows: {', '.join(known)}. With AZURE_NATIVE=real in the environment the real plugin is used"
        )


def find_type(token: str) -> ResourceType:
    """The row of a type; a token with an api-version (``keyvault/v20241101:Vault``) gives the row with that version.

    Raises:
        UnknownToken: when the table has no such type.
    """
    plain, version = _without_version(token)
    if plain not in TYPES:
        raise UnknownToken(token, "resource type", sorted(TYPES))
    row = TYPES[plain]
    return replace(row, token=token, api_version=version) if version else row


def _without_version(token: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.+)/v(\d{4})(\d{2})(\d{2})(preview)?:(\w+)", token)
    if match is None:
        return token, ""
    package, year, month, day, preview, name = match.groups()
    return f"{package}:{name}", f"{year}-{month}-{day}{'-preview' if preview else ''}"


def find_function(token: str) -> tuple[ResourceType, str | None]:
    """The type that a function is about, with its api-version, and the POST action, or None for a reading function.

    Raises:
        UnknownToken: when the table has no such function.
    """
    plain, version = _without_version(token)
    if plain in GETTERS:
        row, action = GETTERS[plain], None
    elif plain in SECRET_ACTIONS:
        row, action = SECRET_ACTIONS[plain]
    else:
        raise UnknownToken(token, "function", sorted([*GETTERS, *SECRET_ACTIONS, *CLIENT_FUNCTIONS]))
    return (replace(row, api_version=version) if version else row), action
