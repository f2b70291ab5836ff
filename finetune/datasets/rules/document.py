"""docs/rules.md from the table of rules: ``python -m finetune.datasets.rules.document > docs/rules.md``."""

from __future__ import annotations

from itertools import groupby

from finetune.datasets.rules.table import RULES

_FAMILIES = {
    "file": "Files and lines",
    "chat": "Messages",
    "tools": "Tools",
    "preference": "Preference data (DPO)",
    "reinforcement": "Reinforcement data and graders",
    "vision": "Images",
    "pairs": "Validation beside training",
    "folder": "All files of an account",
}
_HEAD = """# Rules for training data

What `finetune validate` and the preview look for. An **error** stops the upload: the service refuses the file, or the training would be
worthless. A **warning** is probably a mistake. A **note** is for your information. Codes are stable: scripts may rely on them.

This page is made from the table that the checks use (`finetune/datasets/rules/table.py`). Words in braces stand for the facts of the case.
"""


def document() -> str:
    """The page, in Markdown."""
    parts = [_HEAD]
    for family, rules in groupby(RULES.values(), key=lambda rule: rule.family):
        parts.append(f"\n## {_FAMILIES[family]}\n\n| code | severity | what is wrong | what to do | source |\n|---|---|---|---|---|\n")
        for rule in rules:
            cells = (f"`{rule.code}`", rule.severity, _plain(rule.message), _plain(rule.fix), rule.source)
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


def _plain(template: str) -> str:
    return template.replace("{{", "{").replace("}}", "}").replace("|", "\\|")


if __name__ == "__main__":
    print(document(), end="")
