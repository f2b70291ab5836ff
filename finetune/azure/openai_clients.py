"""OpenAI clients for an account's endpoint, signed in with Entra tokens. Retries are ours: a client never repeats a POST."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from openai import AsyncOpenAI, OpenAI

from finetune.azure import sign_in

#: Seconds for one request; uploads of large files take long.
TIMEOUT = 600.0


def _base_url(endpoint: str) -> str:
    return f"{endpoint.rstrip('/')}/openai/v1/"


@lru_cache(maxsize=64)
def client(endpoint: str) -> OpenAI:
    """A client for an endpoint like ``https://ACCOUNT.openai.azure.com``. It makes one try for each call."""
    return OpenAI(base_url=_base_url(endpoint), api_key=lambda: sign_in.token(sign_in.OPENAI_SCOPE), max_retries=0, timeout=TIMEOUT)


async def _token() -> str:
    return await asyncio.to_thread(sign_in.token, sign_in.OPENAI_SCOPE)


def async_client(endpoint: str) -> AsyncOpenAI:
    """As :func:`client`, for the event loop that calls it."""
    return AsyncOpenAI(base_url=_base_url(endpoint), api_key=_token, max_retries=0, timeout=TIMEOUT)
