"""A local JSONL file as an uploaded, processed file.

Create: adopts the account's file of the same name (the name carries the hash), else uploads it with the byte order mark that
Azure documents, and waits until it is processed. Read: looks whether it is still there. Update: nothing, the content decides.
Delete: deletes the file; one that is gone already is fine. Check: the data rules, before anything is sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource

from finetune.azure import files
from finetune.errors import FinetuneError

from . import data_check
from .lifecycle_provider import LifecycleProvider, Props, changed, failure, gone

PURPOSE = "fine-tune"
_INPUTS = (
    "path",
    "endpoint",
    "method",
    "base",
    "grader",
    "compared_with",
    "content_hash",
    "size",
    "examples",
    "tokens",
    "name",
    "role_seconds",
    "file_seconds",
)


def _use(props: Props) -> data_check.Use:
    return data_check.Use(props["method"], props["base"], props.get("grader"), props.get("compared_with"))


class TrainingFileProvider(LifecycleProvider):
    replaces: ClassVar = {"content_hash": "the data changed, so it is uploaded again", "endpoint": "the account changed"}

    def check(self, _olds: Props, news: Props) -> CheckResult:
        try:
            warnings = data_check.require_good(Path(news["path"]), _use(news), news["name"])
        except FinetuneError as error:
            return CheckResult(news, [failure("path", error)])
        if warnings and changed(_olds.get("content_hash"), news["content_hash"]):
            print(f"{news['name']}: " + "\n".join(warnings))
        return CheckResult(news, [])

    def create(self, props: Props) -> CreateResult:
        path = Path(props["path"])
        if data_check.facts(path, _use(props)).content_hash != props["content_hash"]:  # the name would lie to whoever adopts it
            raise FinetuneError(f"{path} changed since it was examined", do="run again when it is at rest", source=props["name"])
        filename = files.uploaded_name(path, props["content_hash"])
        found = files.adopt_or_upload(props["endpoint"], path, filename, PURPOSE, props["role_seconds"])
        ready = files.wait_until_processed(props["endpoint"], found["id"], props["path"], props["file_seconds"])
        return CreateResult(ready["id"], {**props, "filename": filename, "uploaded_bytes": ready.get("bytes")})

    def read(self, id_: str, props: Props) -> ReadResult:
        found = files.find_by_id(props["endpoint"], id_)
        return ReadResult(id_, props, {name: props.get(name) for name in _INPUTS}) if found else gone()

    def delete(self, _id: str, _props: Props) -> None:
        files.delete(_props["endpoint"], _id)


class TrainingFile(Resource, module="azureopenai", name="TrainingFile"):
    """An uploaded file.

    Args:
        path: JSONL file, relative to the project folder.
        endpoint: of the account.
        method, base, grader: what the data is checked for.
        compared_with: for validation data, the path of the training data, with which it may share no example.
        role_seconds, file_seconds: how long to wait for a role assignment, and for the import.

    Outputs:
        id: ``file-…``. content_hash: SHA-256 of the content, hex. size: bytes. examples, tokens: counted in it. filename: as uploaded.
    """

    filename: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        path: str,
        endpoint: pulumi.Input[str],
        method: str = "supervised",
        base: str,
        grader: dict[str, Any] | None = None,
        compared_with: str | None = None,
        role_seconds: float = 900,
        file_seconds: float = 3600,
        opts: pulumi.ResourceOptions | None = None,
    ):
        facts = data_check.facts(Path(path), data_check.Use(method, base, grader))
        self.path, self.content_hash, self.tokens, self.examples = path, facts.content_hash, facts.tokens, facts.examples
        props = {
            "name": name,
            "path": path,
            "endpoint": endpoint,
            "method": method,
            "base": base,
            "grader": grader,
            "compared_with": compared_with,
            "content_hash": facts.content_hash,
            "size": facts.size,
            "examples": facts.examples,
            "tokens": facts.tokens,
            "role_seconds": role_seconds,
            "file_seconds": file_seconds,
            "filename": None,
        }
        super().__init__(TrainingFileProvider(), name, props, opts)
