"""The Retail Prices API of local Azure: pages, filters and the quirks that a client meets on the real one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Cloud

ADDRESS = "https://prices.azure.com/api/retail/prices"
FOUNDRY = "serviceName eq 'Foundry Models' and priceType eq 'Consumption'"
#: What every item has on the real API, in its order.
MEMBERS = (
    "currencyCode,tierMinimumUnits,retailPrice,unitPrice,armRegionName,location,effectiveStartDate,meterId,meterName,productId,skuId,productName,skuName,"
    "serviceName,serviceId,serviceFamily,unitOfMeasure,type,isPrimaryMeterRegion,armSkuName"
)


def ask(odata_filter: str | None = None, **more: str) -> requests.Response:
    query = {"api-version": "2023-01-01-preview", **({"$filter": odata_filter} if odata_filter else {}), **more}
    return requests.get(ADDRESS, params=query, timeout=30)


def found(odata_filter: str, **more: str) -> list[dict[str, Any]]:
    response = ask(odata_filter, **more)
    assert response.status_code == 200, response.text
    return list(response.json()["Items"])


def test_a_page_has_the_members_of_the_real_one_and_needs_no_sign_in(cloud: Cloud) -> None:
    page = ask(f"{FOUNDRY} and armRegionName eq 'swedencentral'").json()
    assert {name: page[name] for name in ("BillingCurrency", "CustomerEntityId", "CustomerEntityType", "NextPageLink", "Count")} == {
        "BillingCurrency": "USD",
        "CustomerEntityId": "Default",
        "CustomerEntityType": "Retail",
        "NextPageLink": None,
        "Count": 253,
    }
    assert ",".join(page["Items"][0]) == MEMBERS


def test_the_second_page_begins_after_a_thousand_items(cloud: Cloud) -> None:
    first = ask(FOUNDRY).json()
    assert first["Count"] == 1000
    assert first["NextPageLink"].startswith(
        "https://prices.azure.com:443/api/retail/prices?api-version=2023-01-01-preview&$filter=serviceName%20eq%20"
    )
    assert first["NextPageLink"].endswith("&$skip=1000")
    second = requests.get(first["NextPageLink"], timeout=30).json()
    assert (second["Count"], second["NextPageLink"]) == (264, None)
    ids = {item["meterId"] for item in first["Items"] + second["Items"]}
    assert len(ids) == 1264


def test_a_link_that_answers_to_top_is_refused_when_it_is_followed_unchanged(cloud: Cloud) -> None:
    link = ask(FOUNDRY, **{"$top": "1000"}).json()["NextPageLink"]
    assert link.endswith("&$top=0&$skip=1000")
    assert requests.get(link, timeout=30).status_code == 400
    assert requests.get(link.replace("$top=0", "$top=1000"), timeout=30).json()["Count"] == 264
    assert requests.get(link.replace("&$top=0", ""), timeout=30).json()["Count"] == 264


def test_skipping_past_the_end_is_refused(cloud: Cloud) -> None:
    response = ask(FOUNDRY, **{"$skip": "2000"})
    assert response.status_code == 400
    assert response.json()["Error"]["Code"] == "BadRequest"


@pytest.mark.parametrize("service", ["Cognitive Services", "Azure OpenAI", "Azure OpenAI Service"])
def test_other_service_names_find_nothing(cloud: Cloud, service: str) -> None:
    assert found(f"serviceName eq '{service}'") == []


def test_filter_values_are_case_sensitive_from_the_preview_version_on(cloud: Cloud) -> None:
    assert found("armRegionName eq 'EastUS2'") == []
    assert len(found("armRegionName eq 'EastUS2'", **{"api-version": "2021-10-01"})) == 234


def test_a_region_beside_the_filter_filters_nothing(cloud: Cloud) -> None:
    regions = {item["armRegionName"] for item in found(FOUNDRY, armRegionName="swedencentral")}
    assert len(regions) > 1


@pytest.mark.parametrize(
    ("odata_filter", "count"),
    [
        ("meterName eq 'gpt-4.1-mini FT Training global Tokens' and armRegionName eq 'eastus2'", 1),
        ("(armRegionName eq 'eastus2' or armRegionName eq 'centralus') and meterName eq 'gpt-4.1-mini-ft input global Tokens'", 2),
        ("contains(meterName, 'RFT Training') and armRegionName eq 'northeurope' and productName eq 'Azure OpenAI'", 2),
        ("startswith(meterName, 'o4-mini RFT') and not (armRegionName ne 'eastus2')", 2),
        ("Location eq 'SE Central' and endswith(productname, 'PP FT GPT4s')", 25),
    ],
)
def test_the_filter_forms_of_the_api_work(cloud: Cloud, odata_filter: str, count: int) -> None:
    assert len(found(odata_filter)) == count


@pytest.mark.parametrize(
    "odata_filter",
    ["colour eq 'red'", "armRegionName eq", "armRegionName eq eastus2", "(armRegionName eq 'a'", "armRegionName eq 'a' 'b'", "¿", "a lt 'b'"],
)
def test_a_filter_that_is_not_understood_is_refused_and_never_ignored(cloud: Cloud, odata_filter: str) -> None:
    assert ask(odata_filter).status_code == 400


def test_another_currency_is_refused_by_name(cloud: Cloud) -> None:
    response = ask(FOUNDRY, currencyCode="'EUR'")
    assert response.status_code == 400
    assert "EUR" in response.json()["Error"]["Message"]


def test_every_item_is_as_it_was_captured(cloud: Cloud, shared: Path) -> None:
    lines = (shared / "data" / "retail-prices" / "fine-tuning-meters.jsonl").read_text().splitlines()
    captured = {item["meterId"]: item for item in map(json.loads, lines)}
    assert {item["meterId"]: item for item in found(FOUNDRY) + found(FOUNDRY, **{"$skip": "1000"})} == captured


def test_the_obsolete_hourly_twins_are_listed_beside_the_token_meters(cloud: Cloud) -> None:
    units = {
        item["meterName"]: item["unitOfMeasure"] for item in found("contains(meterName, 'gpt-4-8K-FT-Trng') and armRegionName eq 'swedencentral'")
    }
    assert units == {"gpt-4-8K-FT-Trng-regnl Unit": "1 Hour", "gpt-4-8K-FT-Trng-regnl tkn Tokens": "1K"}
