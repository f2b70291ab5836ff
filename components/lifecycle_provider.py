"""What all dynamic providers of the toolkit share: a diff that walks a table and says why, errors without a stack trace, and
calls that wait side by side.

Provider classes are stored by their module path and name: neither moves, and they keep no attributes.
"""

from __future__ import annotations

import sys
import threading
import traceback
import types
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from pulumi.dynamic import CheckFailure, ConfigureRequest, DiffResult, ReadResult, ResourceProvider, UpdateResult
from pulumi.runtime.rpc import UNKNOWN

from finetune.errors import FinetuneError

Props = dict[str, Any]

#: Calls that the provider process handles at a time; the SDK's server comes with four.
CALLS_AT_ONCE = 64


class LifecycleProvider(ResourceProvider):
    """A provider whose diff is a table.

    ``replaces`` maps an input to the reason that a change of it gives; ``updates`` names inputs that change in place.
    Every other input may differ between machines or runs and is no change.
    """

    serialize_as_secret_always = False
    replaces: ClassVar[Mapping[str, str]] = {}
    updates: ClassVar[frozenset[str]] = frozenset()

    def configure(self, req: ConfigureRequest) -> None:
        show_errors_plainly()
        wait_side_by_side()

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        replaced = self.replaced(_olds, _news)
        updated = [name for name in self.updates if changed(_olds.get(name), _news.get(name))]
        reasons = [self.replaces[name] for name in replaced if self.replaces[name]]
        if reasons:
            print(f"{_news.get('name') or _id}: {'; '.join(reasons)}")
        return DiffResult(changes=bool(replaced or updated), replaces=replaced, delete_before_replace=False)

    def replaced(self, olds: Props, news: Props) -> list[str]:
        """The inputs whose change replaces the resource."""
        return [name for name in self.replaces if changed(olds.get(name), news.get(name))]

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Takes over what changes in place; what the service gave stays."""
        return UpdateResult({**_olds, **_news})


def changed(old: Any, new: Any) -> bool:
    """Whether two values differ for a user: numbers come back from the engine as floats, absent and None are one."""
    if new == UNKNOWN:
        return True
    return bool(_plain(old) != _plain(new))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value or None if isinstance(value, (dict, str)) else value


def gone() -> ReadResult:
    """The answer of ``read`` for what no longer exists."""
    return ReadResult("", {})


def failure(name: str, error: FinetuneError) -> CheckFailure:
    """An error of ours on a property, for ``check``."""
    return CheckFailure(name, str(error))


class _PlainTraceback(types.ModuleType):
    """Stands in for ``traceback`` in the SDK's server of dynamic providers."""

    def format_exc(self, *args: Any, **options: Any) -> str:
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, FinetuneError) else traceback.format_exc(*args, **options)


def show_errors_plainly() -> None:
    """Lets our errors reach the user as their three lines.

    The SDK's server (``pulumi.dynamic.__main__``) sends ``traceback.format_exc()`` for every exception; in that process, and
    only there, our errors are shown by their own text. Other exceptions keep their trace.
    """
    server = sys.modules["__main__"]
    if hasattr(server, "DynamicResourceProviderServicer") and getattr(server, "traceback", None) is traceback:
        server.traceback = _PlainTraceback("traceback")  # type: ignore[attr-defined]


def wait_side_by_side() -> None:
    """Lets the SDK's server (``pulumi.dynamic.__main__``) handle more than its four calls at a time.

    A call here waits for Azure most of its time: with four, twenty files are imported in five rounds. Only the server's own
    threads know its pool, and one of them runs this. Where the pool is not found the server stays as it is.
    """
    arguments = getattr(threading.current_thread(), "_args", ())
    pool = arguments[0]() if arguments and callable(arguments[0]) else None
    if isinstance(pool, ThreadPoolExecutor):
        pool._max_workers = max(pool._max_workers, CALLS_AT_ONCE)
