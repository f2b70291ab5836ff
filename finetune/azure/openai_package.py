"""The package ``openai``, imported when it is first used: that takes most of a second, and a preview needs nothing of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openai
else:

    class _ImportedOnUse:
        def __getattr__(self, name: str) -> Any:
            return getattr(import_module("openai"), name)

    openai = _ImportedOnUse()

__all__ = ["openai"]
