"""The captured items (``meters.json``, written by ``scripts/refresh_prices.py``), in the form in which the API returns them."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from local_azure.http import Json

#: Members of an item, in the order of the API's answers.
_ORDER = [
    "currencyCode",
    "tierMinimumUnits",
    "retailPrice",
    "unitPrice",
    "armRegionName",
    "location",
    "effectiveStartDate",
    "meterId",
    "meterName",
    "productId",
    "skuId",
    "productName",
    "skuName",
    "serviceName",
    "serviceId",
    "serviceFamily",
    "unitOfMeasure",
    "type",
    "isPrimaryMeterRegion",
    "armSkuName",
]


@functools.cache
def all_items() -> tuple[Json, ...]:
    """Every item, by region, then by product and meter."""
    document = json.loads(Path(__file__).with_name("meters.json").read_text(encoding="utf-8"))
    found = []
    for *same, own in document["meters"]:
        for row in own:
            item = {**document["everywhere"], **dict(zip(document["same"], same, strict=True)), **dict(zip(document["own"], row, strict=True))}
            item |= {"unitPrice": item["retailPrice"], "location": document["locations"][item["armRegionName"]]}
            found.append({name: item[name] for name in _ORDER})
    return tuple(sorted(found, key=lambda item: (item["armRegionName"], item["productName"], item["meterName"])))
