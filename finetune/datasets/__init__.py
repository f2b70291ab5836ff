"""Training data: reading, rules, tokens, statistics, mending, splitting, converting. No network."""

from __future__ import annotations

from finetune.datasets.cache import examined
from finetune.datasets.comparison import compare, totals
from finetune.datasets.examination import examine
from finetune.datasets.findings import Finding
from finetune.datasets.limits import METHODS, Limits, Method, ModelRules, model_rules
from finetune.datasets.report import Report
from finetune.datasets.statistics import Distribution, Statistics

__all__ = [
    "METHODS",
    "Distribution",
    "Finding",
    "Limits",
    "Method",
    "ModelRules",
    "Report",
    "Statistics",
    "compare",
    "examine",
    "examined",
    "model_rules",
    "totals",
]
