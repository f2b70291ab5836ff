"""The shipped prices: equal to the captured meters, borrowed only where that is sound, and None where nothing is known."""

from __future__ import annotations

import json
import runpy
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from finetune.catalogue.models import catalogue
from finetune.catalogue.prices import grader_price, hosting_price, inference_price, meters, per_unit, shipped, training_price

PROJECT = Path(__file__).parents[3]
GLOBAL, DEVELOPER, ZONE, STANDARD = "GlobalStandard", "DeveloperTier", "DataZoneStandard", "Standard"

#: USD per 1M tokens (reinforcement: per hour), as documented: Global, Developer, data zone, Standard eastus2, Standard swedencentral.
TRAINING = {
    "gpt-4.1": (25, 12.5, 27.5, 27.5, 30.25),
    "gpt-4.1-mini": (5, 2.5, 5.5, 5.5, 6.05),
    "gpt-4.1-nano": (1.5, 0.75, 1.65, 1.65, 1.815),
    "gpt-4o": (25, 12.5, 27.5, 27.5, 27.5),
    "gpt-4o-mini": (3, 1.5, 3.3, 3.3, 3.3),
    "o4-mini": (100, 50, 110, 110, 121),
    "gpt-5": (None, None, None, None, None),
    "gpt-oss-20b": (3.6, None, 4, 4, None),
    "Llama-3.3-70B-Instruct": (4.5, None, 4.95, 4.95, None),
    "Qwen3-32B": (3.2, None, 3.5, None, None),
    "Ministral-3B": (1, None, 1.1, 1.1, None),
    "gpt-oss-120b": (None, None, None, None, None),
}
#: USD per hour: Global, data zone, Standard eastus2, Developer.
HOSTING = {
    **dict.fromkeys(("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o4-mini"), (1.7, 1.7, 1.7, 0)),
    "gpt-4o": (1.7, 1.7, 1.7, None),
    **dict.fromkeys(("gpt-oss-20b", "Llama-3.3-70B-Instruct"), (0.3, 0.33, 0.33, None)),
    "Qwen3-32B": (0.3, 0.33, None, None),
    "Ministral-3B": (0.65, 0.715, 0.715, None),
}
#: USD per 1M, input / cached / output: Global, data zone, Standard eastus2, Standard swedencentral.
INFERENCE = {
    "gpt-4.1": ((2, 0.5, 8), (2.2, 0.55, 8.8), (2.2, 0.55, 8.8), (2.42, 0.605, 9.68)),
    "gpt-4.1-mini": ((0.4, 0.1, 1.6), (0.44, 0.11, 1.76), (0.44, 0.11, 1.76), (0.484, 0.121, 1.936)),
    "gpt-4.1-nano": ((0.1, 0.025, 0.4), (0.11, 0.028, 0.44), (0.11, 0.028, 0.44), (0.121, 0.031, 0.484)),
    "gpt-4o": ((2.5, 1.25, 10), (2.75, 1.375, 11), (2.75, 1.375, 11), (2.75, 1.513, 11)),
    "gpt-4o-mini": ((0.15, 0.075, 0.6), (0.165, 0.083, 0.66), (None, None, None), (0.165, 0.091, 0.66)),
    "o4-mini": ((1.1, 0.275, 4.4), (1.21, 0.303, 4.84), (1.21, 0.303, 4.84), (1.331, 0.333, 5.324)),
    "Llama-3.3-70B-Instruct": ((0.71, None, 0.71), (0.781, None, 0.781), (0.781, None, 0.781), (0.859, None, 0.859)),
    "gpt-oss-20b": ((0.07, None, 0.3), (0.077, None, 0.33), (0.077, None, 0.33), (0.085, None, 0.36)),
    "Qwen3-32B": ((0.3, None, 1.2), (0.33, None, 1.32), (None, None, None), (None, None, None)),
    "Ministral-3B": ((0.05, None, 0.15), (0.055, None, 0.17), (0.055, None, 0.17), (0.06, None, 0.19)),
}
GRADERS = {
    "gpt-4o": (2.75, 1.375, 11),
    "gpt-4o-mini": (0.165, 0.083, 0.66),
    "gpt-4.1": (2.2, 0.55, 8.8),
    "gpt-4.1-mini": (0.44, 0.11, 1.76),
    "gpt-4.1-nano": (0.11, 0.028, 0.44),
    "o1": (16.5, 8.25, 66),
    "o3": (2.2, 0.55, 8.8),
    "o3-mini-2025-01-31": (1.21, 0.605, 4.84),
    "o4-mini": (1.21, 0.303, 4.84),
    "text-embedding-3-large": (0.13, None, None),
}


