"""The typed stack configuration: the one description of every key that a stack file may have.

Keys are camelCase as in Pulumi; the service's own words stay as they are (``n_epochs``, ``GlobalStandard``).
Unknown keys are refused. Errors name the stack file and the key path.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from finetune.errors import SettingsError

PROJECT = "finetuning"

#: https://learn.microsoft.com/azure/ai-services/openai: letters, digits, hyphen, underscore; no dot (azure.md §5: 40 characters).
Suffix = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Region = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]+$", description="Azure region, for example swedencentral")]
Subscription = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
AccountId = Annotated[
    str,
    Field(pattern=r"(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.CognitiveServices/accounts/[A-Za-z0-9][A-Za-z0-9_.-]{1,63}$"),
]
ResourceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]


class Value(BaseModel):
    """A part of the configuration: frozen, camelCase, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class NetworkRules(Value):
    """Who reaches the account over the network. ``ipRules`` are addresses or CIDR ranges."""

    default_action: Literal["Allow", "Deny"] = Field("Allow", description="what happens to everybody whom no rule names")
    ip_rules: tuple[str, ...] = Field((), description="addresses or CIDR ranges that are let in")
    virtual_network_subnet_ids: tuple[str, ...] = Field((), description="ARM ids of subnets that are let in")


class AccountSettings(Value):
    """An Azure OpenAI account (kind OpenAI) or a Foundry resource (kind AIServices)."""

    kind: Literal["OpenAI", "AIServices"] = Field("AIServices", description="OpenAI, or AIServices for a Foundry resource, which open models need")
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9-]{1,40}$")] | None = Field(
        None, description="first part of the account's name; default: the project's"
    )
    local_auth: bool = Field(False, description="whether API keys are accepted")
    public_network_access: Literal["Enabled", "Disabled"] = Field("Enabled", description="Disabled leaves private endpoints only")
    network_rules: NetworkRules | None = None
    user_assigned_identities: tuple[str, ...] = Field((), description="ARM ids, beside the system-assigned identity")
    restore: bool = Field(False, description="restore a soft-deleted account of the same name instead of making a new one")
    tags: dict[str, str] = Field({}, description="of the account, beside those of the stack")


class VaultSettings(Value):
    """A Key Vault for the Weights & Biases key."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z](-?[a-zA-Z0-9])*$", max_length=13)] | None = Field(
        None, description="first part of the vault's name; default: kv"
    )
    permission_model: Literal["rbac", "accessPolicies"] = Field(
        "rbac", description="access policies are the documented fallback where RBAC does not work"
    )
    soft_delete_days: int = Field(
        90, ge=7, le=90, description="how long deleted secrets, and the deleted vault, can be recovered; cannot be changed later"
    )
    purge_protection: bool = Field(False, description="cannot be switched off again")
    recover: bool = Field(False, description="recover a soft-deleted vault of the same name")
    public_network_access: Literal["Enabled", "Disabled"] = Field("Enabled", description="Disabled leaves private endpoints only")
    tags: dict[str, str] = Field({}, description="of the vault, beside those of the stack")


class ExistingSecret(Value):
    """A W&B key that is in a vault already."""

    vault_url: Annotated[str, Field(pattern=r"^https://[^/]+/?$")] = Field(description="for example https://math-tutor.vault.azure.net")
    secret_name: str = Field(description="name of the secret in that vault")


class WandbSettings(Value):
    """Weights & Biases: where the key comes from, and what the runs are called."""

    project: str = Field(min_length=1, description="W&B project of the runs")
    entity: str | None = Field(None, description="W&B user or team; default: the key's own")
    name: str | None = Field(None, description="name of the run; default: the job's id")
    tags: tuple[str, ...] = Field((), description="of the run, beside those that Azure adds")
    key_variable: str = Field("WANDB_API_KEY", description="environment variable that holds the key")
    secret_name: Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{1,127}$")] = Field("wandb-api-key", description="what the key is called in the vault")
    existing_secret: ExistingSecret | None = Field(
        None, description="a key that is in a vault already; then the stack makes no vault and writes no key"
    )
    account_role: Literal["Key Vault Secrets Officer", "Key Vault Secrets User"] = Field(
        "Key Vault Secrets Officer",
        description="role of the account's identity on the vault; the documentation asks for Officer, User would be the least privilege (unverified)",
    )
    linked: bool = Field(False, description="whether the portal step was done: Fine-tuning > Manage integrations")
    when_unlinked: Literal["train", "hold"] = Field("train", description="train without W&B, or hold the jobs until it is linked")


Auto = Literal["auto"]


class Hyperparameters(Value):
    """Left out means that the service decides (``auto``). Names are the service's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=None)

    n_epochs: Annotated[int, Field(ge=1, le=100)] | Auto | None = Field(None, description="passes over the training data; the price grows with them")
    batch_size: Annotated[int, Field(ge=1)] | Auto | None = Field(None, description="examples in one step")
    learning_rate_multiplier: Annotated[float, Field(gt=0)] | Auto | None = Field(None, description="the documentation recommends 0.02 to 0.2")
    beta: Annotated[float, Field(gt=0)] | Auto | None = Field(None, description="dpo only")
    eval_interval: Annotated[int, Field(ge=1)] | Auto | None = Field(None, description="reinforcement only")
    eval_samples: Annotated[int, Field(ge=1)] | Auto | None = Field(None, description="reinforcement only")
    compute_multiplier: Annotated[float, Field(gt=0)] | Auto | None = Field(None, description="reinforcement only")
    reasoning_effort: Literal["default", "low", "medium", "high"] | None = Field(None, description="reinforcement only")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(None, description="makes a training repeatable as far as the service can")

    def for_method(self) -> dict[str, Any]:
        """What goes under ``method.<type>.hyperparameters``; the seed stands beside it.

        ``auto`` is left out as well: writing the service's own choice down is no change.
        """
        return {name: value for name, value in self.model_dump(exclude_none=True, exclude={"seed"}).items() if value != "auto"}


