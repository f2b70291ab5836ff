"""OpenAI clients for an account's endpoint, signed in with Entra tokens. Retries are ours: a client never repeats a POST.

An API key is used only on request: ``FINETUNING_AUTH=apiKey`` with ``AZURE_OPENAI_API_KEY_<ACCOUNT>`` (the account's name in
capitals, hyphens as underscores) or ``AZURE_OPENAI_API_KEY`` in the environment. It goes nowhere but into the request's header.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from finetune.azure import sign_in
from finetune.azure.openai_package import openai
from finetune.errors import FinetuneError

#: Seconds for one request; uploads of large files take long.
TIMEOUT = 600.0
#: The newest stable one of the dated API versions; uploads in parts and imports are not on the v1 routes (azure.md §1.2).
DATED_VERSION = "2024-10-21"


def _base_url(endpoint: str) -> str:
    return f"{endpoint.rstrip('/')}/openai/v1/"


def requested_key(endpoint: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The API key for an endpoint, where the environment asks for keys instead of Entra tokens; else None.

    Raises:
        FinetuneError: when keys are asked for and there is none for this account.
    """
    if environment.get("FINETUNING_AUTH") != "apiKey":
        return None
    account = (urlsplit(endpoint).hostname or "").partition(".")[0]
    own = f"AZURE_OPENAI_API_KEY_{account.upper().replace('-', '_')}"
    key = environment.get(own) or environment.get("AZURE_OPENAI_API_KEY")
    if not key:
        raise FinetuneError(
            f"there is no API key for {account}", "FINETUNING_AUTH is apiKey", f"set {own}, or unset FINETUNING_AUTH to use Entra sign-in"
        )
    return key


@lru_cache(maxsize=64)
def client(endpoint: str) -> openai.OpenAI:
    """A client for an endpoint like ``https://ACCOUNT.openai.azure.com``. It makes one try for each call."""
    if key := requested_key(endpoint):
        return openai.OpenAI(base_url=_base_url(endpoint), api_key=key, default_headers={"api-key": key}, max_retries=0, timeout=TIMEOUT)
    return openai.OpenAI(base_url=_base_url(endpoint), api_key=lambda: sign_in.token(sign_in.OPENAI_SCOPE), max_retries=0, timeout=TIMEOUT)


@lru_cache(maxsize=64)
def dated_client(endpoint: str) -> openai.AzureOpenAI:
    """As :func:`client`, on the routes of :data:`DATED_VERSION`."""
    key = requested_key(endpoint)
    token = None if key else lambda: sign_in.token(sign_in.OPENAI_SCOPE)
    return openai.AzureOpenAI(
        azure_endpoint=endpoint, api_version=DATED_VERSION, api_key=key, azure_ad_token_provider=token, max_retries=0, timeout=TIMEOUT
    )


async def _token() -> str:
    return await asyncio.to_thread(sign_in.token, sign_in.OPENAI_SCOPE)


def async_client(endpoint: str) -> openai.AsyncOpenAI:
    """As :func:`client`, for the event loop that calls it."""
    if key := requested_key(endpoint):
        return openai.AsyncOpenAI(base_url=_base_url(endpoint), api_key=key, default_headers={"api-key": key}, max_retries=0, timeout=TIMEOUT)
    return openai.AsyncOpenAI(base_url=_base_url(endpoint), api_key=_token, max_retries=0, timeout=TIMEOUT)
