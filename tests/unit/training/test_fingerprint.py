"""One intent, one fingerprint: it never changes for the same wish, and always for another one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.fine_tuning_job import FineTuningJobProvider, intent_of
from finetune.training.intent import Intent

PLAIN: dict[str, Any] = {
    "project": "finetuning",
    "stack": "dev",
    "name": "tutor",
    "base": "gpt-4.1-mini-2025-04-14",
    "method": "supervised",
    "training_hash": "a" * 64,
    "training_type": "GlobalStandard",
}
GRADER = {"type": "string_check", "name": "größe", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}

#: Fingerprints that stand in the metadata of jobs: a change here means that every model is trained again. Never edit, only add.
GOLDEN: list[tuple[dict[str, Any], str]] = [
    ({}, "v1:44f3a3c262ce7653715107ed27f8dda6ae58724c"),
    ({"validation_hash": "b" * 64}, "v1:d4db95145f06d219f9fadcb9e441400138e8de20"),
    ({"hyperparameters": {"n_epochs": 3, "learning_rate_multiplier": 0.5}}, "v1:241b4664f708ba0a06e0bc6e71a87139d416b127"),
    ({"seed": 0}, "v1:6c717a5919828d510507b409962a1ed5cd99e63c"),
    ({"seed": 7}, "v1:176d8b458851fcaa09aa3712e24d36d872648933"),
    ({"retrain": 1}, "v1:bdcf8e14cc1ca20ac63e2241b6fd6a165ed6e483"),
    ({"method": "dpo", "hyperparameters": {"beta": 0.1}}, "v1:4d338cf9d84097804f5779220182d7975abdeff8"),
    (
        {"method": "reinforcement", "validation_hash": "b" * 64, "grader": GRADER, "hyperparameters": {"reasoning_effort": "high"}},
        "v1:c9d621811a8c05149298c538d4c525656ec8bb78",
    ),
]


@pytest.mark.parametrize(("wish", "fingerprint"), GOLDEN, ids=lambda value: value if isinstance(value, str) else "")
def test_the_fingerprint_of_a_wish_is_what_it_was(wish: dict[str, Any], fingerprint: str) -> None:
    assert Intent(**{**PLAIN, **wish}).fingerprint == fingerprint


def test_defaults_written_down_are_defaults_left_out() -> None:
    written = Intent(
        **PLAIN, validation_hash="", hyperparameters={"n_epochs": "auto", "batch_size": None}, seed=None, grader=None, suffix="", retrain=0
    )
    assert written.fingerprint == Intent(**PLAIN).fingerprint


def test_a_seed_of_zero_is_a_seed() -> None:
    assert Intent(**PLAIN, seed=0).fingerprint != Intent(**PLAIN).fingerprint


OTHER: dict[str, Any] = {
    "project": "other",
    "stack": "prod",
    "name": "writer",
    "base": "gpt-4.1-2025-04-14",
    "method": "dpo",
    "training_hash": "c" * 64,
    "training_type": "Standard",
    "validation_hash": "d" * 64,
    "hyperparameters": {"n_epochs": 4},
    "seed": 5,
    "grader": {"type": "other"},
    "suffix": "v2",
    "retrain": 2,
}


@pytest.mark.parametrize("field", [field.name for field in fields(Intent)])
def test_everything_that_makes_a_training_what_it_is_changes_it(field: str) -> None:
    intent = Intent(**PLAIN)
    assert replace(intent, **{field: OTHER[field]}).fingerprint != intent.fingerprint


def test_what_the_preview_calls_a_new_training_is_never_the_old_job_again() -> None:
    """Else a replacement would adopt the job that it replaces, and its deletion would cancel it."""
    reasons = set(FineTuningJobProvider.replaces) - {"endpoint"}  # another account has other jobs
    assert reasons == {field.name for field in fields(Intent)} - {"project", "stack", "name"}


NUMBERS = st.integers(1, 100) | st.floats(0.001, 100) | st.just("auto")
HYPERPARAMETERS = st.dictionaries(st.sampled_from(["n_epochs", "batch_size", "learning_rate_multiplier", "beta", "eval_samples"]), NUMBERS)
DOCUMENT = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
GRADERS = st.none() | st.dictionaries(st.text(max_size=6), DOCUMENT, min_size=1, max_size=3)


def through_the_engine(value: Any) -> Any:
    """What the engine makes of a document: every number is a float, and the order of keys is its own."""
    if isinstance(value, dict):
        return {key: through_the_engine(value[key]) for key in sorted(value, reverse=True)}
    if isinstance(value, list):
        return [through_the_engine(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(HYPERPARAMETERS, GRADERS, st.none() | st.integers(0, 2**31 - 1), st.integers(0, 50))
def test_a_wish_has_the_same_fingerprint_in_a_command_and_in_the_engine(
    hyperparameters: dict[str, Any], grader: dict[str, Any] | None, seed: int | None, retrain: int
) -> None:
    said = {**PLAIN, "hyperparameters": hyperparameters, "grader": grader, "seed": seed, "retrain": retrain}
    heard = {name: value for name, value in through_the_engine(json.loads(json.dumps(said))).items() if value is not None}
    assert intent_of(heard).fingerprint == Intent(**said).fingerprint


@given(GRADERS, HYPERPARAMETERS)
def test_a_request_carries_numbers_as_they_were_written(grader: dict[str, Any] | None, hyperparameters: dict[str, Any]) -> None:
    heard = intent_of(through_the_engine({**PLAIN, "grader": grader, "hyperparameters": hyperparameters}))
    assert json.dumps(heard.hyperparameters, sort_keys=True) == json.dumps(whole(hyperparameters), sort_keys=True)
    assert json.dumps(heard.grader, sort_keys=True) == json.dumps(whole(grader), sort_keys=True)


def whole(value: Any) -> Any:
    """Numbers as a person writes them: 3 and not 3.0."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_the_owner_names_project_stack_and_model() -> None:
    assert Intent(**PLAIN).owner == "finetuning/dev/tutor"
