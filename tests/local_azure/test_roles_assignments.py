"""Role assignments with azure-mgmt-authorization: who may do what, from when, and how ARM refuses."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.conftest import Cloud

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
VAULT_ACCESS_ADMINISTRATOR = "8b54135c-b56d-4d72-a534-26097cfdc8d8"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


class Person:
    """A principal without any role, its clients, and a way to give it roles by the deployer's hand."""

    def __init__(self, cloud: Cloud):
        self.cloud = cloud
        new = cloud.door.call("POST", "/principals", {"name": "person"})
        self.id = new["object_id"]
        self.credential = ClientSecretCredential(new["tenant_id"], new["client_id"], new["client_secret"])
        self.resources = ResourceManagementClient(self.credential, cloud.subscription)
        self.roles = AuthorizationManagementClient(self.credential, cloud.subscription)

    def groups(self) -> list[str]:
        return [str(group.name) for group in self.resources.resource_groups.list()]


@pytest.fixture
def scope(cloud: Cloud) -> str:
    return f"/subscriptions/{cloud.subscription}"


@pytest.fixture
def owner(cloud: Cloud) -> AuthorizationManagementClient:
    identity = cloud.identity
    credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
    ResourceManagementClient(credential, cloud.subscription).resource_groups.create_or_update("rg-one", {"location": "swedencentral"})
    return AuthorizationManagementClient(credential, cloud.subscription)


def wanted(cloud: Cloud, role: str, principal: str, **more: Any) -> RoleAssignmentCreateParameters:
    definition = f"/subscriptions/{cloud.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    # this client's own default for the type is "User"
    return RoleAssignmentCreateParameters(role_definition_id=definition, principal_id=principal, **{"principal_type": "ServicePrincipal", **more})


def assign(client: AuthorizationManagementClient, cloud: Cloud, scope: str, role: str, principal: str, name: str = "", **more: Any) -> Any:
    return client.role_assignments.create(scope, name or str(uuid.uuid4()), wanted(cloud, role, principal, **more))


def test_a_principal_without_a_role_sees_nothing(cloud: Cloud, owner: AuthorizationManagementClient) -> None:
    action = "Microsoft.Resources/subscriptions/resourceGroups/read"
    with pytest.raises(HttpResponseError, match=f"does not have authorization to perform action '{action}'") as refused:
        Person(cloud).groups()
    assert refused.value.status_code == 403
    assert refused.value.error is not None and refused.value.error.code == "AuthorizationFailed"


