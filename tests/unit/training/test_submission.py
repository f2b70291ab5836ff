"""The request of a job, and which jobs of an account answer for an intent."""

from __future__ import annotations

from typing import Any

import pytest

from finetune.training.intent import Intent
from finetune.training.lifecycle import STAGES, stage
from finetune.training.submission import Submission, carries
from tests.unit.training.test_fingerprint import PLAIN


def submission(training_file: str = "file-1", metadata: tuple[tuple[str, str], ...] = (), **wish: Any) -> Submission:
    return Submission(Intent(**{**PLAIN, **wish}), training_file, metadata=metadata)


def job(**more: Any) -> dict[str, Any]:
    """A job as an account lists it that was made of the plain wish with seed 7."""
    made = submission(seed=7).body()
    return {"id": "ftjob-1", "status": "running", "validation_file": None, "suffix": None, **made, **more}


def test_a_plain_wish_is_a_plain_request() -> None:
    intent = Intent(**PLAIN)
    assert submission().body() == {
        "model": "gpt-4.1-mini-2025-04-14",
        "training_file": "file-1",
        "method": {"type": "supervised", "supervised": {}},
        "trainingType": "GlobalStandard",
        "metadata": {"finetuning_fingerprint": intent.fingerprint, "finetuning_owner": "finetuning/dev/tutor"},
    }


def test_a_full_wish_is_sent_in_the_services_words() -> None:
    grader = {"type": "string_check"}
    wish = submission(
        method="reinforcement", hyperparameters={"n_epochs": 2, "eval_samples": 4}, grader=grader, seed=0, suffix="v1", validation_hash="b"
    )
    wandb = {"type": "wandb", "wandb": {"project": "tutor"}}
    body = Submission(wish.intent, "file-1", "file-2", integrations=(wandb,)).body()
    assert body["method"] == {"type": "reinforcement", "reinforcement": {"hyperparameters": {"n_epochs": 2, "eval_samples": 4}, "grader": grader}}
    assert (body["validation_file"], body["suffix"], body["seed"], body["integrations"]) == ("file-2", "v1", 0, [wandb])


def test_nobody_can_overwrite_the_fingerprint_by_metadata_of_his_own() -> None:
    body = submission(metadata=(("team", "maths"), ("finetuning_fingerprint", "mine"))).body()
    assert body["metadata"]["team"] == "maths"
    assert body["metadata"]["finetuning_fingerprint"] == Intent(**PLAIN).fingerprint


def test_an_owner_longer_than_the_service_keeps_is_cut() -> None:
    assert len(submission(name="n" * 600).body()["metadata"]["finetuning_owner"]) == 512


@pytest.mark.parametrize("status", [*STAGES, "some_new_status"])
def test_a_job_answers_for_an_intent_unless_it_failed_or_was_cancelled(status: str) -> None:
    assert carries(submission(seed=7))(job(status=status)) is (status not in ("failed", "cancelled"))


def test_a_job_of_another_fingerprint_is_another_job_whatever_it_looks_like() -> None:
    assert not carries(submission(seed=7, retrain=1))(job())
    assert not carries(submission(seed=7))(job(metadata={"team": "maths"}))


#: What a job without metadata may look like, and whether it is taken for the plain wish with seed 7.
WITHOUT_METADATA: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"metadata": None}, True),
    ({"hyperparameters": {"n_epochs": -1, "batch_size": "auto"}, "method": None}, True),
    ({"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto", "batch_size": -1}}}}, True),
    ({"trainingType": "globalStandard"}, True),
    ({"trainingType": "developerTier"}, False),
    ({"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 5}}}}, False),
    ({"hyperparameters": {"n_epochs": 5}, "method": None}, False),
    ({"method": {"type": "dpo", "dpo": {}}}, False),
    ({"model": "gpt-4.1-2025-04-14"}, False),
    ({"training_file": "file-2"}, False),
    ({"validation_file": "file-2"}, False),
    ({"suffix": "v1"}, False),
    ({"seed": 8}, False),
    ({"status": "failed"}, False),
]


@pytest.mark.parametrize(("found", "same"), WITHOUT_METADATA, ids=str)
def test_where_a_service_drops_metadata_only_a_job_of_the_same_request_answers(found: dict[str, Any], same: bool) -> None:
    assert carries(submission(seed=7))(job(**{"metadata": {}, **found})) is same


def test_hyperparameters_are_compared_where_a_service_drops_metadata() -> None:
    wish = submission(seed=7, hyperparameters={"n_epochs": 3})
    made = {"metadata": {}, "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3.0, "batch_size": -1}}}}
    assert carries(wish)(job(**made))
    assert not carries(wish)(job(metadata={}))


@pytest.mark.parametrize("wish", [{"seed": None}, {"seed": 7, "retrain": 1}])
def test_without_metadata_and_without_a_seed_of_its_own_no_job_is_taken(wish: dict[str, Any]) -> None:
    assert not carries(submission(**wish))(job(metadata={}, seed=wish["seed"]))


def test_the_table_of_stages_knows_every_status_that_azure_documents() -> None:
    """azure.md §1.2: created|pending|running|pausing|paused|resuming|succeeded|cancelled|failed."""
    documented = {"created", "pending", "running", "pausing", "paused", "resuming", "succeeded", "cancelled", "failed"}
    assert documented <= set(STAGES)
    assert {status for status, row in STAGES.items() if row.terminal} == {"succeeded", "failed", "cancelled"}
    assert {status for status, row in STAGES.items() if not row.adoptable} == {"failed", "cancelled"}


def test_a_status_of_tomorrow_is_waited_for_and_answers() -> None:
    assert not stage("awaiting_capacity").terminal
    assert stage("awaiting_capacity").adoptable
    assert "does not know" in stage("awaiting_capacity").told
