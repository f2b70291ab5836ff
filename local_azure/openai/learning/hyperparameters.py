"""What "auto" means for a training set of a given size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TARGET_EPOCHS = 3
_FEWEST_VISITS, _MOST_VISITS = 100, 25_000  # examples times epochs
_MOST_EPOCHS = 25
_EXAMPLES_PER_BATCH_MEMBER = 500  # 0.2 % of the examples
_LARGEST_BATCH = 256
#: INFERRED: real jobs with the multiplier left to the service reported 2.0.
_MULTIPLIER = 2.0
_AUTO = (None, "auto", -1, "-1")


@dataclass(frozen=True)
class Resolved:
    """Hyperparameters as the job shows them once it runs."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float


def resolve(hyperparameters: dict[str, Any], examples: int) -> Resolved:
    """Fill in what is absent, null, "auto" or -1; other members (beta, eval_interval, ...) have no effect here."""

    def given(name: str, automatic: float) -> float:
        value = hyperparameters.get(name)
        return automatic if value in _AUTO else float(value)

    return Resolved(
        n_epochs=max(1, int(given("n_epochs", auto_epochs(examples)))),
        batch_size=max(1, int(given("batch_size", auto_batch_size(examples)))),
        learning_rate_multiplier=given("learning_rate_multiplier", _MULTIPLIER),
    )


def auto_epochs(examples: int) -> int:
    """Three, more for fewer than 34 examples (25 at most), fewer beyond 8,333; the rule of OpenAI's data preparation notebook."""
    if examples * _TARGET_EPOCHS < _FEWEST_VISITS:
        return min(_MOST_EPOCHS, _FEWEST_VISITS // max(1, examples))
    if examples * _TARGET_EPOCHS > _MOST_VISITS:
        return max(1, _MOST_VISITS // examples)
    return _TARGET_EPOCHS


def auto_batch_size(examples: int) -> int:
    """0.2 % of the examples, between 1 and 256."""
    return min(_LARGEST_BATCH, max(1, examples // _EXAMPLES_PER_BATCH_MEMBER))
