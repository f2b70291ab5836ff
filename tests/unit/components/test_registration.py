"""What each component registers: its token, its children and their names, its outputs; and twice in one program."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components import ModelDeployment, ModelReference, OpenAIAccount, Principal, RoleGrant, SecretVault, WandbIntegration, account_name, vault_name
from finetune.catalogue.roles import KEY_VAULT_SECRETS_USER, OPENAI_USER
from finetune.settings import AccountSettings, VaultSettings, WandbSettings
from tests.unit.components.conftest import SCOPE, Program

COMPONENTS = Path(__file__).parents[3] / "components"
ME = Principal("44444444-0000-4000-8000-000000000000", "User")


def account(name: str, **more: Any) -> OpenAIAccount:
    return OpenAIAccount(name, account_name=f"{name}-0123", resource_group_name="rg", location="swedencentral", **more)


def vault(name: str, **more: Any) -> SecretVault:
    return SecretVault(name, vault_name=f"{name}-0123", resource_group_name="rg", location="swedencentral", tenant_id="t", **more)


def deployment(name: str, place: OpenAIAccount, **more: Any) -> ModelDeployment:
    model = ModelReference("gpt-4.1-mini", "2025-04-14")
    return ModelDeployment(name, account=place, resource_group_name="rg", model=model, deployment_name=name, **more)


def everything(name: str) -> list[pulumi.Resource]:
    """One of each, all of one name."""
    place = account(name, contributors=[ME])
    store = vault(name, writers=[ME], readers=[Principal(place.principal_id)])
    wandb = WandbIntegration(name, settings=WandbSettings(project="p"), accounts=[place], vault=store)
    return [place, store, wandb, RoleGrant(name, role=OPENAI_USER, scope=place.id, principal=ME), deployment(name, place)]


def test_tokens_are_state_and_never_change(program: Program) -> None:
    program.run(lambda: [one.urn for one in everything("tutor")])
    assert {one.type for one in program.monitor.found} - {"pulumi:pulumi:Stack"} == {
        "finetuning:index:ModelDeployment",
        "finetuning:index:OpenAIAccount",
        "finetuning:index:RoleGrant",
        "finetuning:index:SecretVault",
        "finetuning:index:WandbIntegration",
        "pulumi-python:dynamic/azureopenai:ReadyDeployment",
        "pulumi-python:dynamic/azureopenai:WandbSecret",
        "azure-native:authorization:RoleAssignment",
        "azure-native:cognitiveservices:Account",
        "azure-native:cognitiveservices:Deployment",
        "azure-native:keyvault:Vault",
    }


def test_everything_works_twice_in_one_program_and_with_one_name(program: Program) -> None:
    program.run(lambda: [one.urn for name in ("tutor", "writer") for one in everything(name)])
    urns = [(one.type, one.name) for one in program.monitor.found]
    assert len(urns) == len(set(urns))
    assert len(program.monitor.hooks) == len(set(program.monitor.hooks))


def test_children_stand_under_their_component_and_carry_its_name(program: Program) -> None:
    program.run(lambda: [one.urn for one in everything("tutor")])
    children = [one for one in program.monitor.found if not one.type.startswith(("finetuning:", "pulumi:"))]
    assert len(children) >= 8
    assert [one.name for one in children if not one.name.startswith(f"{one.parent}-")] == []


def test_components_register_outputs_and_export_nothing_of_the_stack(program: Program) -> None:
    program.run(lambda: [one.urn for one in everything("tutor")])
    assert set(program.monitor.outputs) - {"school-dev"} >= {"tutor"}
    assert program.monitor.outputs.get("school-dev", {}) == {}


@pytest.mark.parametrize("file", sorted(COMPONENTS.glob("*.py")), ids=lambda file: file.name)
def test_a_component_reads_no_configuration_and_exports_nothing_and_only_a_provider_reads_the_environment(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    providers = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Provider")]
    inside = {id(node) for provider in providers for node in ast.walk(provider)}
    used = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and id(node) not in inside]
    forbidden = ("os.environ", "os.getenv", "pulumi.Config", "pulumi.export", "pulumi.get_stack_reference")
    assert [name for name in used if name.startswith(forbidden)] == []


def test_an_account_has_an_identity_a_subdomain_and_no_keys(program: Program) -> None:
    principal = program.run(lambda: account("tutor").principal_id)
    assert principal == "22222222-0000-4000-8000-000000000000"
    made = program.named("tutor-account")
    assert made.inputs["properties"] == {"customSubDomainName": "tutor-0123", "disableLocalAuth": True, "publicNetworkAccess": "Enabled"}
    assert made.inputs["identity"]["type"] == "SystemAssigned"


def test_options_of_an_account_reach_azure_in_its_words(program: Program) -> None:
    settings = AccountSettings.model_validate(
        {
            "kind": "OpenAI",
            "localAuth": True,
            "restore": True,
            "networkRules": {"defaultAction": "Deny", "ipRules": ["10.0.0.0/8"]},
            "tags": {"a": "b"},
        }
    )
    program.run(lambda: account("tutor", settings=settings, tags={"a": "overridden", "c": "d"}).urn)
    made = program.named("tutor-account").inputs
    assert (made["kind"], made["tags"]) == ("OpenAI", {"a": "b", "c": "d"})
    assert made["properties"]["restore"] is True
    assert made["properties"]["networkAcls"] == {"defaultAction": "Deny", "ipRules": [{"value": "10.0.0.0/8"}], "virtualNetworkRules": []}


def test_a_grant_has_the_same_name_in_every_run_whatever_the_case_of_its_scope(program: Program) -> None:
    program.run(lambda: [RoleGrant(name, role=OPENAI_USER, scope=at, principal=ME).urn for name, at in (("a", SCOPE), ("b", SCOPE.upper()))])
    first, second = (program.named(f"{name}-assignment").inputs for name in ("a", "b"))
    assert first["roleAssignmentName"] == second["roleAssignmentName"]
    assert first["roleDefinitionId"].endswith(OPENAI_USER.guid)
    assert (first["principalId"], first["principalType"]) == (ME.object_id, "User")


def test_a_vault_grants_roles_or_writes_policies_never_both(program: Program) -> None:
    policies = VaultSettings.model_validate({"permissionModel": "accessPolicies"})
    reader = Principal("reader")
    program.run(lambda: [vault("by-role", writers=[ME], readers=[reader], reader_role=KEY_VAULT_SECRETS_USER).urn])
    program.run(lambda: [vault("by-policy", settings=policies, writers=[ME], readers=[reader]).urn])
    role, policy = (program.named(f"{name}-vault").inputs["properties"] for name in ("by-role", "by-policy"))
    assert (role["enableRbacAuthorization"], role.get("accessPolicies")) == (True, None)
    assert policy["enableRbacAuthorization"] is False
    assert [entry["objectId"] for entry in policy["accessPolicies"]] == [ME.object_id, "reader"]
    assert "enablePurgeProtection" not in role, "ARM refuses false"
    assert {one.parent for one in program.of("finetuning:index:RoleGrant")} == {"by-role"}


def test_deployments_of_one_account_wait_for_each_other(program: Program) -> None:
    def body() -> Any:
        place = account("tutor", contributors=[ME])
        first = deployment("one", place)
        return deployment("two", place, after=[first]).endpoint

    assert program.run(body) == "https://tutor-0123.openai.azure.com"
    assert {"one-deployment", "one-ready"} <= set(program.named("two-deployment").after)
    assert "two-deployment" in program.named("two-ready").after


def test_wandb_is_asked_for_by_a_job_only_when_it_is_linked(program: Program) -> None:
    def body(linked: bool) -> Any:
        settings = WandbSettings.model_validate({"project": "p", "tags": ["a"], "linked": linked})
        place = account(f"tutor{linked}")
        made = WandbIntegration(f"wandb{linked}", settings=settings, accounts=[place], vault=vault(f"kv{linked}"))
        return made.job_integrations

    assert program.run(lambda: body(False)) == []
    assert program.run(lambda: body(True)) == [{"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}]


@given(
    prefix=st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,60}", fullmatch=True), region=st.sampled_from(["westus", "swedencentral", "germanywestcentral"])
)
@example(prefix="a" * 60, region="germanywestcentral")
def test_an_accounts_name_is_a_host_name_that_azure_takes(prefix: str, region: str) -> None:
    name = account_name(prefix, region, "subscription", "project", "stack")
    assert 2 <= len(name) <= 63, "a label of a host name"
    assert name == name.lower() == account_name(prefix, region, "subscription", "project", "stack")
    assert f"-{region}-" in name
    assert name != account_name(prefix, region, "subscription", "project", "other")


@given(prefix=st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,60}", fullmatch=True))
def test_a_vaults_name_is_one_that_azure_takes(prefix: str) -> None:
    name = vault_name(prefix, "subscription", "swedencentral", "project", "stack")
    assert 3 <= len(name) <= 24
    assert name != vault_name(prefix, "subscription", "westus", "project", "stack")
