"""ReadyDeployment, as the engine drives it: ready means that the right model answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_azure.conftest import Account, chat_lines, upload
from tests.provider.resources.conftest import Failed, Kind, Props, job_inputs

MINI = "gpt-4.1-mini"


def inputs(account: Account, **changes: Any) -> Props:
    wanted = {"name": "tutor-ready", "endpoint": account.url, "deployment": "tutor", "model": MINI, "role_seconds": 0, "ready_seconds": 60}
    return {**wanted, **changes}


@pytest.fixture
def tuned(jobs: Kind, account: Account) -> str:
    id, _ = jobs.create(job_inputs(account, upload(account.v1(), chat_lines(12))))
    account.cloud.door.advance(30)
    return str(account.v1().fine_tuning.jobs.retrieve(id).fine_tuned_model)


def test_it_is_ready_when_it_answers_though_arm_said_so_before(deployments: Kind, account: Account) -> None:
    account.deploy("tutor", MINI, "2025-04-14")
    account.cloud.door.fault(path="/chat/completions", status=404, code="DeploymentNotFound", message="Not yet.", times=2)
    id, outputs = deployments.create(inputs(account))
    assert id == f"{account.url}/openai/deployments/tutor"
    assert outputs == inputs(account)
    assert [row["status"] for row in account.cloud.door.journal() if "chat/completions" in row["path"]] == [404, 404, 200]


def test_one_that_never_answers_is_told_with_its_reason(deployments: Kind, account: Account) -> None:
    with pytest.raises(Failed) as caught:
        deployments.create(inputs(account, ready_seconds=0))
    assert caught.value.shown.startswith("could not reach deployment tutor\n  why: 404 DeploymentNotFound")


def test_the_model_before_is_not_taken_for_the_new_one(deployments: Kind, account: Account, tuned: str) -> None:
    """A fine-tuned model's name begins with its base model's."""
    account.deploy("tutor", MINI, "2025-04-14")
    deployments.create(inputs(account))
    with pytest.raises(Failed, match="it still answers with gpt-4.1-mini"):
        deployments.update("id", inputs(account), inputs(account, model=tuned, ready_seconds=0))


def test_an_update_waits_for_the_new_model(deployments: Kind, account: Account, tuned: str) -> None:
    account.deploy("tutor", tuned)
    assert deployments.update("id", inputs(account), inputs(account, model=tuned))["model"] == tuned


def test_a_paused_deployment_is_still_there(deployments: Kind, account: Account) -> None:
    account.deploy("tutor", MINI, "2025-04-14")
    id, outputs = deployments.create(inputs(account))
    account.arm.call("POST", f"{account.id}/deployments/tutor/pause", version="2025-12-01")
    assert deployments.read(id, outputs)[0] == id


def test_a_new_model_is_an_update_and_a_new_place_a_replacement(deployments: Kind, account: Account) -> None:
    olds = inputs(account)
    assert deployments.diff(olds, {**olds, "model": "other"}) == (True, [])
    assert deployments.diff(olds, {**olds, "deployment": "other"}) == (True, ["deployment"])
    assert deployments.diff(olds, {**olds, "ready_seconds": 5, "role_seconds": 5}) == (False, [])


def test_reading_finds_it_or_finds_it_gone_and_deleting_is_azure_natives(deployments: Kind, account: Account) -> None:
    account.deploy("tutor", MINI, "2025-04-14")
    id, outputs = deployments.create(inputs(account))
    assert deployments.read(id, outputs) == (id, outputs, outputs)
    deployments.delete(id, outputs)
    assert deployments.read(id, outputs)[0] == id
    account.arm.call("DELETE", f"{account.id}/deployments/tutor")
    assert deployments.read(id, outputs)[0] == ""
