"""An Azure OpenAI account, or a Foundry resource, with a managed identity and a custom subdomain."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pulumi
from pulumi_azure_native import cognitiveservices

from finetune.catalogue.roles import OPENAI_CONTRIBUTOR
from finetune.settings import AccountSettings

from .azure_errors import advise
from .role_grant import Principal, RoleGrant

#: Characters that a label of a host name may have: the account's name is its subdomain.
LABEL = 63


def account_name(prefix: str, region: str, *salt: str) -> str:
    """A name that is free in the whole of Azure, and the same in every run: ``<prefix>-<region>-<6 hex>``.

    Args:
        salt: what tells this account from others of the same prefix and region: subscription, project, stack.
    """
    tail = f"-{region}-{hashlib.sha256('/'.join(salt).encode()).hexdigest()[:6]}"
    return f"{prefix[: min(40, LABEL - len(tail))]}{tail}".lower()


class OpenAIAccount(pulumi.ComponentResource):
    """An account.

    Args:
        account_name: the account's name, which is also its custom subdomain (2 to 64 characters, unique in Azure).
        settings: kind, identity, network and so on.
        resource_group_name, location: where it stands.
        contributors: who gets Cognitive Services OpenAI Contributor: to upload, train, deploy and ask.

    Outputs:
        id: ARM id. account_name, region. endpoint: ``https://<name>.openai.azure.com`` (for the data plane, without a path).
        principal_id: object id of the system-assigned identity. usable: what to depend on before the account's data is touched.
    """

    id: pulumi.Output[str]
    account_name: str
    region: pulumi.Output[str]
    endpoint: str
    principal_id: pulumi.Output[str]
    usable: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        *,
        account_name: str,
        resource_group_name: pulumi.Input[str],
        location: pulumi.Input[str],
        settings: AccountSettings | None = None,
        contributors: Sequence[Principal] = (),
        tags: dict[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("finetuning:index:OpenAIAccount", name, None, opts)
        settings = settings or AccountSettings()
        self.account = cognitiveservices.Account(
            f"{name}-account",
            account_name=account_name,
            resource_group_name=resource_group_name,
            location=location,
            kind=settings.kind,
            sku=cognitiveservices.SkuArgs(name="S0"),
            identity=_identity(settings),
            properties=_properties(account_name, settings),
            tags={**(tags or {}), **settings.tags},
            opts=pulumi.ResourceOptions(parent=self, hooks=advise(f"{name}-account", "account.restore")),
        )
        self.id = self.account.id
        self.account_name = account_name
        self.region = pulumi.Output.from_input(location)
        self.endpoint = f"https://{account_name}.openai.azure.com"
        self.principal_id = self.account.identity.apply(lambda identity: (identity.principal_id or "") if identity else "")
        self.usable = [
            RoleGrant(
                f"{name}-contributor-{number}", role=OPENAI_CONTRIBUTOR, scope=self.id, principal=principal, opts=pulumi.ResourceOptions(parent=self)
            )
            for number, principal in enumerate(contributors)
        ]
        self.register_outputs({"id": self.id, "endpoint": self.endpoint, "region": self.region, "principalId": self.principal_id})


def _identity(settings: AccountSettings) -> cognitiveservices.IdentityArgs:
    users = list(settings.user_assigned_identities)
    kind = cognitiveservices.ResourceIdentityType.SYSTEM_ASSIGNED_USER_ASSIGNED if users else cognitiveservices.ResourceIdentityType.SYSTEM_ASSIGNED
    return cognitiveservices.IdentityArgs(type=kind, user_assigned_identities=users or None)


def _properties(account_name: str, settings: AccountSettings) -> cognitiveservices.AccountPropertiesArgs:
    rules = settings.network_rules
    return cognitiveservices.AccountPropertiesArgs(
        custom_sub_domain_name=account_name,
        disable_local_auth=not settings.local_auth,
        public_network_access=settings.public_network_access,
        restore=True if settings.restore else None,
        network_acls=cognitiveservices.NetworkRuleSetArgs(
            default_action=rules.default_action,
            ip_rules=[cognitiveservices.IpRuleArgs(value=value) for value in rules.ip_rules],
            virtual_network_rules=[cognitiveservices.VirtualNetworkRuleArgs(id=value) for value in rules.virtual_network_subnet_ids],
        )
        if rules
        else None,
    )
