"""The examples of docs/components/ are programs that the engine accepts."""

from __future__ import annotations

import re

from tests.e2e.conftest import ROOT, Project


def test_the_examples_of_all_components_are_one_program_that_previews(project: Project) -> None:
    pages = sorted((ROOT / "docs" / "components").glob("*.md"))
    examples = [code for page in pages for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]
    assert len(examples) == len(pages) > 0
    program = project.folder / "__main__.py"
    program.unlink()  # the project's own, a link
    program.write_text("\n".join(examples), encoding="utf-8")
    planned = set(project.preview())
    assert {"account-example-account", "vault-example-vault", "grant-example-assignment", "wandb-example"} <= planned
    assert {"file-example", "job-example", "model-example", "deployment-example-ready"} <= planned
