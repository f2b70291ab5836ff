"""Weights & Biases: the key in a vault, the account's right to read it, and the one step that only the portal can do.

WandbSecret (dynamic). Create and update write the key from the environment into the vault, recovering a soft-deleted secret;
read compares the vault's value with the recorded fingerprint; delete deletes the secret (it stays recoverable).
The key itself is never an input or an output: only the variable's name and a salted fingerprint are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from finetune.azure import secrets
from finetune.errors import FinetuneError
from finetune.settings import WandbSettings

from .lifecycle_provider import LifecycleProvider, Props, gone
from .openai_account import OpenAIAccount
from .secret_vault import SecretVault


class WandbSecretProvider(LifecycleProvider):
    replaces: ClassVar = {"vault_url": "", "secret_name": ""}
    updates: ClassVar = frozenset({"fingerprint", "account"})

    def check(self, _olds: Props, news: Props) -> CheckResult:
        key, earlier = os.environ.get(news["variable"], ""), _olds.get("fingerprint") or ""
        if key:
            return CheckResult({**news, "fingerprint": secrets.fingerprint(key, earlier)}, [])
        if earlier:  # the vault holds it; without the variable there is nothing to compare
            return CheckResult({**news, "fingerprint": earlier}, [])
        text = f"the environment variable {news['variable']} is empty\n  do:  set it to your Weights & Biases API key (https://wandb.ai/authorize)"
        return CheckResult(news, [CheckFailure("variable", text)])

    def create(self, props: Props) -> CreateResult:
        version = self._write(props)
        return CreateResult(f"{props['vault_url']}/secrets/{props['secret_name']}", {**props, "version": version})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return UpdateResult({**_news, "version": self._write(_news)})

    def _write(self, props: Props) -> str:
        value = os.environ.get(props["variable"]) or secrets.read(props["vault_url"], props["secret_name"])
        if not value:
            raise FinetuneError(
                f"there is no Weights & Biases key: {props['variable']} is empty, and so is secret {props['secret_name']} of {props['vault_url']}",
                do=f"set {props['variable']}, then run again",
            )
        tags = {"purpose": "Weights & Biases API key", "wandb-account": props["account"]}
        return secrets.write(props["vault_url"], props["secret_name"], value, tags, props["role_seconds"])

    def read(self, id_: str, props: Props) -> ReadResult:
        value = secrets.read(props["vault_url"], props["secret_name"])
        if value is None:
            return gone()
        found = {**props, "fingerprint": secrets.fingerprint(value, props["fingerprint"])}
        inputs = {name: found[name] for name in ("vault_url", "secret_name", "variable", "account", "role_seconds", "fingerprint")}
        return ReadResult(id_, found, inputs)

    def delete(self, _id: str, _props: Props) -> None:
        secrets.delete(_props["vault_url"], _props["secret_name"])


class WandbSecret(Resource, module="azureopenai", name="WandbSecret"):
    """The W&B key in a vault.

    Outputs:
        fingerprint: salted, of the key that was written. version: of the secret.
    """

    fingerprint: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        vault_url: pulumi.Input[str],
        secret_name: str,
        variable: str,
        account: str,
        role_seconds: float = 900,
        opts: pulumi.ResourceOptions | None = None,
    ):
        props = {
            "vault_url": vault_url,
            "secret_name": secret_name,
            "variable": variable,
            "account": account,
            "role_seconds": role_seconds,
            "fingerprint": None,
            "version": None,
        }
        super().__init__(WandbSecretProvider(), name, props, opts)


class WandbIntegration(pulumi.ComponentResource):
    """The W&B key for the accounts that train.

    The link between an account and the secret has no public API: a person makes it once in the portal (Fine-tuning > Manage
    integrations) with the two values that this component gives. Source: azure.md §2.

    Args:
        settings: project, where the key comes from, whether the portal step was done.
        accounts: the accounts whose jobs report to W&B.
        vault: where the key goes, with the accounts' identities among its readers; None with ``existing_secret``.
        role_seconds: how long to wait for the writer's role on the vault.

    Outputs:
        vault_url, secret_name: what the portal asks for. job_integrations: what a job's request carries; empty while it is not
        linked. ready: what jobs depend on.
    """

    vault_url: str
    secret_name: str
    ready: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        *,
        settings: WandbSettings,
        accounts: Sequence[OpenAIAccount],
        vault: SecretVault | None = None,
        role_seconds: float = 900,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("finetuning:index:WandbIntegration", name, None, opts)
        self.settings, self.ready = settings, []
        if settings.existing_secret:
            self.vault_url, self.secret_name = settings.existing_secret.vault_url.rstrip("/"), settings.existing_secret.secret_name
        elif vault is None:
            raise ValueError("WandbIntegration needs a vault or settings.existing_secret")
        else:
            self.vault_url, self.secret_name = vault.url, settings.secret_name
            key = WandbSecret(
                f"{name}-key",
                vault_url=vault.url,
                secret_name=settings.secret_name,
                variable=settings.key_variable,
                account=",".join(account.account_name for account in accounts),
                role_seconds=role_seconds,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[*vault.writable, *vault.readable]),
            )
            self.ready = [*vault.readable, key]
        self.register_outputs({"vaultUrl": self.vault_url, "secretName": self.secret_name, "linked": settings.linked})

    @property
    def job_integrations(self) -> list[dict[str, object]]:
        """The ``integrations`` of a job's request (azure.md §2); empty while the accounts are not linked."""
        if not self.settings.linked:
            return []
        wandb = {"project": self.settings.project, "entity": self.settings.entity, "name": self.settings.name, "tags": list(self.settings.tags)}
        return [{"type": "wandb", "wandb": {key: value for key, value in wandb.items() if value}}]

    @property
    def portal_step(self) -> str:
        """What to click, with the two values."""
        return (
            "Weights & Biases is not linked yet, and no API can do it. In the Azure portal (Foundry classic, Azure OpenAI view) open "
            f"Fine-tuning > Manage integrations, give Key Vault URL {self.vault_url} and secret name {self.secret_name}, choose Update; "
            "then set finetuning:wandb.linked: true"
        )
