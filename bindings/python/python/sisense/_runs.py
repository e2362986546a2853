"""The calls that a journal holds."""

from __future__ import annotations

import json

from . import _native
from ._types import Journal, Run


def runs(journal: Journal) -> list[Run]:
    """The calls that a journal holds, newest first.

    One whose process is gone is ``interrupted``. `Client.resume` goes on with one that is
    ``interrupted``, ``stopped`` or ``failed``.
    """
    found: list[Run] = json.loads(_native.runs(journal))
    return found
