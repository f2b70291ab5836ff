"""The Retail Prices API on its public host: the captured meters of fine-tuning, with the paging, filters and quirks of the real one.

Not emulated: meters of anything else, prices in other currencies, savings plans and reservations.
"""

from __future__ import annotations

import functools
from urllib.parse import quote

from local_azure.http import Call, Json, Reply, Route, Routes, Service, ServiceError
from local_azure.prices import odata
from local_azure.prices.items import all_items
from local_azure.world import World

#: From this version on filter values are case-sensitive.
_CASE_SENSITIVE_FROM = "2023-01-01-preview"
#: The text and form of the service's 400 are INFERRED.
_BAD = "Invalid OData parameters supplied"


def list_retail_prices(world: World, call: Call) -> Reply:
    """A page of the items that ``$filter`` finds. Parameters that the API does not know filter nothing, as on Azure."""
    found = _found(call)
    skip, top = _number(call, "$skip"), _number(call, "$top")
    if top == 0 or (skip and skip >= len(found)):
        raise ServiceError(400, "BadRequest", _BAD)
    size = min(top or world.settings.retail_prices_page, world.settings.retail_prices_page)
    start = skip or 0
    page = found[start : start + size]
    return Reply(
        200,
        {
            "BillingCurrency": "USD",
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": page,
            "NextPageLink": _next_page_link(call, start + size, None if top is None else top - len(page)) if start + size < len(found) else None,
            "Count": len(page),
        },
    )


def _found(call: Call) -> list[Json]:
    currency = call.query.get("currencyCode", "USD").strip("'")
    if currency != "USD":
        raise ServiceError(400, "NotEmulated", f"Local Azure knows retail prices in USD, not in {currency}.")
    try:
        return _matching(
            call.query.get("$filter", ""),
            call.query.get("api-version", "") >= _CASE_SENSITIVE_FROM,
            call.query.get("meterRegion", "").strip("'") == "primary",
        )
    except odata.FilterError as error:
        raise ServiceError(400, "BadRequest", f"{_BAD}: {error}") from None


@functools.lru_cache(maxsize=64)
def _matching(odata_filter: str, case_sensitive: bool, primary: bool) -> list[Json]:
    matches = odata.predicate(odata_filter, case_sensitive=case_sensitive)
    return [item for item in all_items() if matches(item) and (item["isPrimaryMeterRegion"] or not primary)]


def _number(call: Call, name: str) -> int | None:
    value = call.query.get(name)
    if value is None:
        return None
    if not value.isdigit():
        raise ServiceError(400, "BadRequest", _BAD)
    return int(value)


def _next_page_link(call: Call, skip: int, top: int | None) -> str:
    """The link, with the port that the real one carries and, when ``$top`` was asked for, what remains of it: ``$top=0``, which is then refused."""
    kept = [(name, value) for name, value in call.query.items() if name not in ("$skip", "$top")]
    query = [*kept, *([("$top", str(top))] if top is not None else []), ("$skip", str(skip))]
    return f"https://{call.host}:443{call.path}?" + "&".join(f"{name}={quote(value)}" for name, value in query)


class RetailPrices(Service):
    name = "retail prices"
    hosts = ("prices.azure.com",)
    routes = Routes((Route("GET", "/api/retail/prices", list_retail_prices),))

    def error(self, call: Call, problem: ServiceError) -> Reply:
        """The form of the error is INFERRED."""
        return Reply(problem.status, {"Error": {"Code": problem.code, "Message": problem.message}}, dict(problem.headers))
