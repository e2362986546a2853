"""The clients: one that waits and one for asyncio, with the same operations."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import _native
from ._types import Approve, AsyncApprove, Change, Journal, OnProgress
from .domains import AsyncDomains, Domains
from .errors import InvalidInputError, NotApprovedError
from .result import decoded

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._native import Client as NativeClient
    from ._native import Preview as NativePreview


def _encoded(operation: str, args: Mapping[str, Any] | None) -> str:
    """Arguments as JSON. Those that are ``None`` are left out."""
    given = {name: value for name, value in (args or {}).items() if value is not None}
    try:
        return json.dumps(given, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{operation}: the arguments are no JSON: {error}",
            message="the arguments are no JSON",
            operation=operation,
        ) from error


def _listener(on_progress: OnProgress | None) -> Callable[[str], object] | None:
    """Gets events as JSON, in whatever thread they happen."""
    if on_progress is None:
        return None
    return lambda event: on_progress(json.loads(event))


def _loop_listener(on_progress: OnProgress | None) -> Callable[[str], object] | None:
    """Gets events as JSON in any thread and hands them to the running event loop."""
    if on_progress is None:
        return None
    loop = asyncio.get_running_loop()

    def listener(event: str) -> None:
        # After the loop nobody listens.
        if not loop.is_closed():
            loop.call_soon_threadsafe(on_progress, json.loads(event))

    return listener


def _refused(operation: str, changes: list[Change], asked: bool) -> NotApprovedError:
    what = "1 change was" if len(changes) == 1 else f"{len(changes)} changes were"
    message = f"{what} not approved" if asked else f"{what} shown to nobody; give `approve`"
    return NotApprovedError(
        f"{operation}: {message}", message=message, operation=operation, changes=changes
    )


class _Base:
    """What both clients are made of."""

    _native: NativeClient

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str | None = None,
        verify: bool = True,
        ca_file: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Set up a client. Sends nothing.

        Args:
            url: Scheme, host, port and tenant prefix. A bare host means https.
            token: The API token.
            name: What to call the deployment; its host when left out.
            verify: Whether certificates are checked.
            ca_file: A PEM file with further certificate authorities.
            timeout: Longest time for one request, in seconds.
        """
        self._native = _native.Client(
            url, token, name=name, verify=verify, ca_file=ca_file, timeout=timeout
        )

    @classmethod
    def from_env(cls) -> Self:
        """A client from ``SISENSE_URL`` and ``SISENSE_TOKEN``."""
        return cls._over(_native.Client.from_env())

    @classmethod
    def _over(cls, native: NativeClient) -> Self:
        client = cls.__new__(cls)
        client._native = native
        return client

    def to(self, target: Self) -> Self:
        """This deployment as the source and another as the target, for operations with both."""
        return self._over(self._native.to(target._native))

    @property
    def name(self) -> str:
        """The name of the deployment."""
        return self._native.name

    @property
    def url(self) -> str:
        """The base URL of the deployment."""
        return self._native.url

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, url={self.url!r})"


class _BasePreview:
    """What both previews are made of."""

    def __init__(self, native: NativePreview) -> None:
        self._native = native
        self.changes: list[Change] = json.loads(native.changes)
        """The changes. Empty when everything is as wished."""

    @property
    def result(self) -> Any:
        """The answer that the operation would give; new ids are placeholders."""
        return decoded(self._native.outcome)


class Preview(_BasePreview):
    """What an operation would change, and the answer it would give."""

    def apply(
        self, *, on_progress: OnProgress | None = None, journal: Journal | None = None
    ) -> Any:
        """Make exactly these changes. A person has approved them. Works once.

        With a journal, what breaks off can be resumed: see `Client.resume`.
        """
        return decoded(
            self._native.apply(_listener(on_progress), journal)
        )


class AsyncPreview(_BasePreview):
    """What an operation would change, and the answer it would give."""

    async def apply(
        self, *, on_progress: OnProgress | None = None, journal: Journal | None = None
    ) -> Any:
        """Make exactly these changes. A person has approved them. Works once.

        With a journal, what breaks off can be resumed: see `AsyncClient.resume`.
        """
        return decoded(
            await self._native.apply_async(_loop_listener(on_progress), journal)
        )


