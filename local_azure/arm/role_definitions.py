"""Azure's built-in roles, as far as anything here could ask for them: what each may do to resources and to their data.

Sources: MicrosoftDocs azure-docs built-in-roles/{privileged,ai-machine-learning,security,storage}.md, azure-rbac-catalog.org
(roles of the AI services as of December 2025), azure.md section 3 (GUIDs).
"""

from __future__ import annotations

from dataclasses import dataclass

from local_azure.http import Json

TYPE = "Microsoft.Authorization/roleDefinitions"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role.

    Args:
        name: as the portal shows it.
        guid: the same in every tenant.
        actions, not_actions: operations on resources that it allows, less those it leaves out; ``*`` stands for any text.
        data_actions, not_data_actions: the same for operations on data.
        assigns: GUIDs of the only roles that its holder may assign or take away; empty when its ``actions`` decide alone.
    """

    name: str
    guid: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    assigns: tuple[str, ...] = ()

    def shown(self, subscription: str) -> Json:
        """The definition as ARM returns it for a subscription (for the tenant when that is empty)."""
        scope = f"/subscriptions/{subscription}" if subscription else ""
        permission = {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": list(self.not_data_actions),
        }
        properties = {
            "roleName": self.name,
            "type": "BuiltInRole",
            "description": self.description,
            "assignableScopes": ["/"],
            "permissions": [permission],
        }
        return {"id": f"{scope}/providers/{TYPE}/{self.guid}", "type": TYPE, "name": self.guid, "properties": properties}


_ASSIGNMENTS = ("Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete")

_KEY_VAULT_READING = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
)

_MONITORING = (
    "Microsoft.Insights/alertRules/read",
    "Microsoft.Insights/diagnosticSettings/read",
    "Microsoft.Insights/logDefinitions/read",
    "Microsoft.Insights/metricdefinitions/read",
    "Microsoft.Insights/metrics/read",
    "Microsoft.ResourceHealth/availabilityStatuses/read",
)

_SUBSCRIPTION_READING = (
    "Microsoft.Resources/subscriptions/operationresults/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)

_ROLE_READING = ("Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read")

PRIVILEGED = (
    RoleDefinition(
        "Owner",
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        ("*",),
    ),
    RoleDefinition(
        "Contributor",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, "
        "manage assignments in Azure Blueprints, or share image galleries.",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
            "Microsoft.Subscription/cancel/action",
            "Microsoft.Subscription/enable/action",
        ),
    ),
    RoleDefinition("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "View all resources, but does not allow you to make any changes.", ("*/read",)),
    RoleDefinition(
        "User Access Administrator",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "Lets you manage user access to Azure resources.",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    RoleDefinition(
        "Role Based Access Control Administrator",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, "
        "such as Azure Policy.",
        (*_ASSIGNMENTS, "*/read", "Microsoft.Support/*"),
    ),
)

KEY_VAULT = (
    RoleDefinition(
        "Key Vault Administrator",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault "
        "resources or manage role assignments. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        _KEY_VAULT_READING,
        data_actions=("Microsoft.KeyVault/vaults/*",),
    ),
    RoleDefinition(
        "Key Vault Secrets Officer",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "Perform any action on the secrets of a key vault, except manage permissions. Only works for key vaults that use the "
        "'Azure role-based access control' permission model.",
        _KEY_VAULT_READING,
        data_actions=("Microsoft.KeyVault/vaults/secrets/*",),
    ),
    RoleDefinition(
        "Key Vault Secrets User",
        "4633458b-17de-408a-b874-0445c86b69e6",
        "Read secret contents. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        data_actions=("Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
    ),
    RoleDefinition(
        "Key Vault Reader",
        "21090545-7ca7-4776-b22c-e363652d74d2",
        "Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material. "
        "Only works for key vaults that use the 'Azure role-based access control' permission model.",
        _KEY_VAULT_READING,
        data_actions=("Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
    ),
    RoleDefinition(
        "Key Vault Contributor",
        "f25e0fa2-a7c8-4377-a976-54943a77a395",
        "Manage key vaults, but does not allow you to assign roles in Azure RBAC, and does not allow you to access secrets, keys, or certificates.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.KeyVault/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ),
        ("Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"),
    ),
    RoleDefinition(
        "Key Vault Purge Operator",
        "a68e7c17-0ab2-4c09-9a58-125dae29748c",
        "Allows permanent deletion of soft-deleted vaults.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.KeyVault/deletedVaults/read",
            "Microsoft.KeyVault/locations/deletedVaults/read",
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
            "Microsoft.KeyVault/locations/operationResults/read",
        ),
    ),
    RoleDefinition(
        "Key Vault Data Access Administrator",
        "8b54135c-b56d-4d72-a534-26097cfdc8d8",
        "Manage access to Azure Key Vault by adding or removing role assignments for the Key Vault Administrator, Key Vault Certificates Officer, "
        "Key Vault Crypto Officer, Key Vault Crypto Service Encryption User, Key Vault Crypto User, Key Vault Reader, Key Vault Secrets Officer, "
        "or Key Vault Secrets User roles. Includes an ABAC condition to constrain role assignments.",
        (
            *_ASSIGNMENTS,
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/subscriptions/read",
            "Microsoft.Management/managementGroups/read",
            "Microsoft.Support/*",
            "Microsoft.KeyVault/vaults/*/read",
        ),
        assigns=(
            "00482a5a-887f-4fb3-b363-3b7fe8e74483",
            "a4417e6f-fecd-4de8-b567-7b0420556985",
            "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
            "e147488a-f6f5-4113-8e2d-b22465e65bf6",
            "12338af0-0e69-4776-bea7-57ae8d297424",
            "21090545-7ca7-4776-b22c-e363652d74d2",
            "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
            "4633458b-17de-408a-b874-0445c86b69e6",
        ),
    ),
)

_INFERENCE = (
    "Microsoft.CognitiveServices/accounts/OpenAI/*/read",
    "Microsoft.CognitiveServices/accounts/OpenAI/engines/completions/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/engines/search/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/engines/generate/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/audio/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/search/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/completions/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/extensions/chat/completions/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/realtime/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/images/generations/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/assistants/*",
    "Microsoft.CognitiveServices/accounts/OpenAI/responses/*",
)

COGNITIVE_SERVICES = (
    RoleDefinition(
        "Cognitive Services OpenAI Contributor",
        "a001fd3d-188f-4b5d-821b-7da978bf7442",
        "Full access including the ability to fine-tune, deploy and generate text",
        (
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.CognitiveServices/accounts/deployments/write",
            "Microsoft.CognitiveServices/accounts/deployments/delete",
            "Microsoft.CognitiveServices/accounts/raiPolicies/read",
            "Microsoft.CognitiveServices/accounts/raiPolicies/write",
            "Microsoft.CognitiveServices/accounts/raiPolicies/delete",
            "Microsoft.CognitiveServices/accounts/commitmentplans/read",
            "Microsoft.CognitiveServices/accounts/commitmentplans/write",
            "Microsoft.CognitiveServices/accounts/commitmentplans/delete",
            *_ROLE_READING,
        ),
        data_actions=("Microsoft.CognitiveServices/accounts/OpenAI/*",),
    ),
    RoleDefinition(
        "Cognitive Services OpenAI User",
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "Ability to view files, models, deployments. Readers can't make any changes They can inference and create images",
        ("Microsoft.CognitiveServices/*/read", *_ROLE_READING),
        data_actions=_INFERENCE,
        not_data_actions=("Microsoft.CognitiveServices/accounts/OpenAI/stored-completions/read",),
    ),
    RoleDefinition(
        "Cognitive Services Contributor",
        "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
        "Lets you create, read, update, delete and manage keys of Cognitive Services.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.CognitiveServices/*",
            "Microsoft.Features/features/read",
            "Microsoft.Features/providers/features/read",
            "Microsoft.Features/providers/features/register/action",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Insights/diagnosticSettings/*",
            "Microsoft.Insights/logDefinitions/read",
            "Microsoft.Insights/metricdefinitions/read",
            "Microsoft.Insights/metrics/read",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourcegroups/deployments/*",
            *_SUBSCRIPTION_READING,
        ),
    ),
    RoleDefinition(
        "Cognitive Services User",
        "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Lets you read and list keys of Cognitive Services.",
        (
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.CognitiveServices/accounts/listkeys/action",
            *_MONITORING,
            "Microsoft.Resources/deployments/operations/read",
            *_SUBSCRIPTION_READING,
        ),
        data_actions=("Microsoft.CognitiveServices/*",),
    ),
    RoleDefinition(
        "Cognitive Services Usages Reader",
        "bba48692-92b0-4667-a9ad-c31c7b334ac2",
        "Minimal permission to view Cognitive Services usages.",
        ("Microsoft.CognitiveServices/locations/usages/read",),
    ),
    RoleDefinition(
        "Azure AI Developer",
        "64702f94-c441-49e6-a78b-ef80e0188fee",
        "Can perform all actions within an Azure AI resource besides managing the resource itself.",
        (
            "Microsoft.MachineLearningServices/workspaces/*/read",
            "Microsoft.MachineLearningServices/workspaces/*/action",
            "Microsoft.MachineLearningServices/workspaces/*/delete",
            "Microsoft.MachineLearningServices/workspaces/*/write",
            "Microsoft.MachineLearningServices/locations/*/read",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/deployments/*",
        ),
        (
            "Microsoft.MachineLearningServices/workspaces/delete",
            "Microsoft.MachineLearningServices/workspaces/write",
            "Microsoft.MachineLearningServices/workspaces/listKeys/action",
            "Microsoft.MachineLearningServices/workspaces/hubs/write",
            "Microsoft.MachineLearningServices/workspaces/hubs/delete",
            "Microsoft.MachineLearningServices/workspaces/featurestores/write",
            "Microsoft.MachineLearningServices/workspaces/featurestores/delete",
            "Microsoft.MachineLearningServices/workspaces/evaluations/results/labels/read",
            "Microsoft.MachineLearningServices/workspaces/evaluations/results/reasonings/read",
            "Microsoft.MachineLearningServices/workspaces/simulations/results/images/read",
        ),
        (
            "Microsoft.CognitiveServices/accounts/OpenAI/*",
            "Microsoft.CognitiveServices/accounts/SpeechServices/*",
            "Microsoft.CognitiveServices/accounts/ContentSafety/*",
            "Microsoft.CognitiveServices/accounts/MaaS/*",
        ),
    ),
    RoleDefinition(
        "Foundry User",  # until 2026: Azure AI User
        "53ca6127-db72-4b80-b1b0-d745d6d5456d",
        "Grants reader access to AI projects, reader access to AI accounts, and data actions for an AI project.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.CognitiveServices/accounts/listkeys/action",
            *_MONITORING,
            "Microsoft.Resources/deployments/*",
            *_SUBSCRIPTION_READING,
        ),
        data_actions=("Microsoft.CognitiveServices/*",),
    ),
    RoleDefinition(
        "Foundry Owner",  # until 2026: Azure AI Owner
        "c883944f-8b7b-4483-af10-35834be79c4a",
        "Grants full to manage AI project and accounts. Grants reader access to AI projects, reader access to AI accounts, and data actions for an "
        "AI project.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.CognitiveServices/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourcegroups/deployments/*",
            *_SUBSCRIPTION_READING,
        ),
        data_actions=("Microsoft.CognitiveServices/*",),
    ),
)

STORAGE = (
    RoleDefinition(
        "Storage Blob Data Reader",
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "Allows for read access to Azure Storage blob containers and data",
        (
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ),
        data_actions=("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",),
    ),
    RoleDefinition(
        "Storage Blob Data Contributor",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Allows for read, write and delete access to Azure Storage blob containers and data",
        (
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ),
        data_actions=(
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
        ),
    ),
)

ROLE_DEFINITIONS: tuple[RoleDefinition, ...] = (*PRIVILEGED, *KEY_VAULT, *COGNITIVE_SERVICES, *STORAGE)

BY_GUID = {role.guid: role for role in ROLE_DEFINITIONS}

OWNER = BY_GUID["8e3af657-a8ff-443c-a75c-2fe8c4bcb635"]
