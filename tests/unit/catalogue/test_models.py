"""The table of models: found by every name, suggested when misspelt, dated, and open to a user's own file."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from finetune.catalogue.models import base_name, catalogue, closest, find, lifecycle, training_type
from finetune.errors import FinetuneError

NOVEMBER = datetime.date(2026, 11, 22)
FINE_TUNED = "gpt-4.1-2025-04-14.ft-70b83bfc4a2548b081bd3634f63f2503-gpt41-action-recognition-ft-dev-01"


@pytest.mark.parametrize(
    ("name", "full_name"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-2025-04-14"),
        ("GPT-4.1-mini", "gpt-4.1-mini-2025-04-14"),
        ("Ministral-3B", "Ministral-3B"),
        ("Ministral-3B-2411", "Ministral-3B"),
        ("Qwen-32B", "Qwen3-32B"),
        (FINE_TUNED, "gpt-4.1-2025-04-14"),
        ("gpt-4.1-2025-04-14.ft-4cad7de198a34baeb4f0c95ff01ac844", "gpt-4.1-2025-04-14"),
        ("gpt-35-turbo", "gpt-35-turbo-0125"),
    ],
)
def test_a_model_is_found_by_each_of_its_names_and_by_models_tuned_from_it(name: str, full_name: str) -> None:
    model = find(name)
    assert model is not None
    assert model.full_name == full_name


def test_a_model_tuned_twice_leads_to_its_first_base() -> None:
    assert base_name(f"{FINE_TUNED}.ft-8aad139b19084ebf968c1e58f2dc3326-again") == "gpt-4.1-2025-04-14"
    assert base_name("Qwen3.6-35B-A3B") == "Qwen3.6-35B-A3B"


def test_an_unknown_model_is_none_and_has_near_names() -> None:
    assert find("gpt-4.1-mni") is None
    assert closest("gpt-4.1-mni")[0] == "gpt-4.1-mini-2025-04-14"
    assert closest("something else") == ()


def test_retired_models_are_recognised_but_never_suggested() -> None:
    assert "gpt-35-turbo-0125" not in closest("gpt-35-turb")
    assert lifecycle(find("gpt-35-turbo") or pytest.fail(), NOVEMBER)[0].severity == "error"


@pytest.mark.parametrize(
    ("spelling", "name"), [("globalstandard", "GlobalStandard"), ("developerTier", "DeveloperTier"), ("Developer", "DeveloperTier")]
)
def test_training_types_are_read_in_every_spelling_of_the_documentation(spelling: str, name: str) -> None:
    assert training_type(spelling) == name


def test_open_models_are_deployed_under_their_publishers_format() -> None:
    formats = {
        name: (find(name) or pytest.fail()).format for name in ("gpt-oss-20b", "Ministral-3B", "Llama-3.3-70B-Instruct", "Qwen3-32B", "gpt-4o")
    }
    assert formats == {
        "gpt-oss-20b": "Microsoft",
        "Ministral-3B": "Mistral AI",
        "Llama-3.3-70B-Instruct": "Meta",
        "Qwen3-32B": "Alibaba",
        "gpt-4o": "OpenAI",
    }


def test_regions_stand_by_training_type_and_sku() -> None:
    model = find("gpt-4o") or pytest.fail()
    assert "northcentralus" in (model.training["Standard"] or ())
    assert "northcentralus" not in (model.deployment["Standard"] or ())
    assert model.deployment["GlobalStandard"] is None, "no list is documented"
    nano = find("gpt-4.1-nano") or pytest.fail()
    assert "polandcentral" not in (nano.training["GlobalStandard"] or ())
    assert nano.example_tokens == 32_768


@pytest.mark.parametrize(("existing", "severity"), [(None, "warning"), (True, "warning"), (False, "error")])
def test_the_end_of_a_base_model_ends_training_for_all_but_existing_customers(existing: bool | None, severity: str) -> None:
    notices = lifecycle(find("gpt-4.1-mini") or pytest.fail(), NOVEMBER, existing)
    assert notices[0].severity == severity
    assert "existing customers" in notices[0].text
    assert "2027-04-14" in notices[0].text


def test_a_notice_names_replacements_and_what_else_can_be_trained() -> None:
    notice = lifecycle(find("gpt-4o-mini") or pytest.fail(), NOVEMBER)[0]
    assert notice.replacements == ("gpt-4.1-mini",)
    assert "Ministral-3B" in notice.alternatives
    assert "gpt-4.1-mini-2025-04-14" not in notice.alternatives, "its own end is near"
    assert "Microsoft's schedule names gpt-4.1-mini" in notice.advice


@pytest.mark.parametrize(
    ("day", "severities"),
    [
        (datetime.date(2025, 6, 1), []),
        (datetime.date(2026, 1, 1), ["note"]),
        (datetime.date(2026, 8, 1), ["warning"]),
        (datetime.date(2027, 6, 1), ["warning", "warning"]),
        (datetime.date(2027, 10, 14), ["warning", "error"]),
    ],
)
def test_an_end_is_a_note_a_year_before_a_warning_half_a_year_before_and_an_error_when_it_is_over(day: datetime.date, severities: list[str]) -> None:
    assert [notice.severity for notice in lifecycle(find("gpt-4.1") or pytest.fail(), day)] == severities


def test_a_users_file_changes_a_model_and_adds_another(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(
        "models:\n"
        "  - {name: gpt-4.1-mini, version: '2025-04-14', exampleTokens: 131072}\n"
        "  - {name: gpt-7, version: '2027-01-01', methods: [supervised], training: {GlobalStandard: globalTraining}, deployment: {}}\n"
    )
    table = catalogue(path)
    changed = table.find("gpt-4.1-mini") or pytest.fail()
    assert (changed.example_tokens, changed.context_tokens) == (131_072, 128_000)
    assert "swedencentral" in ((table.find("gpt-7-2027-01-01") or pytest.fail()).training["GlobalStandard"] or ())
    assert find("gpt-7") is None, "the shipped table stays as it is"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models:\n  - {name: x, methods: [supervised], training: {}, deployment: {}, colour: red}\n", "colour"),
        ("models: {}\n", "shape"),
        ("models:\n  - {name: x, methods: [magic], training: {}, deployment: {}}\n", "methods"),
        ("models: [\n", "YAML"),
    ],
)
def test_a_users_file_that_is_wrong_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(text)
    with pytest.raises(FinetuneError) as caught:
        catalogue(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