def usd(price: object) -> float | None:
    return getattr(price, "usd", None)


@pytest.mark.parametrize("model", TRAINING)
def test_training_costs_what_the_meters_say(model: str) -> None:
    places = ((GLOBAL, "eastus2"), (DEVELOPER, "eastus2"), (ZONE, "eastus2"), (STANDARD, "eastus2"), (STANDARD, "swedencentral"))
    assert tuple(usd(training_price(model, kind, region)) for kind, region in places) == TRAINING[model]


def test_reinforcement_is_priced_by_the_hour_and_the_rest_by_the_token() -> None:
    assert training_price("o4-mini", GLOBAL, "eastus2").unit == "hour"  # type: ignore[union-attr]
    assert training_price("gpt-4.1", GLOBAL, "eastus2").unit == "1M tokens"  # type: ignore[union-attr]


@pytest.mark.parametrize("model", HOSTING)
def test_hosting_costs_what_the_meters_say_and_developer_deployments_nothing(model: str) -> None:
    assert tuple(usd(hosting_price(model, sku, "eastus2")) for sku in (GLOBAL, ZONE, STANDARD, DEVELOPER)) == HOSTING[model]


def test_regional_hosting_of_4o_is_dearer_in_southeastasia() -> None:
    assert usd(hosting_price("gpt-4o", STANDARD, "southeastasia")) == usd(hosting_price("gpt-4o-mini", STANDARD, "southeastasia")) == 2.04


@pytest.mark.parametrize("model", INFERENCE)
def test_inference_costs_what_the_meters_say(model: str) -> None:
    places = ((GLOBAL, "eastus2"), (ZONE, "eastus2"), (STANDARD, "eastus2"), (STANDARD, "swedencentral"))
    found = [inference_price(model, sku, region) for sku, region in places]
    assert tuple((usd(one.input), usd(one.cached_input), usd(one.output)) for one in found) == INFERENCE[model]


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o4-mini"])
def test_a_developer_deployment_reads_and_writes_at_global_prices(model: str) -> None:
    developer, world = inference_price(model, DEVELOPER, "eastus2"), inference_price(model, GLOBAL, "eastus2")
    assert (usd(developer.input), usd(developer.output)) == (usd(world.input), usd(world.output))


def test_the_impossible_meters_of_a_developer_deployment_that_is_not_offered_are_not_used() -> None:
    assert inference_price("gpt-4o", DEVELOPER, "eastus2").cached_input is None
    assert not any("dev ft inpt" in meter for _, _, meter in shipped().values)


@pytest.mark.parametrize("model", GRADERS)
def test_graders_cost_what_the_meters_say(model: str) -> None:
    found = grader_price(model, "eastus2")
    assert (usd(found.input), usd(found.cached_input), usd(found.output)) == GRADERS[model]


def test_a_global_meter_that_the_region_does_not_list_is_read_elsewhere_and_says_so() -> None:
    price = training_price("gpt-4o-mini", GLOBAL, "eastus2")
    assert price is not None
    assert (price.usd, price.region, price.meter) == (3.0, "swedencentral", "gpt-4o-mini-0718-FT-Trng-glbl Tokens")
    assert "swedencentral" in price.remark
    own = training_price("gpt-4.1", GLOBAL, "eastus2")
    assert own is not None
    assert (own.region, own.remark, own.source) == ("eastus2", "", "table 2026-08-15")


def test_northcentralus_takes_the_us_regional_price_and_says_that_this_is_inferred() -> None:
    for model, expected in (("gpt-4.1", 27.5), ("gpt-4.1-mini", 5.5), ("gpt-4o-mini", 3.3)):
        price = training_price(model, STANDARD, "northcentralus")
        assert price is not None
        assert price.usd == expected
        assert price.remark.startswith("INFERRED")
    assert usd(hosting_price("gpt-4o-mini", STANDARD, "northcentralus")) == 1.7


