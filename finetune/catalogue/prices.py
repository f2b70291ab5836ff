"""What a meter costs: names of meters by model and purpose, the shipped table, and look-ups that know where a price may be borrowed.

A price that is not known is None, never 0.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

import yaml

from finetune.catalogue.models import base_name, find, training_type

Unit = Literal["1M tokens", "hour"]

#: Regions of the United States, where a regional meter costs what eastus2's costs: INFERRED, eastus2 and centralus agree wherever both are listed.
_US = frozenset({"centralus", "eastus", "eastus2", "northcentralus", "southcentralus", "westcentralus", "westus", "westus2", "westus3"})

#: Where else the meter of a tier is looked for. Global and Developer meters cost the same in every list that has them; so do data-zone meters.
_FALLBACK: dict[str, tuple[str, ...]] = {
    "GlobalStandard": ("swedencentral", "northeurope", "eastus2"),
    "DeveloperTier": ("swedencentral", "northeurope", "eastus2"),
    "DataZoneStandard": ("eastus2", "swedencentral"),
    "grader": ("swedencentral", "eastus2"),
    "Serverless": (),
}

#: A US regional meter costs this much more than the global one (seen in every pair of the capture), where no list has it: INFERRED.
_REGIONAL_FACTOR = Decimal("1.1")


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs.

    Args:
        usd: list price in US dollars per ``unit``.
        meter: name of the meter as on the bill; empty where Azure has none because the thing is free.
        product: the product that the meter belongs to.
        region: region whose list has the price.
        source: where it was read, with the date: "table 2026-08-15", "Retail Prices API 2026-11-22".
        remark: why the price is another region's, or INFERRED; empty when it is the meter's own.
    """

    usd: float
    unit: Unit
    meter: str
    product: str
    region: str
    source: str
    remark: str = ""


class PriceList(Protocol):
    """Prices by region, product and meter: the shipped table, or the live list."""

    @property
    def source(self) -> str:
        """Where the prices come from, with the date."""

    def covers(self, region: str) -> bool:
        """Whether the list has anything of the region, so that a meter missing there is not on offer."""

    def value(self, region: str, product: str, meter: str) -> tuple[Decimal, Unit] | None:
        """The price of one meter, or None."""


class Table:
    """A price list held in memory.

    Args:
        values: (region, product, meter) → USD and unit.
        regions: every region that was asked for, also those without a meter.
        source: see :class:`PriceList`.
    """

    def __init__(self, values: dict[tuple[str, str, str], tuple[Decimal, Unit]], regions: frozenset[str], source: str):
        self.values, self.regions, self.source = values, regions, source

    def covers(self, region: str) -> bool:
        return region in self.regions

    def value(self, region: str, product: str, meter: str) -> tuple[Decimal, Unit] | None:
        return self.values.get((region, product, meter))


@dataclass(frozen=True, slots=True)
class InferencePrices:
    """What a deployment's tokens cost; None where a price is unknown or the model has no such meter."""

    input: Price | None
    cached_input: Price | None
    output: Price | None


