"""What a training will cost, told in the preview and held against the budget before anything is sent."""

from __future__ import annotations

from typing import cast

from finetune.azure.retail_prices import current
from finetune.datasets import Method
from finetune.datasets.cost import Estimate, Plan, held_against
from finetune.errors import FinetuneError

from .lifecycle_provider import Props


def priced(props: Props) -> tuple[Estimate, str]:
    """The estimate for a job's inputs, and why the shipped price table was used (empty with live prices).

    Args:
        props: ``base``, ``method``, ``training_type``, ``region``, ``tokens``, ``examples`` and ``hyperparameters`` of the job.
    """
    epochs = (props.get("hyperparameters") or {}).get("n_epochs")
    plan = Plan(
        model=props["base"],
        method=cast(Method, props["method"]),
        training_type=props["training_type"],
        region=props["region"],
        tokens=int(props.get("tokens") or 0),
        examples=int(props.get("examples") or 0),
        n_epochs=None if epochs in (None, "auto") else int(epochs),
    )
    return current(plan.priced)


def recorded(found: Estimate) -> Props:
    """An estimate as a job's ``estimated_cost``: USD, or None where a price is unknown."""
    total = found.total
    return {"usd_low": total.low, "usd": total.centre, "usd_high": total.high} if total else {"usd": None}


def hold_against_budget(found: Estimate, budget: float | None, name: str) -> None:
    """Refuses a plan that may cost more than its budget.

    Raises:
        FinetuneError: when the upper bound is above the budget.
    """
    if not budget:
        return
    verdict = held_against(found, budget)
    if verdict.within is False:
        raise FinetuneError(
            "the training may cost more than its budget",
            verdict.text,
            f"raise finetuning:models.{name}.budget, or train on less data, for fewer epochs, or with another trainingType",
            source=name,
        )
    if verdict.within is None:
        print(f"{name}: {verdict.text}")
