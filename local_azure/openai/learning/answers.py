"""Answers: the fine-tuned model's continuation of a question, or the base model's generic words."""

from __future__ import annotations

from collections.abc import Sequence

from .outcome import Completion


def answer(
    weights: bytes | None,
    messages: list[dict],
    *,
    max_tokens: int = 256,
    temperature: float = 1.0,
    seed: int | None = None,
    stop: Sequence[str] = (),
) -> Completion:
    """Continue a chat; ``weights`` None is the base model."""
    return Completion("Thank you.", "stop", 1, 2)