#: Which hyperparameters a method takes beside n_epochs, batch_size and learning_rate_multiplier (azure.md §1.2).
_OF_METHOD: Mapping[str, frozenset[str]] = {
    "supervised": frozenset(),
    "dpo": frozenset({"beta"}),
    "reinforcement": frozenset({"eval_interval", "eval_samples", "compute_multiplier", "reasoning_effort"}),
}


class ModelSettings(Value):
    """A model to train: one intent is one job."""

    base: str = Field(min_length=1, description="base model with its version, or an earlier fine-tuned model")
    training: str = Field(min_length=1, description="JSONL file, relative to the project folder")
    validation: str | None = Field(None, description="JSONL file with examples that are not trained on")
    method: Literal["supervised", "dpo", "reinforcement"] = Field("supervised", description="how the data is used; the model must offer it")
    grader: dict[str, Any] | None = Field(None, description="reinforcement only; passed through")
    training_type: Literal["Standard", "GlobalStandard", "DeveloperTier", "DataZoneStandard"] = Field(
        "GlobalStandard", description="DataZoneStandard is INFERRED: no literal for data-zone training was found in Azure's documents"
    )
    hyperparameters: Hyperparameters = Hyperparameters()
    suffix: Suffix | None = Field(None, description="end of the model's name: up to 40 letters, digits, hyphens, underscores; no dot")
    region: Region | None = Field(None, description="where it is trained; default: azure-native:location")
    metadata: dict[str, str] = Field({}, max_length=12, description="of the job, at the service; it keeps 16 pairs, and four are for the toolkit")
    wandb: bool = Field(True, description="report to Weights & Biases where the stack has it")
    budget: float | None = Field(None, gt=0, description="USD; a training that is estimated to cost more is refused in the preview")
    retrain: int = Field(0, ge=0, description="raise it to train again with the same inputs")

    @field_validator("metadata")
    @classmethod
    def _the_service_keeps_it(cls, pairs: dict[str, str]) -> dict[str, str]:
        if long := [key for key, value in pairs.items() if len(key) > 64 or len(value) > 512]:
            raise ValueError(f"{', '.join(long)}: a key may have 64 characters and a value 512")  # azure.md §1.2
        return pairs

    @model_validator(mode="after")
    def _method_has_what_it_needs(self) -> ModelSettings:
        given = {name for name in ("beta", *_OF_METHOD["reinforcement"]) if getattr(self.hyperparameters, name) is not None}
        if wrong := sorted(given - _OF_METHOD[self.method]):
            raise ValueError(f"hyperparameters {', '.join(wrong)} do not belong to method {self.method}")
        if self.method == "reinforcement" and not (self.grader and self.validation):
            raise ValueError("method reinforcement needs a grader and a validation file")
        if self.method != "reinforcement" and self.grader:
            raise ValueError(f"a grader belongs to method reinforcement, not {self.method}")
        return self


