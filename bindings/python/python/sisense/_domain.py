"""What the domains of operations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._types import Approve, AsyncApprove, Journal, OnProgress

if TYPE_CHECKING:
    from ._client import AsyncClient, Client


class Domain:
    """Operations of one subject, on a client that waits."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def _read(
        self, operation: str, args: Mapping[str, Any], on_progress: OnProgress | None = None
    ) -> Any:
        return self._client._read(operation, args, on_progress)

    def _write(
        self,
        operation: str,
        args: Mapping[str, Any],
        approve: Approve | None,
        on_progress: OnProgress | None = None,
        *,
        journal: Journal | None = None,
    ) -> Any:
        return self._client._write(
            operation, args, approve, on_progress, journal=journal
        )


class AsyncDomain:
    """Operations of one subject, on a client for asyncio."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def _read(
        self, operation: str, args: Mapping[str, Any], on_progress: OnProgress | None = None
    ) -> Any:
        return await self._client._read(operation, args, on_progress)

    async def _write(
        self,
        operation: str,
        args: Mapping[str, Any],
        approve: AsyncApprove | None,
        on_progress: OnProgress | None = None,
        *,
        journal: Journal | None = None,
    ) -> Any:
        return await self._client._write(
            operation, args, approve, on_progress, journal=journal
        )
