"""What somebody reads who wrote a wrong stack file: every wrong key at once, by its path, with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.errors import SettingsError
from finetune.settings import from_engine, from_stack_file, parse, stack_file

FILE = "stacks/Pulumi.dev.yaml"
MODEL = {"base": "gpt-4.1-mini-2025-04-14", "training": "train.jsonl"}


def refusal(values: dict[str, Any]) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse({"azure-native:location": "swedencentral", **values}, FILE)
    return caught.value


def model(**changes: Any) -> dict[str, Any]:
    return {"models": {"tutor": {**MODEL, **changes}}}


def deployment(**values: Any) -> dict[str, Any]:
    return {"deployments": {"tutor": values}}


def test_all_wrong_keys_are_told_at_once_with_file_and_paths() -> None:
    values = {
        "acount": {},
        "account": {"kind": "OpenAi", "localAuth": "perhaps"},
        "models": {"tutor": {"base": "gpt-4.1-mini-2025-04-14", "hyperparameters": {"n_epochs": 0, "epochs": 3}}},
    }
    assert str(refusal(values)) == (
        "stacks/Pulumi.dev.yaml: 6 wrong configuration keys\n"
        "  why: finetuning:account.kind: Input should be 'OpenAI' or 'AIServices'\n"
        "       finetuning:account.localAuth: Input should be a valid boolean, unable to interpret input\n"
        "       finetuning:models.tutor.training: is missing\n"
        "       finetuning:models.tutor.hyperparameters.n_epochs: Input should be greater than or equal to 1, or 'auto'\n"
        "       finetuning:models.tutor.hyperparameters.epochs: unknown key\n"
        "       finetuning:acount: unknown key\n"
        "  do:  edit stacks/Pulumi.dev.yaml; the keys are described in docs/configuration.md"
    )


#: Values that are wrong, and the one line that tells it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"foo": 1}, "finetuning:foo: unknown key"),
    ({"azure-native:location": "Sweden Central"}, "azure-native:location: String should match pattern '^[a-z][a-z0-9]+$'"),
    (model(trainingtype="Standard"), "finetuning:models.tutor.trainingtype: unknown key"),
    (
        model(trainingType="Global"),
        "finetuning:models.tutor.trainingType: Input should be 'Standard', 'GlobalStandard', 'DeveloperTier' or 'DataZoneStandard'",
    ),
    (
        model(hyperparameters={"learning_rate_multiplier": "fast"}),
        "finetuning:models.tutor.hyperparameters.learning_rate_multiplier: "
        "Input should be a valid number, unable to parse string as a number, or 'auto'",
    ),
    (model(hyperparameters={"seed": -1}), "finetuning:models.tutor.hyperparameters.seed: Input should be greater than or equal to 0"),
    (model(hyperparameters={"beta": 0.1}), "finetuning:models.tutor: hyperparameters beta do not belong to method supervised"),
    (model(method="reinforcement"), "finetuning:models.tutor: method reinforcement needs a grader and a validation file"),
    (model(grader={"type": "string_check"}), "finetuning:models.tutor: a grader belongs to method reinforcement, not supervised"),
    (model(suffix="v1.2"), "finetuning:models.tutor.suffix: String should match pattern '^[A-Za-z0-9_-]{1,40}$'"),
    (model(budget=0), "finetuning:models.tutor.budget: Input should be greater than 0"),
    (model(retrain=-1), "finetuning:models.tutor.retrain: Input should be greater than or equal to 0"),
    (model(metadata={"team": 7}), "finetuning:models.tutor.metadata.team: Input should be a valid string"),
    (model(metadata={"team": "x" * 513}), "finetuning:models.tutor.metadata: team: a key may have 64 characters and a value 512"),
    ({"models": {"my model": MODEL}}, "finetuning:models.my model: the name should match pattern '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'"),
    ({"models": ["tutor"]}, "finetuning:models: Input should be a valid dictionary"),
    (deployment(), "finetuning:deployments.tutor: give exactly one of model, base, released (given: none)"),
    (
        deployment(base="gpt-4.1-mini-2025-04-14", model="tutor"),
        "finetuning:deployments.tutor: give exactly one of model, base, released (given: model, base)",
    ),
    (deployment(model="tutr"), "finetuning:deployments.tutor.model: there is no model tutr in this stack (models: none)"),
    (
        deployment(base="gpt-4.1-mini-2025-04-14", checkpoint=5),
        "finetuning:deployments.tutor: checkpoint belongs to a model of this stack; a released checkpoint is named by its id",
    ),
    (
        deployment(base="gpt-4.1-mini-2025-04-14", checkpoint="first"),
        "finetuning:deployments.tutor.checkpoint: Input should be a valid integer, unable to parse string as an integer, or 'last'",
    ),
    (deployment(base="gpt-4.1-mini-2025-04-14", capacity=0), "finetuning:deployments.tutor.capacity: Input should be greater than or equal to 1"),
    (
        deployment(base="gpt-4.1-mini-2025-04-14", regions=["swedencentral", "Sweden"]),
        "finetuning:deployments.tutor.regions.1.region: String should match pattern '^[a-z][a-z0-9]+$'",
    ),
    (
        deployment(base="gpt-4.1-mini-2025-04-14", regions=["westus3", {"region": "westus3"}]),
        "finetuning:deployments.tutor.regions: westus3 is named twice",
    ),
    (deployment(base="gpt-4.1-mini-2025-04-14", regions="westus3"), "finetuning:deployments.tutor.regions: Input should be a valid tuple"),
    (
        deployment(released={"id": "gpt-4.1-mini-2025-04-14.ft-0123", "account": "math"}),
        "finetuning:deployments.tutor.released.account: String should match pattern '(?i)^/subscriptions/",
    ),
    ({"vault": {"softDeleteDays": 3}}, "finetuning:vault.softDeleteDays: Input should be greater than or equal to 7"),
    ({"vault": {"name": "kv-"}}, "finetuning:vault.name: String should match pattern"),
    ({"vault": {"name": "a-long-long-name"}}, "finetuning:vault.name: String should have at most 13 characters"),
    ({"wandb": {}}, "finetuning:wandb.project: is missing"),
    ({"wandb": {"project": "p", "existingSecret": {"vaultUrl": "kv"}}}, "finetuning:wandb.existingSecret.vaultUrl: String should match pattern"),
    ({"patience": {"files": 0}}, "finetuning:patience.files: Input should be greater than 0"),
    ({"tags": {"year": 2026}}, "finetuning:tags.year: Input should be a valid string"),
    ({"resourceGroup": "ends."}, "finetuning:resourceGroup: String should match pattern"),
]


@pytest.mark.parametrize(("values", "line"), WRONG, ids=lambda value: value[:60] if isinstance(value, str) else "")
def test_a_wrong_value_is_told_with_its_path_once(values: dict[str, Any], line: str) -> None:
    error = refusal(values)
    told = error.why.split("\n       ")
    assert any(text.startswith(line) for text in told), error.why
    assert len({text.partition(": ")[0] for text in told}) == len(told), "each key once"
    assert error.source == FILE
    assert error.exit_code == 2


def test_a_missing_location_is_named_as_the_engine_names_it() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({}, FILE)
    assert caught.value.why == "azure-native:location: is missing"


def test_the_program_names_the_same_keys_as_the_commands(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config:\n  azure-native:location: swedencentral\n  finetuning:models:\n    tutor: {base: x}\n")
    with pytest.raises(SettingsError) as by_file:
        from_stack_file(path)
    with pytest.raises(SettingsError) as by_engine:
        from_engine({"azure-native:location": "swedencentral", "finetuning:models": '{"tutor": {"base": "x"}}'}, str(path))
    assert str(by_file.value) == str(by_engine.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config: {a: [}", ":1: is not valid YAML"),
        ("config:\n  a: 1\n b: 2\n", ":3: is not valid YAML"),
        ("- config\n", ": is not a mapping of keys to values"),
        ("config: [1]\n", ": is not a mapping of keys to values"),
        ("config:\n  1: 2\n", "finetuning:1: unknown key"),
        ("", "azure-native:location: is missing"),
        ("config:\n", "azure-native:location: is missing"),
        ("config: \udcff\n", ": is not UTF-8"),
    ],
)
def test_a_stack_file_that_is_no_stack_file_is_one_clear_message(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(SettingsError) as caught:
        from_stack_file(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_stack_that_does_not_exist_is_named_with_its_file() -> None:
    with pytest.raises(SettingsError) as caught:
        from_stack_file(stack_file("nowhere"))
    assert str(caught.value) == "stacks/Pulumi.nowhere.yaml: there is no such stack file\n  do:  name a stack of this project, or run in its folder"


def test_an_organisation_in_front_of_a_stack_is_no_part_of_its_file() -> None:
    assert stack_file("acme/finetuning/prod") == Path("stacks/Pulumi.prod.yaml")
