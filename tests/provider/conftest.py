"""An account on a fresh world, and the toolkit's own clients in this process made anew for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from finetune.azure import openai_clients, sign_in
from tests.conftest import Cloud
from tests.local_azure.conftest import Account, make_account


def forget_clients() -> None:
    """Clients and the sign-in are kept as long as a process lives; a test has a world, and sometimes a wire, of its own."""
    for kept in (value for value in (*vars(openai_clients).values(), sign_in.current) if hasattr(value, "cache_clear")):
        kept.cache_clear()


@pytest.fixture
def account(cloud: Cloud) -> Iterator[Account]:
    """An account in Sweden Central with an identity, and OpenAI Contributor on it for the deployer."""
    forget_clients()
    made = make_account(cloud, "math-tutor-swc")
    yield made
    made.close()
    forget_clients()
