"""The exceptions of this package: one base, and one class for each kind of error."""

from __future__ import annotations

import json
from typing import Any


class SisenseError(Exception):
    """Anything that goes wrong in a call. The message never holds a token or a password.

    Attributes:
        kind: What went wrong, coarsely, such as ``"not_found"``.
        message: One sentence, without the context below.
        operation: The operation's id.
        asset: The asset, such as ``group "Analysts"``.
        endpoint: The method and path that was called.
        status: The HTTP status of the last answer.
        code: Sisense's own number for the error.
        attempts: How often the request was sent.
        request_id: The request id that the server gave.
        snippet: A redacted piece of the answer.
        candidates: What fits, when the reference was ambiguous or nearly right.
        next_step: What to do next.
        retryable: Whether the same request may be sent again later without harm.
    """

    kind: str = "unexpected"

    def __init__(self, text: str, **parts: Any) -> None:
        super().__init__(text)
        self.kind = parts.get("kind") or type(self).kind
        self.message: str = parts.get("message") or text
        self.operation: str | None = parts.get("operation")
        self.asset: str | None = parts.get("asset")
        self.endpoint: str | None = parts.get("endpoint")
        self.status: int | None = parts.get("status")
        self.code: int | None = parts.get("code")
        self.attempts: int | None = parts.get("attempts")
        self.request_id: str | None = parts.get("request_id")
        self.snippet: str | None = parts.get("snippet")
        self.candidates: list[str] = list(parts.get("candidates") or [])
        self.next_step: str | None = parts.get("next_step")
        self.retryable: bool = bool(parts.get("retryable"))
        self._parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), self._parts)


def _rebuild(kind: type[SisenseError], text: str, parts: dict[str, Any]) -> SisenseError:
    return kind(text, **parts)


class ConfigError(SisenseError):
    """The client was set up wrongly."""

    kind = "config"


class InvalidInputError(SisenseError):
    """The arguments are not acceptable."""

    kind = "invalid_input"


class AmbiguousError(SisenseError):
    """More than one asset fits the reference: see ``candidates``."""

    kind = "ambiguous"


class UnauthenticatedError(SisenseError):
    """The server does not know the caller (401)."""

    kind = "unauthenticated"


class ForbiddenError(SisenseError):
    """The server knows the caller and refuses (403)."""

    kind = "forbidden"


class NotFoundError(SisenseError):
    """The asset is not there."""

    kind = "not_found"


class ConflictError(SisenseError):
    """The asset is there already, with other values."""

    kind = "conflict"


class RateLimitedError(SisenseError):
    """The server asks to slow down (429), and did so until the retries ended."""

    kind = "rate_limited"


class TimeoutError(SisenseError):  # noqa: A001
    """No answer before the deadline."""

    kind = "timeout"


class ConnectError(SisenseError):
    """No connection, or one that broke."""

    kind = "connect"


class ServerError(SisenseError):
    """The server failed (5xx)."""

    kind = "server"


class DecodeError(SisenseError):
    """The answer is not what the contract says."""

    kind = "decode"


class UnsupportedError(SisenseError):
    """This deployment lacks the call, or the operation does not apply to this asset."""

    kind = "unsupported"


class CancelledError(SisenseError):
    """The caller stopped the run."""

    kind = "cancelled"


class NotApprovedError(SisenseError):
    """Nobody approved the changes, so none was made.

    Attributes:
        changes: What would have been changed: the preview.
    """

    kind = "not_approved"

    def __init__(self, text: str, **parts: Any) -> None:
        super().__init__(text, **parts)
        self.changes: list[dict[str, Any]] = list(parts.get("changes") or [])


class DriftedError(SisenseError):
    """An asset changed between the preview and the write."""

    kind = "drifted"


class UnknownOutcomeError(SisenseError):
    """A write was sent and its outcome is not known. Look before repeating it."""

    kind = "unknown_outcome"


class UnexpectedError(SisenseError):
    """A bug or an impossible state."""

    kind = "unexpected"


BY_KIND: dict[str, type[SisenseError]] = {
    cls.kind: cls for cls in SisenseError.__subclasses__()
}


def from_report(report: str) -> SisenseError:
    """The exception for an error's parts, given as JSON."""
    parts = json.loads(report)
    text = parts.pop("text", None) or parts.get("message") or "unknown error"
    return BY_KIND.get(parts.get("kind"), SisenseError)(text, **parts)
