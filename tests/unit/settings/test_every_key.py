"""Every key of a stack file: what it is when left out, that it is taken, and that nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from finetune.errors import SettingsError
from finetune.settings import DeploymentSettings, Settings, Target, from_engine, parse

SUBSCRIPTION = "0a1b2c3d-0000-4000-8000-123456789abc"
ACCOUNT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/elsewhere"

#: A stack that says everything, each key with another value than its default.
FULL = yaml.safe_load(f"""
azure-native:location: swedencentral
resourceGroup: rg-tutor
account:
  kind: OpenAI
  name: tutor
  localAuth: true
  publicNetworkAccess: Disabled
  networkRules: {{defaultAction: Deny, ipRules: [10.0.0.0/8], virtualNetworkSubnetIds: [/subnets/a]}}
  userAssignedIdentities: [/identities/a]
  restore: true
  tags: {{a: b}}
vault:
  name: secrets
  permissionModel: accessPolicies
  softDeleteDays: 7
  purgeProtection: true
  recover: true
  publicNetworkAccess: Disabled
  tags: {{a: b}}
wandb:
  project: tutor
  entity: school
  name: run
  tags: [gsm8k]
  keyVariable: KEY
  secretName: key
  existingSecret: {{vaultUrl: https://kv.vault.azure.net, secretName: key}}
  accountRole: Key Vault Secrets User
  linked: true
  whenUnlinked: hold
models:
  tutor:
    base: o4-mini-2025-04-16
    training: train.jsonl
    validation: validation.jsonl
    method: reinforcement
    grader: {{type: string_check, operation: eq}}
    trainingType: Standard
    hyperparameters:
      n_epochs: 3
      batch_size: auto
      learning_rate_multiplier: 0.5
      eval_interval: 2
      eval_samples: 4
      compute_multiplier: 1.5
      reasoning_effort: high
      seed: 0
    suffix: v1
    region: eastus2
    metadata: {{team: maths}}
    wandb: false
    budget: 25
    retrain: 1
  pairs:
    base: gpt-4.1-2025-04-14
    training: pairs.jsonl
    method: dpo
    hyperparameters: {{beta: 0.1}}
deployments:
  tutor:
    model: tutor
    checkpoint: 40
    regions: [swedencentral, {{region: eastus2, subscription: {SUBSCRIPTION}}}]
    sku: Standard
    capacity: 50
    version: "2"
  plain: {{base: gpt-4.1-mini-2025-04-14}}
  before: {{released: {{id: gpt-4.1-mini-2025-04-14.ft-0123, account: "{ACCOUNT}"}}}}
patience: {{roles: 1, files: 2.5, deployments: 3}}
catalogue: models.yaml
tags: {{team: maths}}
""")


def written(model: type[BaseModel], values: Any) -> Iterator[str]:
    """The fields of a model, and of the models in it, that some values give."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in values:
            yield f"{model.__name__}.{name}"
            for inner in models_in(field.annotation):
                for value in parts(values[key]):
                    yield from written(inner, value)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """A mapping itself, and the mappings right under it or in a list."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def all_fields(model: type[BaseModel]) -> set[str]:
    inner = {found for field in model.model_fields.values() for part in models_in(field.annotation) for found in all_fields(part)}
    return {f"{model.__name__}.{name}" for name in model.model_fields} | inner


def test_every_key_is_taken() -> None:
    stack = parse(FULL, "FULL")
    assert all_fields(Settings) - set(written(Settings, FULL)) == set(), "FULL says everything"
    again = stack.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert again["models"]["tutor"] == FULL["models"]["tutor"]
    assert again["account"] == FULL["account"]
    assert again["wandb"] == FULL["wandb"]
    assert again["patience"] == FULL["patience"]


def test_the_engine_and_the_file_give_the_same_settings() -> None:
    def text(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    handed = {key if ":" in key else f"finetuning:{key}": text(value) for key, value in FULL.items()}
    assert from_engine({**handed, "azure-native:subscriptionId": SUBSCRIPTION, "aws:region": "x"}, "engine") == parse(FULL, "file")


def test_a_stack_of_one_line_has_the_documented_defaults() -> None:
    stack = parse({"azure-native:location": "swedencentral"}, "file")
    assert (stack.account.kind, stack.account.local_auth, stack.vault.permission_model, stack.vault.soft_delete_days) == (
        "AIServices",
        False,
        "rbac",
        90,
    )
    assert (stack.wandb, stack.models, stack.deployments) == (None, {}, {})
    assert stack.targets == [Target(region="swedencentral")]
    model = parse({**stack.model_dump(by_alias=True), "models": {"m": {"base": "b", "training": "t"}}}, "file").models["m"]
    assert (model.method, model.training_type, model.retrain, model.wandb, model.budget) == ("supervised", "GlobalStandard", 0, True, None)
    assert model.hyperparameters.for_method() == {}


def test_an_epoch_count_of_auto_is_the_same_as_none() -> None:
    models = {"m": {"base": "b", "training": "t", "hyperparameters": {"n_epochs": "auto", "batch_size": 8}}}
    assert parse({"azure-native:location": "swedencentral", "models": models}, "file").models["m"].hyperparameters.for_method() == {"batch_size": 8}


def test_every_place_of_a_stack_gets_one_account() -> None:
    stack = parse(FULL, "file")
    assert stack.targets == [
        Target(region="swedencentral"),
        Target(region="eastus2"),
        Target(region="eastus2", subscription=SUBSCRIPTION),
    ]
    assert [place.label for place in stack.targets] == ["swedencentral", "eastus2", "eastus2-0a1b2c3d"]


def test_a_stack_that_only_serves_has_no_account_of_its_own_region() -> None:
    stack = parse({"azure-native:location": "swedencentral", "deployments": {"plain": {"base": "b", "regions": ["westus3"]}}}, "file")
    assert stack.targets == [Target(region="westus3")]


def test_deployments_of_models_that_stand_come_before_those_that_wait_for_a_training() -> None:
    assert [name for name, _ in parse(FULL, "file").in_order_of_readiness()] == ["plain", "before", "tutor"]


def test_a_deployment_without_regions_goes_to_the_stacks_own() -> None:
    stack = parse({"azure-native:location": "swedencentral"}, "file")
    assert stack.places(DeploymentSettings(base="b")) == (Target(region="swedencentral"),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from paths(inner, (*at, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


@given(path=st.sampled_from(sorted(paths(FULL), key=str)), value=JSON)
def test_whatever_stands_at_a_key_the_answer_is_settings_or_an_error_that_names_a_key_near_it(path: tuple[Any, ...], value: Any) -> None:
    try:
        parse(replaced(FULL, path, value), "FULL")
    except SettingsError as error:
        first = str(path[0])
        named = [line.strip().removeprefix("finetuning:") for line in error.why.splitlines()]
        assert any(line.startswith((first, "deployments")) for line in named), error  # a model that is gone is missed by its deployment


@given(path=st.sampled_from(sorted(paths(FULL), key=str)))
def test_a_misspelt_key_is_never_passed_over(path: tuple[Any, ...]) -> None:
    free = {"tags", "metadata", "grader", "models", "deployments"}  # these hold what people name themselves
    if isinstance(path[-1], int) or path[0].startswith("azure-native:") or (len(path) > 1 and path[-2] in free):
        return
    document = replaced(FULL, path, None)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[f"{path[-1]}x"] = inner.pop(path[-1])
    with pytest.raises(SettingsError) as caught:
        parse(document, "FULL")
    assert f"finetuning:{'.'.join(map(str, path))}x: unknown key" in caught.value.why
