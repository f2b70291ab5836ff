"""What Azure does not offer is refused with its key and with what is offered; dates that come near are warnings."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from finetune.catalogue import offer
from finetune.catalogue.models import catalogue
from finetune.errors import SettingsError
from finetune.settings import Settings, parse

TODAY = datetime.date(2026, 6, 1)


def wish(model: dict[str, Any] | None = None, deployment: dict[str, Any] | None = None) -> Settings:
    return parse(
        {
            "azure-native:location": "swedencentral",
            "models": {"adder": {"base": "gpt-4.1-mini-2025-04-14", "training": "train.jsonl", **(model or {})}},
            "deployments": {"adder": {"model": "adder", **(deployment or {})}},
        },
        "stacks/Pulumi.test.yaml",
    )


def test_what_is_offered_passes() -> None:
    assert [warning for warning in offer.check(wish(), catalogue(), TODAY) if "error" in warning] == []


@pytest.mark.parametrize(
    ("model", "key", "words"),
    [
        ({"base": "gpt-4.1-mimi"}, "finetuning:models.adder.base", "did you mean gpt-4.1-mini-2025-04-14?"),
        ({"method": "dpo", "base": "o4-mini-2025-04-16"}, "finetuning:models.adder.method", "choose one of: reinforcement"),
        ({"trainingType": "Standard", "region": "westeurope"}, "finetuning:models.adder.region", "northcentralus, swedencentral"),
        ({"base": "Ministral-3B", "trainingType": "DeveloperTier"}, "finetuning:models.adder.trainingType", "GlobalStandard"),
    ],
)
def test_a_training_that_is_not_offered_names_its_key_and_what_is(model: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        offer.check(wish(model), catalogue(), TODAY)
    assert caught.value.source == key
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("deployment", "key"),
    [
        ({"sku": "GlobalBatch"}, "finetuning:deployments.adder.sku"),
        ({"sku": "Standard", "regions": ["westeurope"]}, "finetuning:deployments.adder.regions"),
    ],
)
def test_a_deployment_that_is_not_offered_names_its_key(deployment: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        offer.check(wish(deployment=deployment), catalogue(), TODAY)
    assert caught.value.source == key


def test_a_base_whose_training_has_ended_for_new_customers_is_a_warning_with_its_date() -> None:
    warnings = offer.check(wish(), catalogue(), datetime.date(2026, 11, 22))
    assert any("2026-10-14" in warning and warning.startswith("finetuning:models.adder.base") for warning in warnings)