def per_unit(price: Decimal, unit_of_measure: str) -> tuple[Decimal, Unit]:
    """A retail price in the units used here: per 1M tokens or per hour.

    Raises:
        ValueError: for a unit of measure that neither counts tokens nor hours.
    """
    tokens = re.fullmatch(r"(\d+)\s*([KM])", unit_of_measure)
    if tokens:
        return price * (1_000_000 // (int(tokens[1]) * {"K": 1_000, "M": 1_000_000}[tokens[2]])), "1M tokens"
    if re.fullmatch(r"1\s*/?\s*Hour", unit_of_measure):
        return price, "hour"
    raise ValueError(f"unit of measure {unit_of_measure!r} counts neither tokens nor hours")


@functools.cache
def shipped() -> Table:
    """The table that comes with the project, derived from captured meters by ``scripts/refresh_prices.py``."""
    document = json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    values = {
        (region, product, meter): (Decimal(usd), unit)
        for product, meter, unit, prices in document["meters"]
        for usd, regions in prices.items()
        for region in regions
    }
    return Table(values, frozenset(document["regions"]), f"table {document['captured']}")


@functools.cache
def meters() -> dict[str, dict[str, Any]]:
    """Model → products, and purpose → tier → meter name (``meters.yaml``)."""
    text = Path(__file__).with_name("meters.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["models"])


def products(model: str) -> tuple[str, ...]:
    """The products in which a model's meters stand; empty for a model without any."""
    return tuple(meters().get(_meter_key(model), {}).get("products", ()))


def training_price(model: str, training: str, region: str, prices: PriceList | None = None) -> Price | None:
    """What training costs: USD per 1M trained tokens; for reinforcement, USD per hour. DPO has no meter of its own and costs like supervised.

    Args:
        model: a base model by any of its names, or a model fine-tuned from it.
        training: the training type, in any spelling.
        region: region of the resource.
        prices: the shipped table by default.

    Returns:
        None when the price is unknown.
    """
    return _lookup(prices or shipped(), model, "training", training_type(training) or training, region)


def hosting_price(model: str, sku: str, region: str, prices: PriceList | None = None) -> Price | None:
    """USD per hour while a deployment of a fine-tuned model exists. A Developer deployment is free (and gone after 24 hours); provisioned
    deployments are billed by their units instead and give None, as does a model without a known meter."""
    if _meter_key(model) in meters() and training_type(sku) == "DeveloperTier" and _is_offered(model, "DeveloperTier"):
        return Price(0.0, "hour", "", "", region, "Azure's documentation, 2026-10-05", "Developer deployments have no hosting fee")
    return _lookup(prices or shipped(), model, "hosting", training_type(sku) or sku, region)


def inference_price(model: str, sku: str, region: str, prices: PriceList | None = None) -> InferencePrices:
    """USD per 1M tokens that a deployment of a fine-tuned model reads, reads from its cache, and writes."""
    tier, chosen = training_type(sku) or sku, prices or shipped()
    return InferencePrices(*(_lookup(chosen, model, purpose, tier, region) for purpose in ("input", "cached_input", "output")))


def grader_price(model: str, region: str, prices: PriceList | None = None) -> InferencePrices:
    """USD per 1M tokens that a model grader reads and writes; billed at data-zone rates, beside the hours of reinforcement."""
    chosen = prices or shipped()
    return InferencePrices(*(_lookup(chosen, model, "grader", purpose, region) for purpose in ("input", "cached_input", "output")))


def _is_offered(model: str, sku: str) -> bool:
    known = find(model)
    return known is not None and sku in known.deployment


def _meter_key(model: str) -> str:
    """The model's name in ``meters.yaml``: without version, or as it was given where the catalogue of models lacks it (graders, Phi)."""
    known = find(model)
    if known is not None and known.name in meters():
        return known.name
    plain = re.sub(r"-\d{4}-\d{2}-\d{2}$", "", base_name(model))
    return next((name for name in meters() if name.casefold() == plain.casefold()), plain)


def _lookup(prices: PriceList, model: str, purpose: str, tier: str, region: str) -> Price | None:
    row = meters().get(_meter_key(model), {})
    meter = row.get(purpose, {}).get(tier)
    if meter is None:
        return None
    region = region.replace(" ", "").lower()
    if own := _quote(prices, row["products"], meter, region):
        return own
    if tier == "Standard":
        return _us_regional(prices, model, purpose, meter, region)
    for other in _FALLBACK["grader" if purpose == "grader" else tier]:
        if found := _quote(prices, row["products"], meter, other):
            return replace(found, remark=f"price of the same meter in {other}: the list of {region} does not have it")
    return None


def _quote(prices: PriceList, among: list[str], meter: str, region: str) -> Price | None:
    for product in among:
        if found := prices.value(region, product, meter):
            return Price(float(found[0]), found[1], meter, product, region, prices.source)
    return None


def _us_regional(prices: PriceList, model: str, purpose: str, meter: str, region: str) -> Price | None:
    """A regional price of a US region that the list lacks, northcentralus above all: eastus2's, or the global one times 1.1. INFERRED.

    A region that the list covers and that has no such meter has no such deployment; training is on offer in more places than its meters.
    """
    if region not in _US or (purpose != "training" and prices.covers(region)):
        return None
    row = meters()[_meter_key(model)]
    if found := _quote(prices, row["products"], meter, "eastus2"):
        return replace(found, remark=f"INFERRED: the US regional price, read in eastus2; the list of {region} does not have the meter")
    base = _lookup(prices, model, purpose, "GlobalStandard", region)
    if base is None:
        return None
    if purpose == "hosting":
        return replace(base, remark=f"INFERRED: the price of global hosting, as in other US lists; no list has {meter!r} for {region}")
    usd = float(Decimal(str(base.usd)) * _REGIONAL_FACTOR)
    return replace(base, usd=usd, remark=f"INFERRED: 1.1 times the global price, as in other US lists; no list has {meter!r} for {region}")
