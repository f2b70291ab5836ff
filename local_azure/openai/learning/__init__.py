"""A small statistical language model that really learns from a training file: losses, checkpoints, weights and answers.

Pure: no HTTP, no world, no clock. The same input always gives the same output.
"""

from __future__ import annotations

from .answers import answer
from .outcome import Completion, Snapshot, StepMetrics, Training
from .training import train

__all__ = ["Completion", "Snapshot", "StepMetrics", "Training", "answer", "train"]
