"""Types that calls share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict


class Change(TypedDict, total=False):
    """One change to one asset, as a person is to see it."""

    operation: str
    """The operation that asks for it."""

    asset: dict[str, Any]
    """What it touches: ``deployment``, ``kind``, ``id`` and ``name``."""

    action: str
    """What it does to it, such as ``create`` or ``delete``."""

    summary: str
    """One line for a person."""

    before: Any
    """What is there now."""

    after: Any
    """What will be there."""

    notes: list[str]
    """What else to know before approving."""

    undo: dict[str, str]
    """Whether it can be taken back, and how."""

    risk: str
    """How much care it asks for: ``low``, ``normal`` or ``high``."""


class Progress(TypedDict, total=False):
    """How far a call has come."""

    operation: str
    """The operation that reports."""

    message: str
    """One line for a person."""

    done: int
    """How many steps are done."""

    total: int
    """How many steps there are, where that is known."""

    asset: str
    """The asset that is worked on, such as ``dashboard "Sales"``."""

    per_second: float
    """Steps per second, once there is enough to tell."""

    seconds_left: int
    """How long the rest takes at this rate, in seconds."""


OnProgress = Callable[[Progress], object]
"""Gets each event of progress. A client that waits calls it from another thread; a client for
asyncio calls it in its event loop."""

Approve = Callable[[list[Change]], bool]
"""Gets the changes; returns ``True`` to make exactly those. Anything else makes none."""

AsyncApprove = Callable[[list[Change]], "bool | Awaitable[bool]"]
"""As :data:`Approve`, or a coroutine function."""
