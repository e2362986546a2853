"""A deployment in memory, for tests and first steps."""

from __future__ import annotations

import json
from typing import Any

from . import _native


class Sandbox:
    """A Sisense deployment in memory, on a free port of this machine.

    Use it as a context manager, or call :meth:`stop`. Settings are those of the sandbox, such as
    ``seed=7`` or ``latency_ms=20``.
    """

    def __init__(self, **settings: Any) -> None:
        self._native = _native.Sandbox.start(json.dumps(settings))

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._native.url

    @property
    def token(self) -> str:
        """The token of its first admin."""
        return self._native.token

    def stop(self) -> None:
        """Stop it. Stopping twice is no error."""
        self._native.stop()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(url={self.url!r})"


class AsyncSandbox(Sandbox):
    """The same, as an asynchronous context manager."""

    async def __aenter__(self) -> AsyncSandbox:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._native.stop_async()
