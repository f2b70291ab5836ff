"""What the service allows, as values that a caller can replace: limits of files, and what a base model takes."""

from __future__ import annotations

from functools import partial

import msgspec

from finetune.catalogue.limits import limit
from finetune.catalogue.models import Method as Method
from finetune.catalogue.models import closest, find
from finetune.errors import FinetuneError

METHODS: tuple[Method, ...] = ("supervised", "dpo", "reinforcement")


def _of_catalogue(name: str) -> int:
    made: int = msgspec.field(default_factory=partial(limit, name))
    return made


class Limits(msgspec.Struct, frozen=True):
    """Limits of the service; by default those of the catalogue (finetune/catalogue/limits.yaml, with sources).

    Args:
        least_examples: examples that a file must have.
        files_bytes: size of a file that one request may carry (Files API).
        uploads_bytes: size of a file that an upload in parts may carry (Uploads API).
        line_bytes: a longer line is not read as an example; keeps the memory bounded. Own limit.
        tools: tool definitions in an example.
        images: images in an example.
        image_bytes: size of one image, decoded.
        image_examples: examples with images in a file.
        resource_files, resource_bytes: fine-tuning files of one account.
        grader_code_bytes: source of a Python grader.
        grader_models: models that may grade; the current list is not published, so another one is a warning only.
    """

    least_examples: int = _of_catalogue("examples")
    files_bytes: int = _of_catalogue("file_bytes")
    uploads_bytes: int = _of_catalogue("upload_bytes")
    line_bytes: int = 16 * 1024 * 1024
    tools: int = _of_catalogue("tools")
    images: int = _of_catalogue("images")
    image_bytes: int = _of_catalogue("image_bytes")
    image_examples: int = _of_catalogue("image_examples")
    resource_files: int = _of_catalogue("files")
    resource_bytes: int = _of_catalogue("files_bytes")
    grader_code_bytes: int = _of_catalogue("grader_code_bytes")
    #: Those with grader meters in the price list of August 2026; the reinforcement guide of March 2026 names only the first and o3-mini.
    grader_models: tuple[str, ...] = (
        "gpt-4o-2024-08-06",
        "gpt-4o-mini-2024-07-18",
        "gpt-4.1-2025-04-14",
        "gpt-4.1-mini-2025-04-14",
        "gpt-4.1-nano-2025-04-14",
        "o1-2024-12-17",
        "o3-2025-04-16",
        "o3-mini-2025-01-31",
        "o4-mini-2025-04-16",
    )


class ModelRules(msgspec.Struct, frozen=True):
    """What a base model asks of its training data.

    Args:
        name: base model with its version, for messages.
        encoding: vocabulary, ``o200k_base`` or ``cl100k_base``.
        exact: False when the model has another tokenizer, and counts are an estimate.
        example_tokens: tokens of one example; what is beyond is cut off. None: not known.
        vision: whether it can be trained with images.
        methods: training methods that it offers.
    """

    name: str
    encoding: str = "o200k_base"
    exact: bool = True
    example_tokens: int | None = None
    vision: bool = False
    methods: tuple[Method, ...] = METHODS


#: Tokenizers of the catalogue → vocabularies at hand. Harmony adds special tokens to o200k, text counts the same.
_ENCODINGS = {"o200k_base": "o200k_base", "o200k_harmony": "o200k_base", "cl100k_base": "cl100k_base"}


def model_rules(name: str) -> ModelRules:
    """The rules of a base model, or of a model fine-tuned from it, by the catalogue's names.

    Raises:
        FinetuneError: the catalogue does not know the model.
    """
    model = find(name)
    if model is None:
        near = ", ".join(closest(name))
        raise FinetuneError(f"{name} is not known as a model for fine-tuning", "the catalogue has no such name", near and f"did you mean {near}?")
    encoding = _ENCODINGS.get(model.tokenizer or "")
    return ModelRules(model.full_name, encoding or "o200k_base", encoding is not None, model.example_tokens, model.vision, model.methods)


def size_in_words(size: int) -> str:
    """Bytes for people: ``512 MB``, ``1.5 GB``."""
    amount, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f} {unit}".replace(".0 ", " ")
