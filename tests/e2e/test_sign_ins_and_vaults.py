"""Other ways in, and the documented fallbacks: API keys on request, access policies, the real azure-native plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.azure.completions import ask
from tests.e2e.conftest import Project, small_stack
from tests.local_azure.conftest import Arm


def test_a_vault_with_access_policies_serves_weights_and_biases_too(project: Project) -> None:
    project.cloud.door.settings(operator_links_wandb=True)
    small_stack(project, wandb={"project": "sums", "linked": True}, vault={"permissionModel": "accessPolicies", "softDeleteDays": 7})
    project.up()
    assert project.outputs()["models"]["adder"]["wandb"] == "ok"
    assert not [item for item in project.state() if "vault-reader" in item["urn"]], "no role is assigned on a vault of policies"
    assert project.preview() == {}


def test_unlinked_the_model_is_trained_without_weights_and_biases_and_linking_does_not_train_again(project: Project) -> None:
    small_stack(project, wandb={"project": "sums", "linked": False}, vault={"softDeleteDays": 7})
    said = project.up().said
    assert "Manage integrations" in said
    assert project.outputs()["models"]["adder"]["wandb"] == "off"
    project.change(lambda config: config["finetuning:wandb"].update(linked=True))
    assert project.preview() == {"adder": "update"}


def test_api_keys_are_used_when_asked_for_and_only_then(project: Project) -> None:
    small_stack(project, account={"localAuth": True})
    project.up()
    place = project.outputs()["deployments"]["adder"]["swedencentral"]
    account: dict[str, Any] = next(item for item in project.state() if item["type"] == "azure-native:cognitiveservices:Account")
    key = Arm(project.cloud).call("POST", f"{account['id']}/listKeys")["key1"]
    project.environment |= {"FINETUNING_AUTH": "apiKey", "AZURE_OPENAI_API_KEY": key}
    before = project.cloud.door.journal()[-1]["id"]
    project.change(lambda config: config["finetuning:models"]["adder"].update(retrain=1))
    project.up()
    tokens = [row["effect"] for row in project.cloud.door.journal(before) if "cognitiveservices" in row["effect"]]
    assert tokens == [], "no Entra token was asked for the data plane"
    assert key not in project.pulumi("stack", "export", "--show-secrets").said
    assert ask(place["endpoint"], place["deployment"], "What is 3 plus 3?")


def test_the_real_azure_native_plugin_drives_local_azure(project: Project) -> None:
    if not list((Path.home() / ".pulumi" / "plugins").glob("resource-azure-native-v3*")):
        pytest.skip("needs the real azure-native plugin: `pulumi plugin install resource azure-native 3.29.0`")
    kept = [place for place in project.environment["PATH"].split(":") if not place.endswith("/azure/bin")]
    project.environment |= {"PATH": ":".join(kept), "PULUMI_HOME": str(Path.home() / ".pulumi")}
    small_stack(project)
    project.up()
    assert project.preview() == {}
    project.destroy()
