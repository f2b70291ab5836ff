"""The main job: real data becomes a model that answers in two regions, and everything after the first `up`."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from finetune.azure.completions import ask
from tests.e2e.conftest import Project, example, small_stack
from tests.local_azure.conftest import Arm

DATA_PLANE = ("openai", "keyvault", "wandb")


def data_plane(rows: list[dict[str, Any]]) -> list[str]:
    """The operations that a run asked of the data planes."""
    return [row["operation"] for row in rows if row["service"] in DATA_PLANE]


def last_id(project: Project) -> int:
    return int(project.cloud.door.journal()[-1]["id"])


@pytest.fixture
def gsm8k(project: Project, shared: Path) -> Project:
    """The stack of the README on the real arithmetic set, with Weights & Biases linked by an operator at once."""
    project.cloud.door.settings(operator_links_wandb=True, job_train=1.0)
    (project.folder / "data").mkdir()
    for part in ("train", "validation"):
        (project.folder / "data" / f"{part}.jsonl").write_bytes((shared / "data" / "gsm8k-chat" / f"{part}.jsonl").read_bytes())
    project.configure(
        {
            "azure-native:location": "swedencentral",
            "account": {"kind": "AIServices", "localAuth": False},
            "vault": {"purgeProtection": False, "softDeleteDays": 7},
            "wandb": {"project": "math-tutor", "tags": ["gsm8k"], "linked": True},
            "models": {
                "math-tutor": {
                    "base": "gpt-4.1-mini-2025-04-14",
                    "training": "data/train.jsonl",
                    "validation": "data/validation.jsonl",
                    "hyperparameters": {"n_epochs": 3, "seed": 7},
                }
            },
            "deployments": {"math-tutor": {"model": "math-tutor", "regions": ["swedencentral", "northcentralus"], "capacity": 50}},
        }
    )
    return project


def test_real_data_becomes_a_model_that_answers_in_two_regions_and_leaves_nothing_when_destroyed(gsm8k: Project) -> None:
    cloud, key = gsm8k.cloud, gsm8k.cloud.identity.wandb_key
    assert key not in gsm8k.pulumi("preview", "--diff").said
    assert key not in gsm8k.up().said
    outputs = gsm8k.outputs()
    places = outputs["deployments"]["math-tutor"]
    assert set(places) == {"swedencentral", "northcentralus"}
    for place in places.values():
        answer = ask(place["endpoint"], place["deployment"], "Tom has 5 apples and buys 7 more. How many apples has he?\nSolution:")
        assert "!!!" in answer, "the mark of the training set shows that the model was tuned"
    assert outputs["models"]["math-tutor"]["wandb"] == "ok"

    # Nothing changes, and a preview asks nothing of the data planes; an `up` looks once at the job.
    before = last_id(gsm8k)
    gsm8k.pulumi("preview", "--expect-no-changes")
    assert data_plane(cloud.door.journal(before)) == []
    before = last_id(gsm8k)
    gsm8k.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert len(data_plane(cloud.door.journal(before))) == 1

    # The key is nowhere but in the vault.
    assert key.encode() not in (cloud.folder / "log").read_bytes()
    assert key not in gsm8k.pulumi("stack", "export", "--show-secrets").said
    for path in [*(gsm8k.folder.parent / "state").rglob("*"), *gsm8k.file.parent.glob("*.yaml")]:
        assert not path.is_file() or key.encode() not in path.read_bytes(), path
    assert key not in json.dumps(cloud.door.journal())

    gsm8k.destroy()
    left = cloud.door.call("GET", "/status")["contents"]
    assert gsm8k.state() == []
    assert left.get("deployment", 0) == 0
    deleted = [row["path"] for row in cloud.door.journal() if row["method"] == "DELETE" and row["service"] == "arm" and row["status"] >= 400]
    assert deleted == [], "each deletion was accepted at once: the order was right"


def test_the_wandb_run_has_the_metrics_of_the_training(gsm8k: Project) -> None:
    gsm8k.up()
    key = gsm8k.cloud.identity.wandb_key
    runs = requests.get("https://api.wandb.ai/api/runs/local/math-tutor", auth=("api", key), timeout=30).json()["runs"]
    assert len(runs) == 1
    losses = [row["train_loss"] for row in runs[0]["history"]]
    assert losses[-1] < losses[0]
    assert "gsm8k" in runs[0]["tags"]


def test_a_changed_training_line_retrains_and_the_old_deployment_answers_all_the_while(project: Project) -> None:
    small_stack(project)
    project.up()
    before = project.outputs()["deployments"]["adder"]["swedencentral"]
    project.data("train.jsonl", [example(number) for number in range(1, 21)])

    document = json.loads(project.pulumi("preview", "--json").said)
    plan = {step["urn"].split("::")[-1]: step["op"] for step in document["steps"]}
    assert plan["adder-training"] == "replace"
    assert plan["adder"] == "replace"
    assert plan["adder-swedencentral-deployment"] == "update"
    assert any("it trains again: the training data changed" in told["message"] for told in document["diagnostics"])

    failures, over = [], threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            try:
                ask(before["endpoint"], before["deployment"], "What is 3 plus 3?")
            except Exception as error:
                failures.append(error)
            over.wait(0.05)

    asker = threading.Thread(target=keep_asking)
    asker.start()
    try:
        project.up()
    finally:
        over.set()
        asker.join()
    assert failures == []
    assert project.outputs()["deployments"]["adder"]["swedencentral"]["model"] != before["model"]


def test_a_deployment_deleted_behind_its_back_is_found_by_refresh_and_restored_by_up(project: Project) -> None:
    small_stack(project)
    project.up()
    deployment = next(item for item in project.state() if item["type"] == "azure-native:cognitiveservices:Deployment")
    Arm(project.cloud).call("DELETE", deployment["id"])

    project.refresh()
    assert project.preview()["adder-swedencentral-deployment"] == "create"
    project.up()
    place = project.outputs()["deployments"]["adder"]["swedencentral"]
    assert "∎" in ask(place["endpoint"], place["deployment"], "What is 3 plus 3?")


def test_a_job_of_the_same_intent_is_adopted_after_its_answer_was_lost(project: Project) -> None:
    small_stack(project)
    project.cloud.door.fault(path="operation:create_job", method="POST", after=True, cut=True, times=1)
    project.up()
    created = [row for row in project.cloud.door.journal() if row["effect"].startswith("created ftjob-")]
    assert len(created) == 1


def test_a_checkpoint_of_the_model_can_be_deployed(project: Project) -> None:
    small_stack(project)
    project.up()
    steps = [item["outputs"]["checkpoints"] for item in project.state() if item["type"].endswith("FineTunedModel")][0]
    first = steps[0]
    project.change(lambda config: config["finetuning:deployments"]["adder"].update(checkpoint=int(first["step"])))
    project.up()
    place = project.outputs()["deployments"]["adder"]["swedencentral"]
    assert place["model"] == first["id"]
    assert ask(place["endpoint"], place["deployment"], "What is 3 plus 3?")