def test_a_role_counts_after_its_lag_and_no_longer_after_its_deletion(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(role_lag=120)
    person = Person(cloud)
    assignment = assign(owner, cloud, scope, READER, person.id)
    with pytest.raises(HttpResponseError):
        person.groups()
    cloud.door.advance(121)
    assert person.groups() == ["rg-one"]
    owner.role_assignments.delete_by_id(assignment.id)
    assert person.groups() == ["rg-one"]
    cloud.door.advance(121)
    with pytest.raises(HttpResponseError):
        person.groups()


def test_a_role_on_a_group_holds_for_that_group_only(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(role_lag=0)
    person = Person(cloud)
    assign(owner, cloud, f"{scope}/resourceGroups/rg-one", READER, person.id)
    assert person.resources.resource_groups.get("rg-one").location == "swedencentral"
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        person.resources.resource_groups.get("rg-on")


def test_a_reader_does_not_write_and_a_contributor_does_not_assign_roles(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(role_lag=0)
    reader, contributor = Person(cloud), Person(cloud)
    assign(owner, cloud, scope, READER, reader.id)
    assign(owner, cloud, scope, CONTRIBUTOR, contributor.id)
    with pytest.raises(HttpResponseError, match="resourceGroups/write"):
        reader.resources.resource_groups.create_or_update("rg-two", {"location": "swedencentral"})
    contributor.resources.resource_groups.create_or_update("rg-two", {"location": "swedencentral"})
    with pytest.raises(HttpResponseError, match="Microsoft.Authorization/roleAssignments/write"):
        assign(contributor.roles, cloud, scope, READER, reader.id)


def test_a_vault_access_administrator_assigns_vault_roles_only(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(role_lag=0)
    person, other = Person(cloud), Person(cloud)
    assign(owner, cloud, scope, VAULT_ACCESS_ADMINISTRATOR, person.id)
    assert assign(person.roles, cloud, scope, SECRETS_USER, other.id).principal_id == other.id
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        assign(person.roles, cloud, scope, CONTRIBUTOR, other.id)


def test_an_assignment_is_read_as_it_was_written(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    person = Person(cloud)
    written = assign(owner, cloud, scope, READER, person.id, description="why")
    read = owner.role_assignments.get(scope, written.name)
    assert read.as_dict() == written.as_dict()
    assert (read.scope, read.principal_id, read.principal_type, read.description) == (scope, person.id, "ServicePrincipal", "why")
    assert str(read.role_definition_id).endswith(READER)


def test_the_same_assignment_again_changes_nothing(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(role_lag=120)
    person, name = Person(cloud), str(uuid.uuid4())
    first = assign(owner, cloud, scope, READER, person.id, name)
    cloud.door.advance(121)
    assert assign(owner, cloud, scope, READER, person.id, name).created_on == first.created_on
    assert person.groups() == ["rg-one"]


def test_the_same_role_under_another_name_is_refused(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    person = Person(cloud)
    first = assign(owner, cloud, scope, READER, person.id)
    with pytest.raises(ResourceExistsError, match="RoleAssignmentExists") as refused:
        assign(owner, cloud, scope, READER, person.id)
    assert refused.value.status_code == 409
    assert str(first.name).replace("-", "") in refused.value.message


def test_an_assignment_does_not_change_its_principal(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    name = str(uuid.uuid4())
    assign(owner, cloud, scope, READER, Person(cloud).id, name)
    with pytest.raises(HttpResponseError, match="RoleAssignmentUpdateNotPermitted") as refused:
        assign(owner, cloud, scope, READER, Person(cloud).id, name)
    assert refused.value.status_code == 400


def test_an_unknown_principal_is_not_found(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    with pytest.raises(HttpResponseError, match="PrincipalNotFound.*does not exist in the directory") as refused:
        assign(owner, cloud, scope, READER, str(uuid.uuid4()))
    assert refused.value.status_code == 400


def test_a_new_managed_identity_is_not_found_until_the_directory_shows_it(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(directory_lag=60)
    identity = cloud.identity
    credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
    id = f"{scope}/resourceGroups/rg-one/providers/Microsoft.ManagedIdentity/userAssignedIdentities/tutor"
    resources: Any = ResourceManagementClient(credential, cloud.subscription).resources
    made = resources.begin_create_or_update_by_id(id, {"location": "swedencentral"}, api_version="2023-01-31").result()
    principal = made.properties["principalId"]
    with pytest.raises(HttpResponseError, match="PrincipalNotFound"):
        assign(owner, cloud, scope, READER, principal)
    cloud.door.advance(61)
    assert assign(owner, cloud, scope, READER, principal).principal_id == principal


def test_a_wrong_principal_type_or_role_is_refused(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    with pytest.raises(HttpResponseError, match="UnmatchedPrincipalType"):
        assign(owner, cloud, scope, READER, Person(cloud).id, principal_type="User")
    with pytest.raises(HttpResponseError, match="RoleDefinitionDoesNotExist"):
        assign(owner, cloud, scope, str(uuid.uuid4()), Person(cloud).id)


def test_assignments_are_listed_by_scope_and_by_principal(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    person, group = Person(cloud), f"{scope}/resourceGroups/rg-one"
    above = assign(owner, cloud, scope, READER, person.id).name
    within = assign(owner, cloud, group, CONTRIBUTOR, person.id).name
    listed = owner.role_assignments.list_for_scope
    assert {found.name for found in listed(scope, filter=f"principalId eq '{person.id}'")} == {above, within}
    assert {found.name for found in listed(scope, filter="atScope()") if found.principal_id == person.id} == {above}
    assert {found.name for found in listed(group, filter=f"assignedTo('{person.id}')")} == {above, within}
    assert [found.principal_id for found in listed(scope) if str(found.role_definition_id).endswith("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")] == [
        cloud.identity.object_id
    ]


def test_roles_go_with_the_group_that_they_were_given_on(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    cloud.door.settings(role_lag=0)
    person, identity = Person(cloud), cloud.identity
    assignment = assign(owner, cloud, f"{scope}/resourceGroups/rg-one", READER, person.id)
    credential = ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
    groups = ResourceManagementClient(credential, cloud.subscription).resource_groups
    groups.begin_delete("rg-one").result()
    groups.create_or_update("rg-one", {"location": "swedencentral"})
    with pytest.raises(ResourceNotFoundError):
        owner.role_assignments.get_by_id(assignment.id)
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        person.resources.resource_groups.get("rg-one")


def test_a_role_definition_is_found_by_its_name(cloud: Cloud, owner: AuthorizationManagementClient, scope: str) -> None:
    (found,) = owner.role_definitions.list(scope, filter="roleName eq 'Key Vault Secrets Officer'")
    assert found.name == "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    assert found.permissions is not None and found.permissions[0].data_actions == ["Microsoft.KeyVault/vaults/secrets/*"]
    assert owner.role_definitions.get(scope, str(found.name)).role_name == "Key Vault Secrets Officer"
    with pytest.raises(ResourceNotFoundError, match="RoleDefinitionDoesNotExist"):
        owner.role_definitions.get(scope, str(uuid.uuid4()))