def test_a_regional_price_is_never_borrowed_across_the_ocean() -> None:
    assert training_price("gpt-4.1", STANDARD, "koreacentral") is None
    assert hosting_price("gpt-4.1", STANDARD, "francecentral") is None


def test_an_unknown_model_has_no_price() -> None:
    assert training_price("gpt-9", GLOBAL, "eastus2") is None
    assert hosting_price("gpt-9", DEVELOPER, "eastus2") is None


def test_a_fine_tuned_model_costs_like_its_base() -> None:
    tuned = "gpt-4.1-2025-04-14.ft-4cad7de198a34baeb4f0c95ff01ac844-x"
    assert training_price(tuned, GLOBAL, "eastus2") == training_price("gpt-4.1", GLOBAL, "eastus2")


def test_serverless_phi_has_its_own_meters() -> None:
    assert usd(training_price("Phi-4-mini-instruct", "Serverless", "eastus2")) == 3.0
    assert usd(hosting_price("Phi-4", "Serverless", "eastus2")) == 0.8
    assert usd(inference_price("Phi-4", "Serverless", "eastus2").output) == 0.5
    assert training_price("Phi-4", "Serverless", "westeurope") is None


@pytest.mark.parametrize(
    ("unit", "expected"), [("1K", "5"), ("1M", "0.005"), ("1 Hour", "0.005"), ("1/Hour", "0.005"), ("100 Hours", None), ("1", None)]
)
def test_prices_are_scaled_by_their_unit_of_measure(unit: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match=unit):
            per_unit(Decimal("0.005"), unit)
    else:
        assert per_unit(Decimal("0.005"), unit)[0] == Decimal(expected)


def test_every_model_with_meters_is_known_or_serves_another_purpose() -> None:
    known = {model.name for model in catalogue().models}
    others = {"o1", "o3", "text-embedding-3-large"}
    assert {name for name in meters() if not name.startswith("Phi-")} - others <= known


def test_every_named_meter_is_in_the_table_with_a_price() -> None:
    listed = {(product, meter) for _, product, meter in shipped().values}
    missing = [
        meter
        for row in meters().values()
        for purpose, tiers in row.items()
        if purpose != "products"
        for meter in tiers.values()
        if not any((product, meter) in listed for product in row["products"])
    ]
    assert missing == []


def test_every_shipped_price_is_that_of_the_captured_meter(shared: Path) -> None:
    lines = (shared / "data" / "retail-prices" / "fine-tuning-meters.jsonl").read_text().splitlines()
    captured = {
        (item["armRegionName"], item["productName"], item["meterName"]): per_unit(Decimal(str(item["retailPrice"])), item["unitOfMeasure"])
        for item in (json.loads(line, parse_float=Decimal) for line in lines)
    }
    table = shipped().values
    assert len(table) > 1_100
    assert {key: captured[key] for key in table} == table
    assert len(captured) - len(table) == sum(_is_left_out(meter) for _, _, meter in captured)


def test_the_script_makes_the_shipped_tables_from_the_captured_meters(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meters_file = shared / "data" / "retail-prices" / "fine-tuning-meters.jsonl"
    table, facts = tmp_path / "prices.json", tmp_path / "meters.json"
    arguments = [str(meters_file), "--captured", "2026-08-15", "--table", str(table), "--facts", str(facts)]
    monkeypatch.setattr(sys, "argv", ["refresh_prices.py", *arguments])
    runpy.run_path(str(PROJECT / "scripts" / "refresh_prices.py"), run_name="__main__")
    assert table.read_text() == (PROJECT / "finetune" / "catalogue" / "prices.json").read_text()
    assert facts.read_text() == (PROJECT / "local_azure" / "prices" / "meters.json").read_text()


def _is_left_out(meter: str) -> bool:
    hourly_twin = "Trng-regnl Unit" in meter
    impossible = meter.startswith(("gpt 4o dev ft", "gpt 4o mini dev ft")) and "training" not in meter
    return hourly_twin or impossible
