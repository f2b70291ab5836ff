"""What training and answering hand back: plain frozen records, safe to pickle."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StepMetrics:
    """One row of results.csv; losses in nats per token, accuracies as shares from 0 to 1, None where nothing was measured."""

    step: int
    train_loss: float
    train_mean_token_accuracy: float
    valid_loss: float | None = None
    validation_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None


@dataclass(frozen=True)
class Snapshot:
    """The model as it stood at the end of an epoch; ``metrics`` is the row of that step."""

    step: int
    epoch: int
    weights: bytes
    metrics: StepMetrics


@dataclass(frozen=True)
class Training:
    """A finished training: hyperparameters as resolved, one row per step, the last three epochs' snapshots, the final weights."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    steps: list[StepMetrics]
    trained_tokens: int
    checkpoints: list[Snapshot]
    weights: bytes
    sampled: bool = False


@dataclass(frozen=True)
class Completion:
    """An answer; ``finish_reason`` is stop, length or tool_calls, ``tool_calls`` has the form of a chat completion's message."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    tool_calls: list[dict] = field(default_factory=list)
