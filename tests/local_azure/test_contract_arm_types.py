"""What an `up` of the project's own program sends to Resource Manager, and what it gets, is valid by Microsoft's types."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_azure.process import Running
from tests.e2e import conftest as e2e
from tests.local_azure.azure_types import AzureTypes, names_one, type_of

project = e2e.project

ROOT = Path(__file__).parents[2]
ACCOUNT, VAULT = "Microsoft.CognitiveServices/accounts@2025-06-01", "Microsoft.KeyVault/vaults@2024-11-01"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recorded") / "arm.jsonl"


@pytest.fixture(scope="module")
def _process(record: Path) -> Iterator[tuple[Path, Running]]:
    """Local Azure with the recorder, in the place of the one that all tests share."""
    folder = record.parent / "azure"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(Path(__file__).with_name("recorder.py")), str(folder), str(record)], env=environment) as program:
        address, deadline = folder / "process.json", time.monotonic() + 30
        while not address.exists():
            assert program.poll() is None and time.monotonic() < deadline, "local Azure did not start"
            time.sleep(0.02)
        values = json.loads(address.read_text())
        yield folder, Running(values["pid"], values["port"], Path(values["ca"]))
        program.terminate()


@pytest.fixture(scope="session")
def types(shared: Path) -> AzureTypes:
    return AzureTypes(shared / "azure-types")


def rich_stack(project: e2e.Project) -> None:
    """A stack that uses what the program can send: network rules, a vault, W&B, two accounts, a base and a fine-tuned deployment."""
    project.cloud.door.settings(operator_links_wandb=True, job_train=0.5)
    e2e.small_stack(
        project,
        account={"kind": "AIServices", "localAuth": False, "networkRules": {"defaultAction": "Allow", "ipRules": ["198.51.100.0/24"]}},
        vault={"purgeProtection": True, "softDeleteDays": 7, "tags": {"owner": "ada"}},
        wandb={"project": "adder", "linked": True},
        deployments={
            "base": {"base": "gpt-4.1-mini-2025-04-14", "capacity": 5},
            "adder": {"model": "adder", "regions": ["swedencentral", "northcentralus"], "capacity": 10},
        },
        tags={"team": "maths"},
    )


def rows(record: Path) -> list[dict[str, Any]]:
    """What was recorded of requests that succeeded."""
    return [row for line in record.read_text().splitlines() if (row := json.loads(line))["status"] < 300]


def faults_of_answer(types: AzureTypes, row: dict[str, Any]) -> list[str] | None:
    """What is wrong with an answer; None when Microsoft's types do not describe it."""
    kind = f"{type_of(row['path'])}@{row['version']}"
    if row["method"] == "POST":
        return types.faults_of_action(kind, row["answer"])
    if not types.knows(kind) or not row["answer"]:
        return None
    found = [row["answer"]] if names_one(row["path"]) else row["answer"]["value"]
    return [fault for resource in found for fault in types.faults(kind, resource, "response")]


def test_what_an_up_sends_and_gets_is_valid_by_microsofts_types(types: AzureTypes, project: e2e.Project, record: Path) -> None:
    rich_stack(project)
    project.up()
    project.change(lambda config: config["finetuning:deployments"]["base"].update(capacity=7))
    project.change(lambda config: config["finetuning:vault"].update(permissionModel="accessPolicies"))
    project.up()
    project.refresh()

    sent = [row for row in rows(record) if row["method"] in ("PUT", "PATCH")]
    assert {type_of(row["path"]) for row in sent} == {
        "Microsoft.Resources/resourceGroups",
        "Microsoft.CognitiveServices/accounts",
        "Microsoft.CognitiveServices/accounts/deployments",
        "Microsoft.KeyVault/vaults",
        "Microsoft.Authorization/roleAssignments",
    }
    assert [fault for row in sent for fault in types.faults(f"{type_of(row['path'])}@{row['version']}", row["sent"], "request")] == []

    judged = [(row["path"], found) for row in rows(record) if (found := faults_of_answer(types, row)) is not None]
    assert [(path, found) for path, found in judged if found] == []
    assert {type_of(path) for path, _ in judged} >= {type_of(row["path"]) for row in sent}


