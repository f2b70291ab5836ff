"""A model is served in another subscription and region than the one that trained it."""

from __future__ import annotations

from finetune.azure.completions import ask
from tests.e2e.conftest import Project, small_stack


def test_a_model_is_copied_into_another_subscription_and_answers_there(project: Project) -> None:
    other = project.cloud.identity.subscriptions[1]
    small_stack(project)
    places = ["swedencentral", {"region": "eastus2", "subscription": other}]
    project.change(lambda config: config["finetuning:deployments"]["adder"].update(regions=places))
    project.up()
    answering = project.outputs()["deployments"]["adder"]
    assert set(answering) == {"swedencentral", f"eastus2-{other[:8]}"}
    for place in answering.values():
        assert "∎" in ask(place["endpoint"], place["deployment"], "What is 3 plus 3?")
    deployed = [item for item in project.state() if item["type"] == "azure-native:cognitiveservices:Deployment"]
    assert sum(f"/subscriptions/{other}/" in item["id"] for item in deployed) == 1
    assert project.preview() == {}
    project.destroy()


def test_a_model_of_another_stack_is_served_by_its_id(project: Project) -> None:
    small_stack(project)
    project.up()
    trained = project.outputs()["models"]["adder"]
    project.stack = "serving"
    project.configure(
        {
            "azure-native:location": "northcentralus",
            "deployments": {"adder": {"released": {"id": trained["id"], "account": trained["account"]}, "capacity": 10}},
        }
    )
    project.pulumi("stack", "init")
    project.up()
    place = project.outputs()["deployments"]["adder"]["northcentralus"]
    assert place["model"] == trained["id"]
    assert "∎" in ask(place["endpoint"], place["deployment"], "What is 3 plus 3?")
