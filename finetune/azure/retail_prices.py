"""Azure's public price list (https://prices.azure.com): a thin client, and a price list that asks it, remembers for a day, and never waits long.

Quirks that this knows: filter values are case-sensitive, an unknown query parameter filters nothing, and a ``NextPageLink`` that carries ``$top=0``
is refused when followed unchanged.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import platformdirs
import requests

from finetune.catalogue.prices import PriceList, Unit, per_unit, shipped
from finetune.errors import ServiceBusy, ServiceRefused

ADDRESS = "https://prices.azure.com/api/retail/prices"
API_VERSION = "2023-01-01-preview"
#: The service under which fine-tuning is listed; "Cognitive Services" and "Azure OpenAI" give nothing.
SERVICE = "Foundry Models"
#: Seconds that one run may spend waiting for live prices, in all.
PATIENCE = 3.0
#: More pages than any list has: a loop of links ends here.
_MOST_PAGES = 200

#: Seconds for which a price list that could not be reached is not asked again, so that a closed network costs its wait only once.
_REST = 900.0
#: What this process met, by the file that would tell others: also where no file can be written.
_troubles: dict[Path, dict[str, Any]] = {}

#: What went wrong on the way, the narrower kinds first.
_CONNECTION_TROUBLE: tuple[tuple[type[requests.RequestException], str], ...] = (
    (requests.exceptions.ProxyError, "the proxy does not let it through"),
    (requests.exceptions.SSLError, "its certificate is not trusted here"),
    (requests.exceptions.Timeout, "it did not answer in time"),
    (requests.exceptions.RequestException, "there is no connection to prices.azure.com"),
)

Item = dict[str, Any]


class PriceListBusy(ServiceBusy):
    """The price list is busy or cannot be reached."""


def filter_of(**equal: str) -> str:
    """An OData filter for fine-tuning's service, narrowed: ``filter_of(armRegionName="eastus2")`` ends in ``… and armRegionName eq 'eastus2'``."""
    terms = {"serviceName": SERVICE, "priceType": "Consumption", **equal}
    return " and ".join(f"{field} eq '{value.replace(chr(39), chr(39) * 2)}'" for field, value in terms.items())


def items(odata_filter: str, *, get: Callable[..., requests.Response] | None = None, timeout: float = 30.0) -> Iterator[Item]:
    """Every item that a filter finds, page by page.

    Args:
        odata_filter: see :func:`filter_of`.
        get: ``requests.get`` or the like.
        timeout: seconds for connecting, and for each read.

    Raises:
        PriceListBusy: 429, 5xx or no connection.
        ServiceRefused: any other refusal.
    """
    query: dict[str, str] = {"api-version": API_VERSION, "$filter": odata_filter}
    skipped = 0
    for _ in range(_MOST_PAGES):
        page = _page(get or requests.get, query, timeout)
        yield from page["Items"]
        after = _skip(page.get("NextPageLink"))
        if after is None or after <= skipped:
            return
        skipped = after
        query["$skip"] = str(after)


def _skip(link: str | None) -> int | None:
    """How many items the next page leaves out. Only this is taken from the link: its ``$top=0`` would be refused."""
    if not link:
        return None
    value = dict(parse_qsl(urlsplit(link).query)).get("$skip", "")
    return int(value) if value.isdigit() else None


def _page(get: Callable[..., requests.Response], query: Mapping[str, str], timeout: float) -> dict[str, Any]:
    try:
        response = get(ADDRESS, params=query, timeout=timeout)
    except requests.RequestException as error:
        why = next(words for kind, words in _CONNECTION_TROUBLE if isinstance(error, kind))
        raise PriceListBusy("Azure's price list cannot be reached", why, "try again later, or use the shipped table") from error
    if response.status_code == 429 or response.status_code >= 500:
        wait = response.headers.get("retry-after", "")
        asked = float(wait) if re.fullmatch(r"\d+(\.\d+)?", wait) else 0.0
        why = f"it answers {response.status_code}"
        raise PriceListBusy("Azure's price list is busy", why, "try again later", status=response.status_code, retry_after=asked)
    if response.status_code != 200:
        raise ServiceRefused("Azure's price list refuses the question", response.text[:300], status=response.status_code)
    document = json.loads(response.text, parse_float=Decimal)
    return dict(document)


