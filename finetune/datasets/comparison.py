"""Findings that concern several files: validation against training, and all files of an account together."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.datasets.examination import exact_keys
from finetune.datasets.findings import Case, Finding, finding
from finetune.datasets.limits import Limits, size_in_words
from finetune.datasets.measure import Options
from finetune.datasets.report import Report
from finetune.datasets.rules.pairs import check_pair


def compare(training: Report, validation: Report) -> list[Finding]:
    """Findings about a validation file beside its training file: same examples, other system messages, other lengths.

    Two reports with token counts are compared without a look at the files. Without, lines that may be equal are read again.
    """
    if training.sha256 == validation.sha256:
        return [finding(Case("validation-same-file"), None)]
    leaked = _leaked(training, validation)
    return [finding(case, None) for case in check_pair(training, validation, leaked)]


def _leaked(training: Report, validation: Report) -> list[int]:
    """Lines of the validation file whose example is in the training file too."""
    ours = validation.key_array()
    wanted = set(ours) - {0}
    if training.exact_keys and validation.exact_keys:
        common = {key for key in training.key_array() if key in wanted}
        return [line for line, key in enumerate(ours, 1) if key in common]
    theirs = training.key_array()
    if training.exact_keys != validation.exact_keys:
        suspects = None
    else:
        suspects = {key for key in theirs if key in wanted}
        if not suspects:
            return []
    known = {key for _, key in _exact(training, suspects)}
    return [line for line, key in _exact(validation, suspects) if key in known]


def _exact(report: Report, suspects: set[int] | None) -> list[tuple[int, int]]:
    """Line and exact key of the examples with these keys; of all when ``suspects`` is None."""
    keyed = [(line, key) for line, key in enumerate(report.key_array(), 1) if key and (suspects is None or key in suspects)]
    return keyed if report.exact_keys else exact_keys(report.path, Options(report.method), {line for line, _ in keyed})


def totals(sizes: Sequence[int], limits: Limits | None = None) -> list[Finding]:
    """Findings about all fine-tuning files of one account, by their sizes in bytes."""
    limits = limits or Limits()
    cases = []
    if len(sizes) > limits.resource_files:
        cases.append(Case("resource-files", "", {"count": len(sizes), "limit": limits.resource_files}))
    if sum(sizes) > limits.resource_bytes:
        cases.append(Case("resource-bytes", "", {"size": size_in_words(sum(sizes)), "limit": size_in_words(limits.resource_bytes)}))
    return [finding(case, None) for case in cases]