class Client(_Base, Domains):
    """A client of one deployment that waits for answers. Threads may share it."""

    def call(
        self,
        operation: str,
        args: Mapping[str, Any] | None = None,
        *,
        approve: Approve | None = None,
        on_progress: OnProgress | None = None,
        journal: Journal | None = None,
    ) -> Any:
        """Call an operation by its id, such as ``access.get_user``.

        An operation that changes something asks ``approve`` first, and with a ``journal``
        can be resumed. Long ones tell ``on_progress`` how far they have come.
        """
        if _native.writes(operation):
            return self._write(
                operation, args, approve, on_progress, journal=journal
            )
        return self._read(operation, args, on_progress)

    def preview(self, operation: str, args: Mapping[str, Any] | None = None) -> Preview:
        """What an operation would change. Sends nothing but reads."""
        return Preview(self._native.preview(operation, _encoded(operation, args)))

    def resume(
        self,
        journal: Journal,
        run: str | None = None,
        *,
        on_progress: OnProgress | None = None,
    ) -> Any:
        """Go on with a call that broke off or left something undone.

        What was approved is all that may change: what is done is not done again, and what
        nobody saw end is looked up first. The client needs the name and the target of the
        one that began.

        Args:
            journal: The file that the call was given.
            run: Its id, as `sisense.runs` tells it; the only open one when left out.
            on_progress: Is told how far the work has come.
        """
        return decoded(
            self._native.resume(journal, run, _listener(on_progress))
        )

    def _read(
        self,
        operation: str,
        args: Mapping[str, Any] | None,
        on_progress: OnProgress | None = None,
    ) -> Any:
        return decoded(
            self._native.call(
                operation, _encoded(operation, args), _listener(on_progress)
            )
        )

    def _write(
        self,
        operation: str,
        args: Mapping[str, Any] | None,
        approve: Approve | None,
        on_progress: OnProgress | None = None,
        *,
        journal: Journal | None = None,
    ) -> Any:
        preview = self.preview(operation, args)
        if not preview.changes:
            return preview.result
        if approve is None or approve(preview.changes) is not True:
            raise _refused(operation, preview.changes, approve is not None)
        return preview.apply(on_progress=on_progress, journal=journal)


class AsyncClient(_Base, AsyncDomains):
    """A client of one deployment for asyncio. Cancelling a call drops its request."""

    async def call(
        self,
        operation: str,
        args: Mapping[str, Any] | None = None,
        *,
        approve: AsyncApprove | None = None,
        on_progress: OnProgress | None = None,
        journal: Journal | None = None,
    ) -> Any:
        """Call an operation by its id, such as ``access.get_user``.

        An operation that changes something asks ``approve`` first, and with a ``journal``
        can be resumed. Long ones tell ``on_progress`` how far they have come.
        """
        if _native.writes(operation):
            return await self._write(
                operation, args, approve, on_progress, journal=journal
            )
        return await self._read(operation, args, on_progress)

    async def preview(
        self, operation: str, args: Mapping[str, Any] | None = None
    ) -> AsyncPreview:
        """What an operation would change. Sends nothing but reads."""
        native = await self._native.preview_async(operation, _encoded(operation, args))
        return AsyncPreview(native)

    async def resume(
        self,
        journal: Journal,
        run: str | None = None,
        *,
        on_progress: OnProgress | None = None,
    ) -> Any:
        """Go on with a call that broke off or left something undone.

        What was approved is all that may change: what is done is not done again, and what
        nobody saw end is looked up first. The client needs the name and the target of the
        one that began. A call that was cancelled lets go of its run a moment later: until
        then it is ``running`` in `sisense.runs`, and is not resumed.

        Args:
            journal: The file that the call was given.
            run: Its id, as `sisense.runs` tells it; the only open one when left out.
            on_progress: Is told how far the work has come.
        """
        return decoded(
            await self._native.resume_async(journal, run, _loop_listener(on_progress))
        )

    async def _read(
        self,
        operation: str,
        args: Mapping[str, Any] | None,
        on_progress: OnProgress | None = None,
    ) -> Any:
        return decoded(
            await self._native.call_async(
                operation, _encoded(operation, args), _loop_listener(on_progress)
            )
        )

    async def _write(
        self,
        operation: str,
        args: Mapping[str, Any] | None,
        approve: AsyncApprove | None,
        on_progress: OnProgress | None = None,
        *,
        journal: Journal | None = None,
    ) -> Any:
        preview = await self.preview(operation, args)
        if not preview.changes:
            return preview.result
        if approve is None:
            raise _refused(operation, preview.changes, False)
        answer = approve(preview.changes)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is not True:
            raise _refused(operation, preview.changes, True)
        return await preview.apply(on_progress=on_progress, journal=journal)
