"""Writes docs/configuration.md from the models in finetune/settings.py, so that the page and the check are one.

.venv/bin/python -m scripts.document_settings            write the page
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic.fields import FieldInfo

from finetune.settings import PROJECT, Settings, Target, Value

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"

_INTRODUCTION = f"""# Configuration

A stack is one file, `stacks/Pulumi.<stack>.yaml`. Under `config:` it has `azure-native:location` and the keys of the project,
which start with `{PROJECT}:`. This page lists every key; `scripts/document_settings.py` writes it from `finetune/settings.py`,
where the same description checks each run. Unknown keys are refused, and an error names the file and the path of the key.

Keys are camelCase, as everywhere in Pulumi. Words of the services stay as they are: `n_epochs`, `GlobalStandard`.
The smallest useful file:

```yaml
config:
  azure-native:location: swedencentral
  finetuning:models:
    tutor: {{base: gpt-4.1-mini-2025-04-14, training: examples/arithmetic/train.jsonl}}
  finetuning:deployments:
    tutor: {{model: tutor, capacity: 50}}
```

Templates to copy: [local](../stacks/Pulumi.local.yaml), [dev](../stacks/Pulumi.dev.yaml), [staging](../stacks/Pulumi.staging.yaml)
and [prod](../stacks/Pulumi.prod.yaml). Write maps on one line without spaces inside the braces: the engine rewrites them so when it
adds a key of its own.
"""

_WORDS = {str: "text", bool: "`true` or `false`", int: "whole number", float: "number", Any: "anything"}
_ENTRY = {str(dict): ".<name>", str(tuple): "[]"}
_LIMITS = {Ge: ("at least", "ge"), Gt: ("above", "gt"), Le: ("at most", "le"), MaxLen: ("at most", "max_length")}


def page() -> str:
    """The whole page."""
    sections = ["\n".join([f"\n## {title}\n", f"{_first_line(of)}\n", *_table(of, path)]) for title, path, of in _objects()]
    return "\n".join([_INTRODUCTION, *(section.strip("\n") + "\n" for section in sections)])


def _objects() -> Iterator[tuple[str, str, type[Value]]]:
    """Title, path of keys and model of every object in a stack file: the stack first, then what stands within, once each."""
    waiting: list[tuple[str, str, type[Value]]] = [("The stack", "", Settings)]
    while waiting:
        title, path, of = waiting.pop(0)
        yield title, path, of
        inner = [(key, nested) for key, field in _fields(of) for nested in _nested(field.annotation)]
        waiting[:0] = [(f"`{_join(path, key)}`", _join(path, key), nested) for key, nested in inner]


def _join(path: str, key: str) -> str:
    if path:
        return f"{path}.{key}"
    return key if ":" in key else f"{PROJECT}:{key}"


def _fields(of: type[Value]) -> Iterator[tuple[str, FieldInfo]]:
    """Keys as they are written; a map's entries are called ``<name>``, a list's ``[]``."""
    for name, field in of.model_fields.items():
        key = field.alias or name
        yield key + (_ENTRY.get(str(get_origin(field.annotation)), "") if _nested(field.annotation) else ""), field


def _nested(annotation: Any) -> list[type[Value]]:
    if isinstance(annotation, type) and issubclass(annotation, Value):
        return [annotation]
    return [found for part in get_args(annotation) for found in _nested(part)]


def _first_line(of: type[Value]) -> str:
    return (of.__doc__ or "").strip().splitlines()[0].replace("``", "`")


def _table(of: type[Value], path: str) -> list[str]:
    rows = [
        f"| `{_written(key, path)}` | {_type(field.annotation, field.metadata)} | {_default(field)} | {_meaning(field)} |"
        for key, field in _fields(of)
    ]
    return ["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows]


def _written(key: str, path: str) -> str:
    return key if path else _join(path, key)


def _type(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """A type in words, with its limits."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in _WORDS:
        return ", ".join([_WORDS[annotation], *_limits(metadata)])
    if origin is Annotated:
        inner, *limits = parts
        return _type(inner, [limit for found in limits for limit in (found.metadata if isinstance(found, FieldInfo) else [found])])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(part, metadata) for part in parts if part is not type(None))
    if origin is tuple:
        return "list of regions or objects" if parts[0] is Target else f"list of {_plural(parts[0])}"
    if origin is dict:
        return " ".join([f"map of {_plural(parts[1])}", *(f"({limit})" for limit in _limits(metadata))])
    return "object"


def _plural(annotation: Any) -> str:
    if annotation is Any:
        return "anything"
    return "objects" if _nested(annotation) else f"{_type(annotation)}s"


def _limits(metadata: list[Any] | tuple[Any, ...]) -> list[str]:
    found = [(words, getattr(limit, name)) for limit in metadata for kind, (words, name) in _LIMITS.items() if isinstance(limit, kind)]
    return [f"{words} {value:,}" for words, value in found]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Value):
        return "as below"
    return "–" if value in (None, (), {}) else f"`{value}`"


def _meaning(field: FieldInfo) -> str:
    text = field.description or _first_line(_nested(field.annotation)[0]).rstrip(".")
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")
