"""The toolkit in another program: its wheel beside a program that has a `components` folder of its own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.conftest import Cloud
from tests.e2e.conftest import ROOT, Project, example
from tests.local_azure.conftest import OPENAI_CONTRIBUTOR

#: What a second program is: settings of its own, a `components` package of its own, ours under its name in the wheel.
PROGRAM = """
from pathlib import Path

import pulumi
from pulumi_azure_native import authorization, resources

import finetune
import finetuning_components as parts
from components import motto
from finetune.azure.sign_in import principal_type
from finetune.catalogue.roles import OPENAI_USER

client = authorization.get_client_config()
deployer = parts.Principal(client.object_id, principal_type())
group = resources.ResourceGroup("group", resource_group_name="rg-second", location="swedencentral")
account = parts.OpenAIAccount(
    "tutor",
    account_name=parts.account_name("second", "swedencentral", client.subscription_id),
    resource_group_name=group.name,
    location="swedencentral",
    contributors=[deployer],
)
grant = parts.RoleGrant("tutor", role=OPENAI_USER, scope=account.id, principal=deployer)
file = parts.TrainingFile(
    "tutor",
    path="train.jsonl",
    endpoint=account.endpoint,
    base="gpt-4.1-mini-2025-04-14",
    opts=pulumi.ResourceOptions(depends_on=account.usable),
)
pulumi.export("motto", motto.WORDS)
pulumi.export("from", [str(Path(package.__file__).parent) for package in (finetune, parts)])
pulumi.export("file", file.id)
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by the build backend that pyproject.toml names."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture
def second(project: Project, cloud: Cloud, wheel: Path, tmp_path: Path) -> Project:
    """A program in a folder of its own, with the wheel installed beside it and nothing of this checkout on its path."""
    installed = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr

    folder = tmp_path / "second"
    (folder / "components").mkdir(parents=True)
    (folder / "components" / "__init__.py").touch()
    (folder / "components" / "motto.py").write_text("WORDS = 'a folder of my own'\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "train.jsonl").write_text("\n".join(example(number) for number in range(20)) + "\n")
    (folder / ".venv").symlink_to(sys.prefix)
    runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "second", "runtime": runtime, "stackConfigDir": "stacks"}))
    made = Project(folder, cloud, environment={**project.environment, "PYTHONPATH": str(installed)})
    made.configure({"azure-native:location": "swedencentral"})
    made.pulumi("stack", "init")
    return made


def test_the_wheel_carries_the_components_under_their_own_name_and_every_data_file(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    shipped = {"components": "finetuning_components", "finetune": "finetune", "local_azure": "local_azure"}
    here = [path.relative_to(ROOT) for folder in shipped for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {str(Path(shipped[path.parts[0]], *path.parts[1:])) for path in here} - inside == set()
    assert "finetune/catalogue/models.yaml" in inside
    assert {name.partition("/")[0] for name in inside if ".dist-info/" not in name} == {"finetune", "finetuning_components", "local_azure"}


def test_another_program_with_its_own_components_folder_uses_the_wheel(second: Project, tmp_path: Path) -> None:
    second.up()
    outputs = second.outputs()
    assert outputs["motto"] == "a folder of my own"
    assert outputs["from"] == [str(tmp_path / "installed" / name) for name in ("finetune", "finetuning_components")]
    assert outputs["file"].startswith("file-")
    second.pulumi("preview", "--expect-no-changes")
    assert any(OPENAI_CONTRIBUTOR in str(item.get("outputs")) for item in second.state())
    second.destroy()
    assert second.state() == []
    deleted = [row["effect"] for row in second.cloud.door.journal() if row["effect"].startswith(f"deleted {outputs['file']}")]
    assert len(deleted) == 1, "the provider of the wheel was found again by its recorded name"
