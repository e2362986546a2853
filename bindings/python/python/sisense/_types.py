"""Types that calls share."""

from __future__ import annotations

import os
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

Journal = str | os.PathLike[str]
"""A file in which each change is kept before it is sent, so that a call that broke off can be
resumed. It is made when it is not there."""


class Run(TypedDict, total=False):
    """A call that a journal holds."""

    id: str
    """Its id, by which it is resumed."""

    deployment: str
    """The name of the deployment; the source where there is a target."""

    target: str
    """The name of the target, where there is one."""

    goal: str
    """The operation."""

    state: str
    """``running``, ``done``, ``stopped``, ``failed`` or ``interrupted``."""

    writes: dict[str, int]
    """How many writes are ``approved``, ``done``, ``failed`` and ``unknown``."""

    created: str
    """When it was started."""

    ended: str
    """When it ended."""
