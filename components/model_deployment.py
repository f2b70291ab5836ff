"""A deployment of a base model, a fine-tuned model or a checkpoint; ready means that it answers.

ReadyDeployment (dynamic). Create and update ask the deployment for one token until the right model answers; read looks whether
it still answers; delete does nothing, the deployment itself is azure-native's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult
from pulumi_azure_native import cognitiveservices

from finetune.azure import completions
from finetune.catalogue.models import Catalogue, base_name

from .azure_errors import advise
from .lifecycle_provider import LifecycleProvider, Props, gone
from .openai_account import OpenAIAccount


@dataclass(frozen=True)
class ModelReference:
    """Which model a deployment takes.

    Args:
        name: base model, fine-tuned model or checkpoint, as ARM's ``model.name`` wants it.
        version: ARM's ``model.version``; ``1`` for fine-tuned models.
        format: ``OpenAI``, or the publisher's for open models (prices-models.md §1.4).
        source: ARM id of the account that holds the model, where it is another one than the deployment's.
    """

    name: pulumi.Input[str]
    version: str = "1"
    format: str = "OpenAI"
    source: pulumi.Input[str] | None = None


def base_reference(model: str, table: Catalogue) -> ModelReference:
    """A base model with its version, such as ``gpt-4.1-mini-2025-04-14``.

    A name that the catalogue lacks is taken as ``<name>`` with the version after its last hyphen-separated date.
    """
    known = table.find(model)
    if known is not None:
        return ModelReference(known.name, known.version or "1", known.format or "OpenAI")
    name, _, version = model.rpartition("@")
    return ModelReference(name or model, version if name else "1")


def tuned_reference(
    model_id: pulumi.Input[str], base: str, table: Catalogue, version: str = "1", source: pulumi.Input[str] | None = None
) -> ModelReference:
    """A fine-tuned model or checkpoint; its format is that of its base.

    Args:
        base: the base model, or the fine-tuned model's own id.
    """
    known = table.find(base_name(base))
    return ModelReference(model_id, version, (known.format if known else None) or "OpenAI", source)


class ReadyDeploymentProvider(LifecycleProvider):
    replaces: ClassVar = {"endpoint": "", "deployment": ""}
    updates: ClassVar = frozenset({"model"})

    def create(self, props: Props) -> CreateResult:
        self._wait(props)
        return CreateResult(f"{props['endpoint']}/openai/deployments/{props['deployment']}", props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        self._wait(_news)
        return UpdateResult(_news)

    def _wait(self, props: Props) -> None:
        completions.wait_until_answers(props["endpoint"], props["deployment"], props["model"], props["role_seconds"], props["ready_seconds"])

    def read(self, id_: str, props: Props) -> ReadResult:
        if not completions.exists(props["endpoint"], props["deployment"]):
            return gone()
        return ReadResult(id_, props, {name: props.get(name) for name in props if not name.startswith("__")})


class ReadyDeployment(Resource, module="azureopenai", name="ReadyDeployment"):
    """A deployment that answers with the model that it should have."""

    model: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        endpoint: pulumi.Input[str],
        deployment: pulumi.Input[str],
        model: pulumi.Input[str],
        role_seconds: float,
        ready_seconds: float,
        opts: pulumi.ResourceOptions | None = None,
    ):
        props = {
            "name": name,
            "endpoint": endpoint,
            "deployment": deployment,
            "model": model,
            "role_seconds": role_seconds,
            "ready_seconds": ready_seconds,
        }
        super().__init__(ReadyDeploymentProvider(), name, props, opts)


class ModelDeployment(pulumi.ComponentResource):
    """A model that answers at an account's endpoint.

    Args:
        account: where it is deployed.
        model: what is deployed.
        deployment_name: what requests name as their model (2 to 64 characters).
        sku: Standard, GlobalStandard, DataZoneStandard, DeveloperTier or a provisioned one. capacity: thousands of tokens per
            minute, or provisioned units.
        after: other writes to the same account; Azure takes one at a time (azure.md §6, RequestConflict).
        key: the configuration key to name in advice.

    Outputs:
        id: ARM id. endpoint, deployment_name: what a client needs; they are there once it answers. model: the id that answers.
    """

    id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    deployment_name: pulumi.Output[str]
    model: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        account: OpenAIAccount,
        resource_group_name: pulumi.Input[str],
        model: ModelReference,
        deployment_name: str,
        sku: str = "GlobalStandard",
        capacity: int = 1,
        after: Sequence[pulumi.Resource] = (),
        role_seconds: float = 900,
        ready_seconds: float = 1200,
        key: str = "deployments",
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("finetuning:index:ModelDeployment", name, None, opts)
        self.deployment = cognitiveservices.Deployment(
            f"{name}-deployment",
            account_name=account.account_name,
            resource_group_name=resource_group_name,
            deployment_name=deployment_name,
            sku=cognitiveservices.SkuArgs(name=sku, capacity=capacity),
            properties=cognitiveservices.DeploymentPropertiesArgs(
                model=cognitiveservices.DeploymentModelArgs(format=model.format, name=model.name, version=model.version, source=model.source),
                version_upgrade_option=cognitiveservices.DeploymentModelVersionUpgradeOption.NO_AUTO_UPGRADE,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account, *after], hooks=advise(f"{name}-deployment", key)),
        )
        ready = ReadyDeployment(
            f"{name}-ready",
            endpoint=account.endpoint,
            deployment=deployment_name,
            model=model.name,
            role_seconds=role_seconds,
            ready_seconds=ready_seconds,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.deployment, *account.usable]),
        )
        self.id = self.deployment.id
        self.endpoint = ready.id.apply(lambda _: account.endpoint)
        self.deployment_name = ready.id.apply(lambda _: deployment_name)
        self.model = ready.model
        self.register_outputs({"id": self.id, "endpoint": self.endpoint, "deployment": self.deployment_name, "model": self.model})
