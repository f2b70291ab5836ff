"""The program of a stack, as a table of contents: settings, accounts, the W&B key, models, deployments, outputs."""

from pathlib import Path

import pulumi
from pulumi_azure_native import Provider, authorization, resources

import components as parts
from finetune.azure.sign_in import principal_type
from finetune.catalogue import offer
from finetune.catalogue.models import catalogue
from finetune.catalogue.roles import WANDB_READERS
from finetune.errors import FinetuneError
from finetune.settings import DeploymentSettings, ModelSettings, Target, from_engine, stack_file

project, stack = pulumi.get_project(), pulumi.get_stack()

# -- what is wanted, whether Azure offers it, and who works ------------------------------------------------------------------
try:
    wanted = from_engine(pulumi.runtime.get_config_env(), str(stack_file(stack)))
    table = catalogue(Path(wanted.catalogue) if wanted.catalogue else None)
    warnings = offer.check(wanted, table)
    kind = principal_type()
except FinetuneError as error:
    raise pulumi.RunError(str(error)) from None
try:
    client = authorization.get_client_config()
except Exception as error:  # an invoke that fails raises no class of its own
    raise pulumi.RunError(f"Azure did not tell who is signed in: {error}") from None
deployer = parts.Principal(client.object_id, kind)
for warning in warnings:
    pulumi.log.warn(warning)

# -- where -------------------------------------------------------------------------------------------------------------------
role_seconds = wanted.patience.roles * 60
tags = {"pulumi-project": project, "pulumi-stack": stack, **wanted.tags}


def in_subscription(subscription: str | None) -> tuple[resources.ResourceGroup, list[Provider]]:
    """The stack's resource group in the sign-in's subscription (None) or in another one, and the provider that reaches it."""
    suffix = f"-{subscription[:8]}" if subscription else ""
    elsewhere = [Provider(f"azure{suffix}", subscription_id=subscription)] if subscription else []
    group = resources.ResourceGroup(
        f"group{suffix}",
        resource_group_name=wanted.resource_group or f"rg-{project}-{stack}",
        location=wanted.location,
        tags=tags,
        opts=pulumi.ResourceOptions(provider=elsewhere[0] if elsewhere else None),
    )
    return group, elsewhere


groups = {subscription: in_subscription(subscription) for subscription in dict.fromkeys([None, *(place.subscription for place in wanted.targets)])}
accounts = {
    place: parts.OpenAIAccount(
        place.label,
        account_name=parts.account_name(wanted.account.name or project, place.region, place.subscription or client.subscription_id, project, stack),
        resource_group_name=groups[place.subscription][0].name,
        location=place.region,
        settings=wanted.account,
        contributors=[deployer],
        tags=tags,
        opts=pulumi.ResourceOptions(providers=groups[place.subscription][1]),
    )
    for place in wanted.targets
}

# -- Weights & Biases --------------------------------------------------------------------------------------------------------
trainers = [accounts[place] for place in dict.fromkeys(wanted.training_place(model) for model in wanted.models.values())]
wandb: parts.WandbIntegration | None = None
if wanted.wandb and trainers:
    vault = None
    if not wanted.wandb.existing_secret:
        vault = parts.SecretVault(
            "vault",
            vault_name=parts.vault_name(wanted.vault.name or "kv", client.subscription_id, wanted.location, project, stack),
            resource_group_name=groups[None][0].name,
            location=wanted.location,
            tenant_id=client.tenant_id,
            settings=wanted.vault,
            writers=[deployer],
            readers=[parts.Principal(account.principal_id) for account in trainers],
            reader_role=WANDB_READERS[wanted.wandb.account_role],
            tags=tags,
        )
    wandb = parts.WandbIntegration("wandb", settings=wanted.wandb, accounts=trainers, vault=vault, role_seconds=role_seconds)
    if not wanted.wandb.linked:
        pulumi.log.warn(wandb.portal_step)

# -- models ------------------------------------------------------------------------------------------------------------------


