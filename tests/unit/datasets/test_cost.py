"""The cost of a plan: what counts, what is a range, what is unknown, and what a budget says to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.catalogue.prices import Price
from finetune.datasets.cost import Hosting, Method, Plan, Range, auto_epochs, estimate, held_against, money

MINI = Price(5.0, "1M tokens", "gpt-4.1-mini FT Training global Tokens", "Azure OpenAI", "eastus2", "table 2026-08-15")
HOURLY = Price(100.0, "hour", "o4-mini RFT Training global Unit", "Azure OpenAI Reasoning", "eastus2", "table 2026-08-15")
HOSTED = Price(1.7, "hour", "gpt-4.1-mini-ft hosting global Unit", "Azure OpenAI", "eastus2", "table 2026-08-15")


def test_training_costs_tokens_times_epochs_times_the_price_per_million() -> None:
    found = estimate(method="supervised", price=MINI, tokens=1_000_000, examples=500, n_epochs=3)
    assert found.total is not None
    assert (found.total.low, found.total.centre) == (15.0, 15.0)
    assert found.total.high == pytest.approx(15.75), "five per cent are held for what the count may miss"
    assert found.epochs == Range(3, 3, 3)


def test_a_rough_count_has_a_wider_upper_bound() -> None:
    found = estimate(method="supervised", price=MINI, tokens=1_000_000, n_epochs=1, exact=False)
    assert found.total is not None
    assert found.total.high == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        (10, Range(2, 10, 10)),
        (1, Range(2, 25, 25)),
        (33, Range(2, 3, 3)),
        (500, Range(2, 3, 3)),
        (2_000, Range(2, 3, 3)),
        (12_500, Range(2, 2, 3)),
        (30_000, Range(1, 1, 3)),
    ],
)
def test_auto_epochs_are_a_range_around_the_cookbooks_rule(examples: int, expected: Range) -> None:
    assert auto_epochs(examples) == expected


def test_auto_epochs_make_the_cost_a_range_and_say_so() -> None:
    found = estimate(method="supervised", price=MINI, tokens=100_000, examples=500)
    assert found.total is not None
    assert (found.total.low, found.total.centre) == (1.0, 1.5)
    assert any("auto" in note for note in found.notes)
    assert "2 to 3 (likely 3) epochs" in found.summary()


def test_preference_training_is_billed_like_supervised_and_says_that_this_is_inferred() -> None:
    one, other = (estimate(method=method, price=MINI, tokens=10_000, n_epochs=2) for method in ("supervised", "dpo"))
    assert one.total == other.total
    assert any("preferred and non-preferred" in note and "INFERRED" in note for note in other.notes)


def test_an_unknown_price_is_unknown_and_never_nothing() -> None:
    found = Plan("gpt-5", "reinforcement", "GlobalStandard", "eastus2", hours=3, sku="Standard").priced()
    assert found.total is None
    assert found.training.usd is None
    assert found.summary() == "the price of training is unknown"
    assert "the price is unknown" in found.notes[-1]
    assert json.loads(json.dumps(found.to_dict()))["total"] is None


def test_reinforcement_is_paid_by_hours_of_two_decimals() -> None:
    found = estimate(method="reinforcement", price=HOURLY, hours=3.456)
    assert found.total == Range.exactly(346.0)
    assert "3.46 hours at 100 USD per hour" in found.summary()


def test_reinforcement_without_hours_has_a_rate_and_no_sum() -> None:
    found = estimate(method="reinforcement", price=HOURLY)
    assert found.total is None
    assert "100 USD per hour" in found.summary()
    assert "not known" in found.summary()


def test_a_model_graders_tokens_come_beside_the_hours() -> None:
    plan = Plan(
        "o4-mini", "reinforcement", "GlobalStandard", "eastus2", hours=1, grader="gpt-4o", grader_input_tokens=1_000_000, grader_output_tokens=100_000
    )
    found = plan.priced()
    assert found.total is not None
    assert found.total.centre == pytest.approx(100 + 2.75 + 1.1)


def test_a_grader_without_a_price_makes_the_sum_unknown() -> None:
    plan = Plan("o4-mini", "reinforcement", "GlobalStandard", "eastus2", hours=1, grader="gpt-9", grader_input_tokens=1)
    assert plan.priced().total is None


def test_the_services_stop_at_5000_dollars_is_told() -> None:
    assert any("5,000" in note for note in estimate(method="reinforcement", price=HOURLY, hours=51).notes)
    assert not any("5,000" in note for note in estimate(method="reinforcement", price=HOURLY, hours=49).notes)


def test_hosting_counts_for_its_hours_and_otherwise_shows_a_month() -> None:
    counted = estimate(method="supervised", price=MINI, tokens=0, n_epochs=1, hosting=[Hosting("GlobalStandard", HOSTED, 100)])
    assert counted.total == Range.exactly(170.0)
    shown = estimate(method="supervised", price=MINI, tokens=0, n_epochs=1, hosting=[Hosting("GlobalStandard", HOSTED)])
    assert shown.total == Range.exactly(0.0)
    assert shown.lines[1].usd == Range.exactly(1241.0)


def test_a_developer_deployment_is_free_for_at_most_24_hours() -> None:
    found = Plan("gpt-4.1-mini", "supervised", "GlobalStandard", "eastus2", tokens=0, n_epochs=1, sku="DeveloperTier", hosting_hours=1000).priced()
    hosting = found.lines[1]
    assert (hosting.usd, hosting.quantity) == (Range.exactly(0.0), Range.exactly(24))


def test_a_plan_says_where_its_prices_come_from() -> None:
    found = Plan("gpt-4o-mini", "supervised", "GlobalStandard", "eastus2", tokens=1_000, examples=20, sku="GlobalStandard").priced()
    assert any("table 2026-08-15" in note for note in found.notes)
    assert any("swedencentral" in note for note in found.notes), "eastus2 does not list this model's global meters"


def test_more_tokens_than_a_job_may_have_are_told() -> None:
    found = estimate(method="supervised", price=MINI, tokens=800_000_000, examples=5_000)
    assert any("2,000,000,000" in note for note in found.notes)


@pytest.mark.parametrize(("budget", "within"), [(10.0, False), (15.7, False), (15.75, True), (25.0, True)])
def test_a_budget_holds_the_upper_bound(budget: float, within: bool) -> None:
    verdict = held_against(estimate(method="supervised", price=MINI, tokens=1_000_000, n_epochs=3), budget)
    assert verdict.within is within
    assert f"{budget:,.2f} USD" in verdict.text


def test_a_budget_cannot_be_held_against_an_unknown_price() -> None:
    verdict = held_against(estimate(method="supervised", price=None, tokens=1_000_000, n_epochs=3), 10)
    assert verdict.within is None
    assert "training is unknown" in verdict.text


def test_small_sums_are_not_rounded_to_nothing() -> None:
    assert money(Range(0.0012, 0.0012, 0.0012)) == "0.0012 USD"
    assert money(Range(4.0, 6.0, 1234.5)) == "6.00 USD (4.00 to 1,234.50)"


@given(
    tokens=st.integers(0, 10**9),
    examples=st.integers(0, 10**6),
    n_epochs=st.none() | st.integers(1, 100),
    method=st.sampled_from(["supervised", "dpo"]),
)
def test_bounds_are_ordered_and_nothing_is_negative(tokens: int, examples: int, n_epochs: int | None, method: Method) -> None:
    total = estimate(method=method, price=MINI, tokens=tokens, examples=examples, n_epochs=n_epochs).total
    assert total is not None
    assert 0 <= total.low <= total.centre <= total.high
