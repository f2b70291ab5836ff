"""Imported by the process that the workers are forked from: everything that they need is in memory before the first fork."""

from __future__ import annotations

from local_azure.openai.workshop import load_vocabulary

load_vocabulary()