def train(name: str, model: ModelSettings) -> parts.FineTunedModel:
    """Files, job, model. The job is submitted at once and waited for in the program."""
    account = accounts[wanted.training_place(model)]
    usable = pulumi.ResourceOptions(depends_on=account.usable)

    def upload(part: str, path: str) -> parts.TrainingFile:
        return parts.TrainingFile(
            f"{name}-{part}",
            path=path,
            endpoint=account.endpoint,
            method=model.method,
            base=model.base,
            grader=model.grader,
            compared_with=model.training if part == "validation" else None,
            role_seconds=role_seconds,
            file_seconds=wanted.patience.files * 60,
            opts=usable,
        )

    reports = wandb if wandb and model.wandb else None
    job = parts.FineTuningJob(
        name,
        model=model,
        endpoint=account.endpoint,
        region=wanted.training_place(model).region,
        training=upload("training", model.training),
        validation=upload("validation", model.validation) if model.validation else None,
        integrations=reports.job_integrations if reports else [],
        role_seconds=role_seconds,
        opts=pulumi.ResourceOptions(depends_on=[*account.usable, *(reports.ready if reports else [])]),
    )
    return parts.FineTunedModel(name, job=job, opts=usable)


held = bool(wandb and not wandb.settings.linked and wandb.settings.when_unlinked == "hold")
models = {name: train(name, model) for name, model in wanted.models.items() if not held}

# -- deployments: writes to one account one after another, accounts side by side ----------------------------------------------


def reference(deployment: DeploymentSettings, place: Target) -> parts.ModelReference:
    """The model that a deployment takes, and the account that it is copied from where that is another one."""
    if deployment.base:
        return parts.base_reference(deployment.base, table)
    if deployment.released:
        return parts.tuned_reference(deployment.released.id, deployment.released.id, table, deployment.version, deployment.released.account)
    trained, model = wanted.models[str(deployment.model)], models[str(deployment.model)]
    home = wanted.training_place(trained)
    model_id = model.fine_tuned_model if deployment.checkpoint == "last" else model.checkpoint(deployment.checkpoint)
    return parts.tuned_reference(model_id, trained.base, table, deployment.version, None if place == home else accounts[home].id)


def deploy(name: str, deployment: DeploymentSettings, place: Target, after: list[pulumi.Resource]) -> parts.ModelDeployment:
    group, elsewhere = groups[place.subscription]
    return parts.ModelDeployment(
        f"{name}-{place.label}",
        account=accounts[place],
        resource_group_name=group.name,
        model=reference(deployment, place),
        deployment_name=name,
        sku=deployment.sku,
        capacity=deployment.capacity,
        after=after,
        role_seconds=role_seconds,
        ready_seconds=wanted.patience.deployments * 60,
        key=f"deployments.{name}",
        opts=pulumi.ResourceOptions(providers=elsewhere),
    )


last_write: dict[Target, list[pulumi.Resource]] = {}
answering: dict[str, dict[str, object]] = {}
for name, deployment in wanted.in_order_of_readiness():
    for place in wanted.places(deployment) if not (held and deployment.model) else ():
        deployed = deploy(name, deployment, place, last_write.get(place, []))
        last_write[place] = [deployed]
        answering.setdefault(name, {})[place.label] = {"endpoint": deployed.endpoint, "deployment": deployed.deployment_name, "model": deployed.model}

# -- outputs -----------------------------------------------------------------------------------------------------------------
homes = {name: accounts[wanted.training_place(model)].id for name, model in wanted.models.items()}
recorded = {
    name: {"id": m.fine_tuned_model, "account": homes[name], "job": m.job_id, "metrics": m.metrics, "wandb": m.wandb} for name, m in models.items()
}
pulumi.export("models", recorded)
pulumi.export("deployments", answering)
if wandb:
    works = {name: m.wandb for name, m in models.items()}
    pulumi.export("wandb", {"vaultUrl": wandb.vault_url, "secretName": wandb.secret_name, "linked": wandb.settings.linked, "works": works})
