"""Writes the price tables that the project ships: the one that estimates use, and the meters that local Azure answers with.

python scripts/refresh_prices.py fine-tuning-meters.jsonl --captured 2026-08-15     from captured items of the Retail Prices API
python scripts/refresh_prices.py --live                                             from the API, today
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from finetune.azure.retail_prices import PriceListBusy, filter_of, items
from finetune.catalogue.prices import per_unit

PROJECT = Path(__file__).parent.parent
TABLE = PROJECT / "finetune" / "catalogue" / "prices.json"
FACTS = PROJECT / "local_azure" / "prices" / "meters.json"

REGIONS = [
    "eastus2",
    "centralus",
    "westus2",
    "australiaeast",
    "canadacentral",
    "brazilsouth",
    "mexicocentral",
    "westeurope",
    "northeurope",
    "uksouth",
    "swedencentral",
    "southeastasia",
    "japaneast",
    "centralindia",
]
PRODUCTS = {
    "Azure OpenAI",
    "Azure OpenAI Reasoning",
    "Azure OpenAI PP FT GPT4s",
    "Azure OpenAI OSS Models",
    "Azure Llama Models",
    "Azure Mistral Models",
    "Qwen models",
    "Azure Phi Models",
}
_FINE_TUNING = re.compile(r"ft|finetuned|hstng|hosting|trng|training|grdr|grader", re.IGNORECASE)
#: Priority processing; the obsolete hourly twins of token meters; meters with impossible prices of deployments that are not offered.
_LEFT_OUT = re.compile(r"\bpp\b|Trng-\w+ Unit$|^gpt 4o (mini )?dev ft (inpt|cchd inpt|opt) ", re.IGNORECASE)

Item = dict[str, Any]


def captured(path: Path) -> Iterator[Item]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line, parse_float=Decimal)


def live(regions: Iterable[str]) -> Iterator[Item]:
    """Fine-tuning meters of each region; waits as long as the service asks when it is busy."""
    for region in regions:
        for attempt in range(6):
            try:
                found = list(items(filter_of(armRegionName=region)))
                break
            except PriceListBusy as busy:
                if attempt == 5:
                    raise
                time.sleep(busy.retry_after or 2.0**attempt)
        print(f"{region}: {len(found)} items")
        yield from (item for item in found if item["productName"] in PRODUCTS and _FINE_TUNING.search(item["meterName"]))


def table(meters: list[Item], day: str, regions: list[str]) -> str:
    """The estimates' table: one meter a line, prices per 1M tokens or per hour, each with the regions that list it."""
    rows: dict[tuple[str, str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in meters:
        if not _LEFT_OUT.search(item["meterName"]):
            usd, unit = per_unit(Decimal(str(item["retailPrice"])), item["unitOfMeasure"])
            rows[item["productName"], item["meterName"], unit][f"{usd.normalize():f}"].append(item["armRegionName"])
    lines = [[*key, {usd: sorted(where) for usd, where in sorted(prices.items())}] for key, prices in sorted(rows.items())]
    head = {"captured": day, "source": "Azure Retail Prices API, 2023-01-01-preview, USD, list prices", "regions": sorted(regions)}
    return _document(head, lines)


#: Members of an item that are the same in every region, and those that are not, in the order of a row.
SAME = ("productName", "productId", "meterName", "unitOfMeasure", "skuName", "armSkuName", "isPrimaryMeterRegion")
OWN = ("armRegionName", "retailPrice", "meterId", "skuId", "effectiveStartDate")


def facts(meters: list[Item], day: str) -> str:
    """Local Azure's own copy: every captured item, also those that estimates leave out, with what repeats written once."""
    rows: dict[tuple[Any, ...], list[list[Any]]] = defaultdict(list)
    for item in meters:
        rows[tuple(item[name] for name in SAME)].append([item[name] for name in OWN])
    everywhere = ("currencyCode", "tierMinimumUnits", "serviceName", "serviceId", "serviceFamily", "type")
    head = {
        "captured": day,
        "everywhere": {name: meters[0][name] for name in everywhere},
        "locations": dict(sorted({item["armRegionName"]: item["location"] for item in meters}.items())),
        "same": SAME,
        "own": OWN,
    }
    return _document(head, [[*key, sorted(own)] for key, own in sorted(rows.items())])


def _document(head: dict[str, Any], meters: list[Any]) -> str:
    lines = ",\n".join(f"  {json.dumps(row, default=float, separators=(',', ':'))}" for row in meters)
    return json.dumps(head, indent=1)[:-2] + ',\n "meters": [\n' + lines + "\n ]\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("meters", nargs="?", type=Path, help="JSON lines: items of the Retail Prices API, as they came")
    parser.add_argument("--captured", type=datetime.date.fromisoformat, help="the day on which they were captured")
    parser.add_argument("--live", action="store_true", help="ask the API now")
    parser.add_argument("--regions", nargs="+", default=REGIONS, help="regions that are asked, or were when the file was captured")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--facts", type=Path, default=FACTS)
    options = parser.parse_args()
    if options.live == bool(options.meters) or bool(options.meters) != bool(options.captured):
        parser.error("give a file with the day of its capture, or --live")
    day = str(options.captured or datetime.date.today())
    found = list(captured(options.meters) if options.meters else live(options.regions))
    if not found:
        parser.error("no meter was found; the tables stay as they are")
    options.table.write_text(table(found, day, list(options.regions)), encoding="utf-8")
    options.facts.write_text(facts(found, day), encoding="utf-8")
    print(f"{len(found)} items of {day} written to {options.table} and {options.facts}")


if __name__ == "__main__":
    main()
