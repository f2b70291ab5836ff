"""The toolkit's own way to live prices, over the wire: pages, patience, the cache, and the shipped table when nothing else is left."""

from __future__ import annotations

import datetime
import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from finetune.azure.retail_prices import LivePrices, PriceListBusy, current, filter_of, items
from finetune.catalogue.prices import PriceList, hosting_price, meters, products, shipped, training_price
from finetune.cli.estimate import register
from tests.conftest import Cloud

TODAY = datetime.date(2026, 11, 22)
LIVE = "Retail Prices API 2026-11-22"
HOST = "prices.azure.com"
PROJECT = Path(__file__).parents[2]


def price_of(model: str, kind: str = "GlobalStandard", region: str = "swedencentral") -> Any:
    return lambda prices: training_price(model, kind, region, prices)


def requests_sent(cloud: Cloud) -> int:
    return sum(row["host"] == HOST for row in cloud.door.journal())


def test_all_pages_are_read(cloud: Cloud) -> None:
    cloud.door.settings(retail_prices_page=100)
    found = list(items(filter_of(armRegionName="swedencentral")))
    assert len({item["meterId"] for item in found}) == 253
    assert requests_sent(cloud) == 3


def test_the_live_list_and_the_shipped_table_agree_on_every_price(cloud: Cloud, tmp_path: Path) -> None:
    live = LivePrices(TODAY, tmp_path, patience=60)
    table = shipped()
    for region in ("swedencentral", "eastus2", "northeurope"):
        for row in meters().values():
            names = [name for purpose, tiers in row.items() if purpose != "products" for name in tiers.values()]
            for product in row["products"]:
                assert [live.value(region, product, name) for name in names] == [table.value(region, product, name) for name in names]
    assert not live.failed


def test_a_live_price_says_so_with_the_day(cloud: Cloud, tmp_path: Path) -> None:
    price, why = current(price_of("gpt-4.1-mini"), today=TODAY, cache=tmp_path)
    assert (price.usd, price.source, why) == (5.0, LIVE, "")


def test_a_meter_that_the_region_lacks_is_read_from_the_next_list(cloud: Cloud, tmp_path: Path) -> None:
    price, _ = current(price_of("gpt-4o-mini", region="eastus2"), today=TODAY, cache=tmp_path)
    assert (price.usd, price.region, price.source) == (3.0, "swedencentral", LIVE)


def test_northcentralus_is_inferred_from_the_live_list_too(cloud: Cloud, tmp_path: Path) -> None:
    price, _ = current(price_of("gpt-4.1", "Standard", "northcentralus"), today=TODAY, cache=tmp_path)
    assert (price.usd, price.source) == (27.5, LIVE)
    assert "INFERRED" in price.remark


def test_a_day_asks_once_and_the_next_day_again(cloud: Cloud, tmp_path: Path) -> None:
    for day, sent in ((TODAY, 1), (TODAY, 1), (TODAY + datetime.timedelta(days=1), 2)):
        price, _ = current(price_of("o4-mini"), today=day, cache=tmp_path)
        assert price.usd == 100.0
        assert requests_sent(cloud) == sent
    assert [folder.name for folder in tmp_path.iterdir()] == ["2026-11-23"]


