"""Which names of an answering model are the model that was deployed."""

from __future__ import annotations

import pytest

from finetune.azure.completions import same_model

TUNED = "gpt-4.1-mini-2025-04-14.ft-70b83bfc4a2548b081bd3634f63f2503"


@pytest.mark.parametrize(
    ("deployed", "answers", "same"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", True),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini", True),
        ("Ministral-3B", "ministral-3b-2411", True),
        (TUNED, TUNED, True),
        ("ftchkpt-0123", "ftchkpt-0123", True),
        (TUNED, "gpt-4.1-mini-2025-04-14", False),
        (TUNED, f"{TUNED}-v2", False),
        ("gpt-4.1", "gpt-4.1-mini-2025-04-14", False),
        ("gpt-4o", "gpt-4.1", False),
        ("ftchkpt-0123", TUNED, False),
    ],
)
def test_a_version_may_be_written_or_not_and_nothing_else(deployed: str, answers: str, same: bool) -> None:
    assert same_model(answers, deployed) is same
    assert same_model(deployed, answers) is same
