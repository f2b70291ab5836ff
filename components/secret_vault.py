"""A Key Vault for the toolkit's secrets, in the RBAC permission model; access policies are the documented fallback."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pulumi
from pulumi_azure_native import keyvault

from finetune.catalogue.roles import KEY_VAULT_SECRETS_OFFICER, RoleDefinition
from finetune.settings import VaultSettings

from .azure_errors import advise
from .role_grant import Principal, RoleGrant


def vault_name(prefix: str, *salt: str) -> str:
    """A name that is free in the whole of Azure and at most 24 characters: ``<prefix>-<10 hex>``.

    Args:
        salt: what tells this vault from others: subscription, region, project, stack. The region is part of it because a
            soft-deleted vault of another region blocks the name.
    """
    return f"{prefix[:13]}-{hashlib.sha256('/'.join(salt).encode()).hexdigest()[:10]}".lower()


#: What the roles' holders may do with secrets, as access policies. The documentation names no permissions (INFERRED, azure.md §2).
WRITER_PERMISSIONS, READER_PERMISSIONS = ("get", "list", "set", "delete", "recover"), ("get", "list")


class SecretVault(pulumi.ComponentResource):
    """A vault.

    Args:
        vault_name: 3 to 24 characters, unique in Azure.
        tenant_id: the directory that its principals are in.
        writers: who writes secrets: Key Vault Secrets Officer, or an access policy in that permission model.
        readers: who reads them, by ``reader_role`` or a policy.

    Outputs:
        id: ARM id. url: ``https://<name>.vault.azure.net``, as the portal and the clients want it. writable, readable: what to
        depend on before a writer writes, or a reader reads.
    """

    id: pulumi.Output[str]
    url: str
    writable: list[pulumi.Resource]
    readable: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        *,
        vault_name: str,
        resource_group_name: pulumi.Input[str],
        location: pulumi.Input[str],
        tenant_id: pulumi.Input[str],
        settings: VaultSettings | None = None,
        writers: Sequence[Principal] = (),
        readers: Sequence[Principal] = (),
        reader_role: RoleDefinition = KEY_VAULT_SECRETS_OFFICER,
        tags: dict[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("finetuning:index:SecretVault", name, None, opts)
        settings = settings or VaultSettings()
        by_policy = settings.permission_model == "accessPolicies"
        self.vault = keyvault.Vault(
            f"{name}-vault",
            vault_name=vault_name,
            resource_group_name=resource_group_name,
            location=location,
            tags={**(tags or {}), **settings.tags},
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=tenant_id,
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=not by_policy,  # its default differs by api-version (azure.md §1.3): always set
                access_policies=[
                    *(_policy(tenant_id, principal, WRITER_PERMISSIONS) for principal in writers),
                    *(_policy(tenant_id, principal, READER_PERMISSIONS) for principal in readers),
                ]
                if by_policy
                else None,
                enable_soft_delete=True,
                soft_delete_retention_in_days=settings.soft_delete_days,
                enable_purge_protection=True if settings.purge_protection else None,  # ARM refuses false
                public_network_access=settings.public_network_access,
                create_mode=keyvault.CreateMode.RECOVER if settings.recover else None,
            ),
            opts=pulumi.ResourceOptions(parent=self, hooks=advise(f"{name}-vault", "vault.recover")),
        )
        self.id = self.vault.id
        self.url = f"https://{vault_name}.vault.azure.net"
        self.writable = [self.vault] if by_policy else self._grant(name, "writer", KEY_VAULT_SECRETS_OFFICER, writers)
        self.readable = [self.vault] if by_policy else self._grant(name, "reader", reader_role, readers)
        self.register_outputs({"id": self.id, "url": self.url})

    def _grant(self, name: str, part: str, role: RoleDefinition, principals: Sequence[Principal]) -> list[pulumi.Resource]:
        return [
            RoleGrant(f"{name}-{part}-{number}", role=role, scope=self.id, principal=principal, opts=pulumi.ResourceOptions(parent=self))
            for number, principal in enumerate(principals)
        ]


def _policy(tenant_id: pulumi.Input[str], principal: Principal, permissions: Sequence[str]) -> keyvault.AccessPolicyEntryArgs:
    return keyvault.AccessPolicyEntryArgs(
        tenant_id=tenant_id, object_id=principal.object_id, permissions=keyvault.PermissionsArgs(secrets=list(permissions))
    )
