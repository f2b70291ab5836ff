"""DIFFERENCES.md names what local Azure has, and nothing that it has not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from local_azure.arm.providers import ROWS
from local_azure.azure_native.resource_types import CLIENT_FUNCTIONS, GETTERS, SECRET_ACTIONS, TYPES
from local_azure.openai.learning.examples import LONGEST_FILE
from local_azure.openai.learning.training import MOST_ROWS
from local_azure.pipeline import HostTable
from local_azure.prices import items
from local_azure.services import all_services
from local_azure.world.settings import WorldSettings

PROJECT = Path(__file__).parents[2]
TEXT = " ".join((PROJECT / "local_azure" / "DIFFERENCES.md").read_text(encoding="utf-8").split())


def listed(begin: str) -> set[str]:
    """The words in code type of a list that begins so and ends with the sentence."""
    return set(re.findall(r"`([^`]+)`", re.split(r"\.(?: |$)", TEXT.split(begin)[1])[0]))


def test_the_hosts_are_those_that_are_served() -> None:
    assert listed("Hosts served: ") == set(HostTable(all_services()).names())


def test_the_types_are_those_of_the_table() -> None:
    assert listed("Types served: ") == {row.type for row in ROWS.values()}


def test_the_stand_ins_types_and_functions_are_those_of_its_table() -> None:
    assert listed("Resource types: ") == {token.removeprefix("azure-native:") for token in TYPES}
    assert listed("Functions: ") == {token.rpartition(":")[2] for token in (*GETTERS, *SECRET_ACTIONS, *CLIENT_FUNCTIONS)}


def test_the_settings_exist() -> None:
    known = {field.name for field in fields(WorldSettings)}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT)) - {"client_credentials", "reasoning_effort", "top_p", "response_format", "eval_interval"}
    assert named
    assert named <= known


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"above {LONGEST_FILE / 1e6:g} MB a sample" in TEXT
    assert f"at most {MOST_ROWS:,} rows" in TEXT
    captured = (Path(items.__file__).parent / "meters.json").read_text(encoding="utf-8")
    assert re.search(r'"captured": "([^"]+)"', captured)[1] in TEXT  # type: ignore[index]
