"""Errors for people. One type, few children:

FinetuneError                 what is wrong, why, what to do            exit 2 (could not run)
├── SettingsError             a key of the stack file                   exit 2
├── CheckFailed               findings in data, a failed gate           exit 1
└── ServiceRefused            Azure said no; carries code and request   exit 2
    └── ServiceBusy           it may say yes later; safe to repeat      exit 2

The raising place supplies facts; :meth:`FinetuneError.__str__` is the only printer.
"""

from __future__ import annotations

from typing import ClassVar


class FinetuneError(Exception):
    """Something that a user can understand and mend.

    Args:
        what: what is wrong, in one sentence without a final dot.
        why: the reason, as far as known.
        do: what to do next, as an instruction.
        source: where it comes from: ``file:line``, a configuration key, a resource.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, why: str = "", do: str = "", *, source: str = ""):
        super().__init__(what)
        self.what, self.why, self.do, self.source = what, why, do, source

    def __str__(self) -> str:
        first = f"{self.source}: {self.what}" if self.source else self.what
        return "\n".join(line for line in (first, self.why and f"  why: {self.why}", self.do and f"  do:  {self.do}") if line)


class SettingsError(FinetuneError):
    """A key of the stack configuration is missing, unknown or wrong. ``source`` is the stack file and the key path."""


class CheckFailed(FinetuneError):
    """Data has errors, or a gate was not passed."""

    exit_code = 1


class ServiceRefused(FinetuneError):
    """Azure refused a request.

    Args:
        status: HTTP status; 0 when the connection failed.
        code: the service's error code, for example ``PermissionDenied``.
        request_id: the service's id of the request, for support.
        retry_after: seconds that the service asks to wait; 0 when it does not say.
    """

    def __init__(
        self,
        what: str,
        why: str = "",
        do: str = "",
        *,
        source: str = "",
        status: int = 0,
        code: str = "",
        request_id: str = "",
        retry_after: float = 0.0,
    ):
        super().__init__(what, why, do, source=source)
        self.status, self.code, self.request_id, self.retry_after = status, code, request_id, retry_after


class ServiceBusy(ServiceRefused):
    """Azure could not answer now (429, 5xx, cut connection, a lag); repeating is safe."""