def test_prices_that_came_through_one_proxy_are_no_facts_for_another(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current(price_of("o4-mini"), today=TODAY, cache=tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    price, why = current(price_of("o4-mini"), today=TODAY, cache=tmp_path)
    assert price.source == "table 2026-08-15"
    assert "cannot be reached" in why


@pytest.mark.parametrize(("status", "said"), [(503, "503"), (429, "429"), (400, "refuses")])
def test_a_price_list_in_trouble_leads_to_the_table_and_says_why(cloud: Cloud, tmp_path: Path, status: int, said: str) -> None:
    cloud.door.fault(host=HOST, status=status, times=10)
    price, why = current(price_of("gpt-4.1-mini"), today=TODAY, cache=tmp_path)
    assert (price.usd, price.source) == (5.0, "table 2026-08-15")
    assert said in why


def test_a_cut_connection_leads_to_the_table(cloud: Cloud, tmp_path: Path) -> None:
    cloud.door.fault(host=HOST, cut=True, times=10)
    price, why = current(price_of("gpt-4.1-mini"), today=TODAY, cache=tmp_path)
    assert price.source == "table 2026-08-15"
    assert why


def test_a_slow_price_list_is_not_waited_for_longer_than_the_patience(cloud: Cloud, tmp_path: Path) -> None:
    cloud.door.fault(host=HOST, delay=2.0, times=10)
    began = time.monotonic()
    price, why = current(price_of("gpt-4o-mini", region="eastus2"), today=TODAY, cache=tmp_path, patience=0.2)
    assert time.monotonic() - began < 1.0
    assert price.source == "table 2026-08-15"
    assert why


@pytest.mark.parametrize("can_write", [True, False])
def test_after_a_failure_the_list_rests_so_that_a_closed_network_costs_its_wait_once(cloud: Cloud, tmp_path: Path, can_write: bool) -> None:
    cache = tmp_path / "cache"
    if not can_write:
        cache.write_text("a file where the folder would be")
    cloud.door.fault(host=HOST, status=503, times=1)
    current(price_of("gpt-4.1-mini"), today=TODAY, cache=cache)
    _, why = current(price_of("gpt-4.1-mini"), today=TODAY, cache=cache)
    assert "min ago" in why
    assert requests_sent(cloud) == 1


def test_one_estimate_never_mixes_two_lists(cloud: Cloud, tmp_path: Path) -> None:
    """The first product is answered, the second one not: both prices come from the table."""
    cloud.door.fault(host=HOST, status=503, nth=2)

    def both(prices: PriceList) -> list[Any]:
        return [training_price("gpt-4.1", "GlobalStandard", "eastus2", prices), hosting_price("o4-mini", "GlobalStandard", "eastus2", prices)]

    found, _ = current(both, today=TODAY, cache=tmp_path)
    assert {price.source for price in found} == {"table 2026-08-15"}


def test_a_damaged_cache_is_read_anew(cloud: Cloud, tmp_path: Path) -> None:
    current(price_of("o4-mini"), today=TODAY, cache=tmp_path)
    for kept in tmp_path.rglob("*.json"):
        kept.write_text("{")
    price, _ = current(price_of("o4-mini"), today=TODAY, cache=tmp_path)
    assert price.source == LIVE


def test_a_busy_list_tells_how_long_it_wants_to_be_left_alone(cloud: Cloud) -> None:
    cloud.door.fault(host=HOST, status=429, headers={"retry-after": "7"})
    with pytest.raises(PriceListBusy) as caught:
        list(items(filter_of(armRegionName="eastus2")))
    assert caught.value.retry_after == 7.0


def test_no_model_has_its_meters_in_more_than_two_products() -> None:
    assert max(len(products(model)) for model in meters()) == 2


def test_the_table_can_be_refreshed_from_the_live_list(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = PROJECT / "scripts" / "refresh_prices.py"
    table, facts = tmp_path / "prices.json", tmp_path / "meters.json"
    monkeypatch.setattr(sys, "argv", ["refresh_prices.py", "--live", "--table", str(table), "--facts", str(facts)])
    runpy.run_path(str(script), run_name="__main__")
    fresh, old = json.loads(table.read_text()), json.loads((PROJECT / "finetune" / "catalogue" / "prices.json").read_text())
    assert fresh["captured"] == str(datetime.date.today())
    assert fresh["meters"] == old["meters"]
    assert json.loads(facts.read_text())["meters"] == json.loads((PROJECT / "local_azure" / "prices" / "meters.json").read_text())["meters"]


def test_the_estimate_command_uses_live_prices_when_it_can(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    data = tmp_path / "train.jsonl"
    example = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    data.write_text("".join(json.dumps(example) + "\n" for _ in range(10)))
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    found = CliRunner().invoke(app, ["estimate", str(data), "--model", "gpt-4.1-mini", "--json"])
    document = json.loads(found.stdout)
    assert document["shippedTable"] is None
    assert document["files"][0]["estimate"]["lines"][0]["price"]["source"].startswith("Retail Prices API ")
    assert requests_sent(cloud) > 0