class LivePrices:
    """A price list that asks the Retail Prices API for a region and product when it is first needed.

    What was read is kept for the day. After the patience is used up, or after a failure, it is ``failed`` and answers nothing more: the caller
    turns to the shipped table as a whole, so that no estimate mixes two lists (:func:`current`).

    Args:
        today: day of the cache and of ``source``.
        cache: folder; None keeps nothing.
        patience: seconds that all waiting together may take.
    """

    def __init__(self, today: datetime.date, cache: Path | None, patience: float = PATIENCE):
        self.source = f"Retail Prices API {today}"
        self.failed = ""
        self._today, self._cache, self._left = today, cache, patience
        self._lists: dict[tuple[str, str], dict[str, tuple[Decimal, Unit]]] = {}

    def covers(self, region: str) -> bool:
        return any(values for (known, _), values in self._lists.items() if known == region)

    def value(self, region: str, product: str, meter: str) -> tuple[Decimal, Unit] | None:
        key = (region, product)
        if key not in self._lists and not self.failed:
            self._lists[key] = self._read(region, product)
        return self._lists.get(key, {}).get(meter)

    def _read(self, region: str, product: str) -> dict[str, tuple[Decimal, Unit]]:
        place = self._place(f"{region}.{re.sub(r'[^A-Za-z0-9]+', '-', product)}.json")
        if kept := _kept(place):
            return {meter: (Decimal(usd), unit) for meter, (usd, unit) in kept.items()}
        mark = self._place("unreachable.json")
        if self._is_resting(mark):
            return {}
        found = self._ask(region, product)
        if found is None:
            trouble = {"at": time.time(), "why": self.failed}
            if mark:
                _troubles[mark] = trouble
            _keep(mark, trouble)
            return {}
        values = _by_meter(found)
        _keep(place, {meter: (str(usd), unit) for meter, (usd, unit) in values.items()})
        return values

    def _is_resting(self, mark: Path | None) -> bool:
        trouble = (_troubles.get(mark) if mark else None) or _kept(mark)
        minutes = (time.time() - float(trouble.get("at", 0))) / 60
        if not 0 <= minutes * 60 < _REST:
            return False
        self.failed = f"{trouble['why']} (asked {minutes:.0f} min ago)"
        return True

    def _ask(self, region: str, product: str) -> list[Item] | None:
        """The items, asked for in a thread of its own: names, connections and slow bodies have time limits of their own, this has one for all."""
        outcome: list[list[Item]] = []
        trouble: list[str] = []

        def work() -> None:
            try:
                outcome.append(list(items(filter_of(armRegionName=region, productName=product), timeout=max(self._left, 0.1))))
            except ServiceRefused as error:
                trouble.append(f"{error.what}: {error.why}")
            except Exception as error:  # whatever an answer breaks, an estimate goes on with the table
                trouble.append(f"Azure's price list cannot be read: {error!r}")

        began = time.monotonic()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(max(self._left, 0.0))
        self._left -= time.monotonic() - began
        if outcome:
            return outcome[0]
        self.failed = trouble[0] if trouble else "Azure's price list did not answer in time"
        return None

    def _place(self, name: str) -> Path | None:
        return self._cache / str(self._today) / _route() / name if self._cache else None


def current(
    ask: Callable[[PriceList], Any], *, live: bool = True, today: datetime.date | None = None, cache: Path | None = None, patience: float = PATIENCE
) -> tuple[Any, str]:
    """Runs a piece of work with live prices, or with the shipped table when these cannot be had.

    Args:
        ask: the work, with the price list as its argument; may run twice.
        live: False takes the table at once.
        cache: by default the user's cache folder.

    Returns:
        What the work returned, and why the table was used (empty with live prices).
    """
    if not live:
        return ask(shipped()), "the shipped table was asked for"
    prices = LivePrices(today or datetime.date.today(), cache or Path(platformdirs.user_cache_dir("finetune")) / "prices", patience)
    result = ask(prices)
    if not prices.failed:
        return result, ""
    return ask(shipped()), prices.failed


def _by_meter(found: Sequence[Item]) -> dict[str, tuple[Decimal, Unit]]:
    values = {}
    for item in found:
        if item.get("tierMinimumUnits"):
            continue
        try:
            values[item["meterName"]] = per_unit(Decimal(str(item["retailPrice"])), item["unitOfMeasure"])
        except ValueError:  # other meters of the product: images, days, provisioned units
            continue
    return values


def _route() -> str:
    """A name for the way by which the internet is reached: what one proxy answers is no fact for another."""
    return hashlib.sha256(urllib.request.getproxies().get("https", "").encode()).hexdigest()[:8]


def _kept(place: Path | None) -> dict[str, Any]:
    """What was kept; empty when there is nothing or it is damaged."""
    try:
        return dict(json.loads(place.read_text(encoding="utf-8"))) if place else {}
    except (OSError, ValueError):
        return {}


def _keep(place: Path | None, values: Mapping[str, Any]) -> None:
    """Writes today's file and forgets other days; a folder that cannot be written is no reason to fail."""
    if place is None:
        return
    try:
        day = place.parents[1]
        for other in day.parent.glob("????-??-??"):
            if other != day:
                shutil.rmtree(other, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(values), encoding="utf-8")
        part.replace(place)
    except OSError:
        return