# -- the judge itself --------------------------------------------------------------------------------------------------------

BODY: dict[str, Any] = {
    "location": "swedencentral",
    "kind": "AIServices",
    "sku": {"name": "S0"},
    "identity": {"type": "SystemAssigned"},
    "tags": {"team": "maths"},
    "properties": {"customSubDomainName": "a", "networkAcls": {"defaultAction": "Allow", "ipRules": [{"value": "198.51.100.0/24"}]}},
}
VAULT_BODY: dict[str, Any] = {
    "location": "swedencentral",
    "properties": {"tenantId": str(uuid.UUID(int=0)), "sku": {"family": "A", "name": "standard"}},
}


def test_a_good_body_has_no_fault(types: AzureTypes) -> None:
    assert types.faults(ACCOUNT, BODY, "request") == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda body: body.update(colour="red"), "accounts.colour is unknown"),
        (lambda body: body["properties"].update(colour="red"), "accounts.properties.colour is unknown"),
        (lambda body: body.update(id="/x"), "accounts.id does not belong in a request"),
        (lambda body: body.update(name="a"), "accounts.name does not belong in a request"),
        (lambda body: body["properties"].update(endpoint="https://a"), "accounts.properties.endpoint does not belong in a request"),
        (lambda body: body["sku"].pop("name"), "accounts.sku.name is missing"),
        (lambda body: body["sku"].update(tier=5), "accounts.sku.tier is none of"),
        (lambda body: body["identity"].update(type="Everybody"), "accounts.identity.type is none of"),
        (lambda body: body["tags"].update(number=5), "accounts.tags.number is no string"),
        (lambda body: body["properties"].update(disableLocalAuth="yes"), "accounts.properties.disableLocalAuth is no boolean"),
        (lambda body: body["properties"]["networkAcls"].update(ipRules={}), "networkAcls.ipRules is no list"),
        (lambda body: body["properties"]["networkAcls"]["ipRules"].append({}), "networkAcls.ipRules[1].value is missing"),
        (lambda body: body.update(properties=[]), "accounts.properties is no object"),
    ],
)
def test_a_spoilt_body_is_refused_by_its_place(types: AzureTypes, spoil: Callable[[dict[str, Any]], Any], told: str) -> None:
    body = copy.deepcopy(BODY)
    spoil(body)
    (fault,) = types.faults(ACCOUNT, body, "request")
    assert told in fault


def test_an_answer_may_have_what_is_read_only_and_needs_its_name(types: AzureTypes) -> None:
    answer = {**BODY, "id": "/x", "name": "a1", "type": "Microsoft.CognitiveServices/accounts", "etag": "1"}
    assert types.faults(ACCOUNT, answer, "response") == []
    del answer["name"]
    assert types.faults(ACCOUNT, answer, "response") == ["Microsoft.CognitiveServices/accounts.name is missing"]


def test_an_answer_never_has_what_is_write_only(types: AzureTypes) -> None:
    answer = {**VAULT_BODY, "id": "/x", "name": "abc", "type": "Microsoft.KeyVault/vaults"}
    assert types.faults(VAULT, answer, "response") == []
    spoilt = {**answer, "properties": {**answer["properties"], "createMode": "recover"}}
    assert types.faults(VAULT, spoilt, "response") == ["Microsoft.KeyVault/vaults.properties.createMode does not belong in a response"]


def test_paths_name_their_types() -> None:
    group = "/subscriptions/s/resourceGroups/g"
    assert (type_of(group), names_one(group)) == ("Microsoft.Resources/resourceGroups", True)
    assert names_one("/subscriptions/s/resourceGroups") is False
    assignment = f"{group}/providers/Microsoft.KeyVault/vaults/v/providers/Microsoft.Authorization/roleAssignments/r"
    assert (type_of(assignment), names_one(assignment)) == ("Microsoft.Authorization/roleAssignments", True)
    keys = f"{group}/providers/Microsoft.CognitiveServices/accounts/a/listKeys"
    assert (type_of(keys), names_one(keys)) == ("Microsoft.CognitiveServices/accounts/listKeys", False)
