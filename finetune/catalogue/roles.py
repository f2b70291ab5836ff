"""Azure's built-in roles that fine-tuning needs, by name, with their GUIDs (the same in every tenant).

Other roles are accepted by their GUID.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A built-in role.

    Args:
        name: Azure's display name.
        guid: name of the role definition resource.
        source: where the GUID was read.
        former_names: names under which the same role was known.
    """

    name: str
    guid: str
    source: str
    former_names: tuple[str, ...] = ()

    def id(self, subscription: str) -> str:
        """The ARM id of the definition, as a role assignment wants it."""
        return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{self.guid}"


_RBAC_GUIDE = "MicrosoftDocs/azure-security-docs articles/key-vault/general/rbac-guide.md"
_BUILT_IN = "MicrosoftDocs/azure-docs articles/role-based-access-control/built-in-roles/ai-machine-learning.md @0ff2e41d"
_AI_FOUNDRY = "Azure/bicep-registry-modules avm/ptn/ai-ml/ai-foundry/main.json"
_AZD = "Azure/azure-dev cli/azd/extensions/azure.ai.finetune @ae35809f"

KEY_VAULT_SECRETS_OFFICER = RoleDefinition("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", _RBAC_GUIDE)
KEY_VAULT_SECRETS_USER = RoleDefinition("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6", _RBAC_GUIDE)
KEY_VAULT_ADMINISTRATOR = RoleDefinition("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483", _RBAC_GUIDE)
KEY_VAULT_PURGE_OPERATOR = RoleDefinition("Key Vault Purge Operator", "a68e7c17-0ab2-4c09-9a58-125dae29748c", _RBAC_GUIDE)
KEY_VAULT_DATA_ACCESS_ADMINISTRATOR = RoleDefinition("Key Vault Data Access Administrator", "8b54135c-b56d-4d72-a534-26097cfdc8d8", _RBAC_GUIDE)
OPENAI_CONTRIBUTOR = RoleDefinition("Cognitive Services OpenAI Contributor", "a001fd3d-188f-4b5d-821b-7da978bf7442", _BUILT_IN)
OPENAI_USER = RoleDefinition("Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", _BUILT_IN)
COGNITIVE_SERVICES_CONTRIBUTOR = RoleDefinition("Cognitive Services Contributor", "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", _BUILT_IN)
COGNITIVE_SERVICES_USER = RoleDefinition("Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908", _AI_FOUNDRY)
AI_DEVELOPER = RoleDefinition("Azure AI Developer", "64702f94-c441-49e6-a78b-ef80e0188fee", _AI_FOUNDRY)
FOUNDRY_USER = RoleDefinition("Foundry User", "53ca6127-db72-4b80-b1b0-d745d6d5456d", _AZD, former_names=("Azure AI User",))
STORAGE_BLOB_DATA_READER = RoleDefinition("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", _AZD)
STORAGE_BLOB_DATA_CONTRIBUTOR = RoleDefinition("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", _AZD)

ROLES: tuple[RoleDefinition, ...] = (
    KEY_VAULT_SECRETS_OFFICER,
    KEY_VAULT_SECRETS_USER,
    KEY_VAULT_ADMINISTRATOR,
    KEY_VAULT_PURGE_OPERATOR,
    KEY_VAULT_DATA_ACCESS_ADMINISTRATOR,
    OPENAI_CONTRIBUTOR,
    OPENAI_USER,
    COGNITIVE_SERVICES_CONTRIBUTOR,
    COGNITIVE_SERVICES_USER,
    AI_DEVELOPER,
    FOUNDRY_USER,
    STORAGE_BLOB_DATA_READER,
    STORAGE_BLOB_DATA_CONTRIBUTOR,
)

#: Roles that let an account read its W&B key: the documentation asks for Officer, User would be the least privilege (unverified, azure.md §2).
WANDB_READERS = {role.name: role for role in (KEY_VAULT_SECRETS_OFFICER, KEY_VAULT_SECRETS_USER)}

_BY_NAME = {name.casefold(): role for role in ROLES for name in (role.name, *role.former_names, role.guid)}


def find_role(role: str) -> RoleDefinition | None:
    """A role by its name (any case, former names too) or GUID; a GUID outside the catalogue is a role of its own. None: unknown name."""
    known = _BY_NAME.get(role.strip().casefold())
    if known is None and _GUID.fullmatch(role.strip()):
        return RoleDefinition(role.strip().lower(), role.strip().lower(), "given as a GUID")
    return known
