"""Real Pulumi programs with pulumi_azure_native, run by the real engine against the stand-in."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from azure.identity import ClientSecretCredential
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.conftest import Cloud
from tests.local_azure.stand_in import Program

SMALL_STACK = dedent("""
    import os
    import pulumi
    from pulumi_azure_native import authorization, cognitiveservices, keyvault, resources

    config = authorization.get_client_config_output()
    group = resources.ResourceGroup("small", location="swedencentral")
    account = cognitiveservices.Account(
        "tutor",
        resource_group_name=group.name,
        kind="AIServices",
        sku={"name": "S0"},
        identity={"type": "SystemAssigned"},
        properties={"custom_sub_domain_name": "small-tutor", "public_network_access": "Enabled"},
        tags={"owner": pulumi.Output.secret("ada")},
    )
    vault = keyvault.Vault(
        "vault",
        resource_group_name=group.name,
        properties={"tenant_id": config.tenant_id, "sku": {"family": "A", "name": "standard"}, "enable_rbac_authorization": True},
    )
    grant = authorization.RoleAssignment(
        "grant",
        scope=vault.id,
        principal_id=account.identity.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id=pulumi.Output.format(
            "/subscriptions/{0}/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6", config.subscription_id
        ),
    )
    deployment = cognitiveservices.Deployment(
        "mini",
        resource_group_name=group.name,
        account_name=account.name,
        sku={"name": "GlobalStandard", "capacity": int(os.environ.get("CAPACITY", "10"))},
        properties={"model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}},
    )
    keys = cognitiveservices.list_account_keys_output(resource_group_name=group.name, account_name=account.name)
    pulumi.export("endpoint", account.properties.endpoint)
    pulumi.export("deployment", deployment.name)
    pulumi.export("key", keys.key1)
    """)

GROUP = dedent("""
    import os
    from pulumi_azure_native import resources
    resources.ResourceGroup("small", resource_group_name="rg-small", location="swedencentral", tags={"a": os.environ.get("TAG", "1")})
    """)

TWO_SUBSCRIPTIONS = dedent("""
    import os
    import pulumi
    import pulumi_azure_native as azure

    second = azure.Provider("second", subscription_id=os.environ["SECOND"], client_secret=pulumi.Output.secret(os.environ["ARM_CLIENT_SECRET"]))
    azure.resources.ResourceGroup("here", location="swedencentral")
    azure.resources.ResourceGroup("there", location="northcentralus", opts=pulumi.ResourceOptions(provider=second))
    """)


@pytest.fixture
def program(cloud: Cloud, tmp_path: Path) -> Program:
    return Program(tmp_path, cloud.environment)


@pytest.fixture
def groups(cloud: Cloud) -> ResourceManagementClient:
    """A hand of its own at Azure, behind Pulumi's back."""
    identity = cloud.identity
    return ResourceManagementClient(ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret), cloud.subscription)


def test_a_stack_goes_up_stays_as_it_is_changes_in_place_and_goes_down(cloud: Cloud, program: Program) -> None:
    cloud.door.settings(directory_lag=0.0)
    program.write(SMALL_STACK)
    assert "6 to create" in program.run("preview").replace("+ ", "")
    program.up()
    outputs = program.outputs()
    assert outputs["deployment"] == "mini"
    assert outputs["endpoint"].startswith("https://small-tutor.")
    state = program.resources()
    assert outputs["key"] not in str(state)
    assert "ada" not in str(state["tutor"])

    program.unchanged()
    program.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert "1 updated" in program.up(CAPACITY="20")
    assert program.resources()["mini"]["id"] == state["mini"]["id"]
    program.run("destroy", "--yes", "--skip-preview")
    assert program.resources().keys() <= {"small-test"}


def test_what_was_deleted_behind_its_back_leaves_the_state_on_refresh_and_comes_back(program: Program, groups: ResourceManagementClient) -> None:
    program.write(GROUP)
    program.up()
    groups.resource_groups.begin_delete("rg-small", polling_interval=0.1).result()
    assert "1 deleted" in program.run("refresh", "--yes", "--skip-preview")
    assert "1 created" in program.up()


def test_a_change_behind_its_back_shows_after_a_refresh_and_is_put_right(program: Program, groups: ResourceManagementClient) -> None:
    program.write(GROUP)
    program.up()
    groups.resource_groups.create_or_update("rg-small", {"location": "swedencentral", "tags": {"a": "by hand"}})
    program.run("refresh", "--yes", "--skip-preview")
    assert "tags" in program.run("preview", "--diff")
    program.up()
    assert groups.resource_groups.get("rg-small").tags == {"a": "1"}


def test_what_exists_is_imported_and_then_is_no_change(program: Program, groups: ResourceManagementClient) -> None:
    group = groups.resource_groups.create_or_update("rg-small", {"location": "swedencentral", "tags": {"a": "1"}})
    kind = "azure-native:resources:ResourceGroup"
    program.run("import", kind, "small", str(group.id), "--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    program.write(GROUP)
    program.unchanged()


def test_a_creation_over_something_that_exists_is_refused(program: Program, groups: ResourceManagementClient) -> None:
    groups.resource_groups.create_or_update("rg-small", {"location": "swedencentral"})
    program.write(GROUP)
    assert "cannot create already existing resource '/subscriptions/" in program.up(succeeds=False)


def test_a_wrong_secret_is_said_once_and_clearly(program: Program) -> None:
    program.write(GROUP + GROUP.replace('"small"', '"other"').replace("rg-small", "rg-other"))
    text = program.run("preview", succeeds=False, ARM_CLIENT_SECRET="not-the-secret")
    assert "could not sign in to Azure as a Service Principal using a Client Secret: " in text
    assert "AADSTS7000215" in text
    assert "not-the-secret" not in text
    assert "Traceback" not in text


def test_a_type_that_is_not_served_is_named_in_the_preview(program: Program) -> None:
    program.write('from pulumi_azure_native import network\nnetwork.VirtualNetwork("net", resource_group_name="rg", location="swedencentral")\n')
    text = program.run("preview", succeeds=False)
    assert "does not know the resource type azure-native:network:VirtualNetwork" in text
    assert "AZURE_NATIVE=real" in text


def test_one_program_works_in_two_subscriptions_and_hides_the_providers_secret(cloud: Cloud, program: Program) -> None:
    program.write(TWO_SUBSCRIPTIONS)
    program.up(SECOND=cloud.identity.subscriptions[1])
    state = program.resources()
    places = [state[name]["id"].split("/")[2] for name in ("here", "there")]
    assert places == list(cloud.identity.subscriptions[:2])
    assert cloud.identity.client_secret not in str(state)
    program.run("destroy", "--yes", "--skip-preview", SECOND=cloud.identity.subscriptions[1])


def test_an_error_hook_sees_the_services_code_and_the_retry_succeeds(cloud: Cloud, program: Program) -> None:
    cloud.door.fault(name="busy", method="PUT", path="resourceGroups/rg-small", status=409, code="RequestConflict", message="Another one.", times=1)
    hook = """
        import pulumi
        from pulumi_azure_native import resources
        seen = []
        def again(args):
            print("hook saw:", args.errors[0])
            return 'Code="RequestConflict"' in args.errors[0]
        busy = pulumi.ErrorHook("busy", again)
        options = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[busy]))
        resources.ResourceGroup("small", resource_group_name="rg-small", location="swedencentral", opts=options)
        """
    program.write(dedent(hook))
    assert 'Status=409 Code="RequestConflict" Message="Another one."' in program.up()
    assert "small" in program.resources()