class ReleasedModel(Value):
    """A model that was trained elsewhere: its immutable id and the account that holds it."""

    id: str = Field(min_length=1, description="fine-tuned model or checkpoint, for example gpt-4.1-mini-2025-04-14.ft-0123…-math")
    account: AccountId = Field(description="ARM id: /subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…")


class Target(Value):
    """A region, in this or another subscription."""

    region: Region
    subscription: Subscription | None = Field(None, description="default: the subscription of the sign-in")

    @property
    def label(self) -> str:
        """What resources of this place are called."""
        return self.region if self.subscription is None else f"{self.region}-{self.subscription[:8]}"


class DeploymentSettings(Value):
    """A deployment: which model answers, where, and with how much capacity. Exactly one of model, base, released."""

    model: str | None = Field(None, description="name of a model of this stack")
    base: str | None = Field(None, description="a base model with its version, for example gpt-4.1-mini-2025-04-14")
    released: ReleasedModel | None = None
    checkpoint: Annotated[int, Field(ge=1)] | Literal["last"] = Field("last", description="step number of a checkpoint of `model`, or last")
    regions: tuple[Target, ...] = Field((), description="default: azure-native:location")
    sku: str = Field("GlobalStandard", description="Standard, GlobalStandard, DataZoneStandard, DeveloperTier or a provisioned one")
    capacity: int = Field(1, ge=1, description="thousands of tokens per minute; provisioned units for provisioned skus")
    version: str = Field("1", description="model version that ARM wants for fine-tuned models")

    @field_validator("regions", mode="before")
    @classmethod
    def _names_are_targets(cls, value: Any) -> Any:
        return [{"region": item} if isinstance(item, str) else item for item in value] if isinstance(value, (list, tuple)) else value

    @field_validator("regions")
    @classmethod
    def _each_region_once(cls, places: tuple[Target, ...]) -> tuple[Target, ...]:
        if twice := [place.label for place, times in Counter(places).items() if times > 1]:
            raise ValueError(f"{', '.join(twice)} is named twice")
        return places

    @model_validator(mode="after")
    def _one_model(self) -> DeploymentSettings:
        given = [name for name in ("model", "base", "released") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of model, base, released (given: {', '.join(given) or 'none'})")
        if self.checkpoint != "last" and self.model is None:
            raise ValueError("checkpoint belongs to a model of this stack; a released checkpoint is named by its id")
        return self


class Patience(Value):
    """How long to go on where Azure lags or is busy, in minutes."""

    roles: float = Field(15, ge=0, description="role assignments: Azure documents up to 10 minutes")
    files: float = Field(60, gt=0, description="import of an uploaded file")
    deployments: float = Field(20, gt=0, description="until a deployment answers after ARM said Succeeded")


class Settings(Value):
    """A stack."""

    location: Region = Field(alias="azure-native:location", description="Azure region of everything that names no other, for example swedencentral")
    resource_group: Annotated[str, Field(pattern=r"^[-\w.()]{1,89}[-\w()]$")] | None = Field(
        None, description="made by this stack; default: rg-<project>-<stack>"
    )
    account: AccountSettings = AccountSettings()
    vault: VaultSettings = VaultSettings()
    wandb: WandbSettings | None = None
    models: dict[ResourceName, ModelSettings] = Field({}, description="models to train, by a name of your choice")
    deployments: dict[ResourceName, DeploymentSettings] = Field({}, description="deployments by their names, which are what requests name as `model`")
    patience: Patience = Patience()
    catalogue: str | None = Field(None, description="a file that adds to or overrides the table of models")
    tags: dict[str, str] = Field({}, description="of everything that the stack makes, beside its project and stack")

    @model_validator(mode="after")
    def _deployments_name_models(self) -> Settings:
        for name, deployment in self.deployments.items():
            if deployment.model is not None and deployment.model not in self.models:
                there = ", ".join(self.models) or "none"
                raise ValueError(f"deployments.{name}.model: there is no model {deployment.model} in this stack (models: {there})")
        return self

    @property
    def targets(self) -> list[Target]:
        """Every place that needs an account: this stack's own region first."""
        places = [Target(region=self.location)] if self.models or not self.deployments else []
        places += [Target(region=model.region) for model in self.models.values() if model.region]
        places += [place for deployment in self.deployments.values() for place in self.places(deployment)]
        return list(dict.fromkeys(places))

    def places(self, deployment: DeploymentSettings) -> tuple[Target, ...]:
        return deployment.regions or (Target(region=self.location),)

    def in_order_of_readiness(self) -> list[tuple[str, DeploymentSettings]]:
        """Deployments whose model stands already come first, so that none waits for a training behind which it happens to be written."""
        return sorted(self.deployments.items(), key=lambda item: item[1].model is not None)

    def training_place(self, model: ModelSettings) -> Target:
        return Target(region=model.region or self.location)


def parse(values: Mapping[str, Any], source: str) -> Settings:
    """Checks configuration values.

    Args:
        values: ``azure-native:location`` and this project's keys, with or without their namespace.
        source: what to name in errors, usually the stack file.

    Raises:
        SettingsError: one for all wrong keys, each with its path.
    """
    own: dict[str, Any] = {}
    for key, value in ((str(key), value) for key, value in values.items()):
        if key == "azure-native:location" or key.startswith(f"{PROJECT}:") or ":" not in key:
            own[key.removeprefix(f"{PROJECT}:")] = value
    try:
        return Settings.model_validate(own)
    except ValidationError as error:
        told: dict[str, list[str]] = {}
        for problem in error.errors():
            key, text = _told(problem)
            told[key] = [*told[key], text.removeprefix("Input should be ")] if key in told else [text]
        raise SettingsError(
            f"{len(told)} wrong configuration key{'s' if len(told) > 1 else ''}",
            "\n       ".join(f"{key}: {', or '.join(texts)}" for key, texts in told.items()),
            f"edit {source}; the keys are described in docs/configuration.md",
            source=source,
        ) from None


#: What pydantic puts into a path beside keys: which member of a union it tried.
_NO_KEY = re.compile(r"function-after|literal\[.*\]|constrained-\w+")


def _told(problem: Any) -> tuple[str, str]:
    """The key as somebody wrote it, and what is wrong with it."""
    path = [str(part) for part in problem["loc"] if not _NO_KEY.fullmatch(str(part))]
    text = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    if path[-1:] == ["[key]"]:
        path, text = path[:-1], text.replace("String", "the name", 1)
    if not path:  # said of the whole stack: the text begins with the key
        key, _, text = text.partition(": ")
        return f"{PROJECT}:{key}", text
    return path[0] if path[0].startswith("azure-native:") else f"{PROJECT}:{'.'.join(path)}", text


def from_engine(config: Mapping[str, str], source: str) -> Settings:
    """Checks the configuration that the engine hands to a program, where objects are JSON text.

    Raises:
        SettingsError: as :func:`parse`.
    """
    return parse({key: _decoded(value) for key, value in config.items()}, source)


def _decoded(text: str) -> Any:
    if text[:1] not in "{[" and text not in ("true", "false"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def stack_file(stack: str) -> Path:
    """Where a stack's configuration stands, relative to the project folder."""
    return Path("stacks") / f"Pulumi.{stack.rpartition('/')[2]}.yaml"


def from_stack_file(path: Path) -> Settings:
    """Reads a stack file by itself, for commands that need no engine.

    Raises:
        SettingsError: when the file is absent, no YAML, or has wrong keys.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError("there is no such stack file", do="name a stack of this project, or run in its folder", source=str(path)) from None
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8", str(error), "save it as UTF-8", source=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise SettingsError("is not valid YAML", str(getattr(error, "problem", error)), source=place) from None
    config = document.get("config") if isinstance(document, dict) else document
    if not isinstance(config or {}, dict):
        raise SettingsError("is not a mapping of keys to values", do="write `config:` and the keys below it", source=str(path))
    return parse(config or {}, str(path))
