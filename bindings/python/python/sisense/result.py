"""Answers: plain dicts and lists that also tell what is missing from them."""

from __future__ import annotations

import json
import warnings
from typing import Any, TypedDict


class Missing(TypedDict):
    """Something that could not be loaded, and why."""

    what: str
    """What is missing, such as ``dashboard "Pipeline" (5f…)``."""

    error: dict[str, Any]
    """Why it could not be loaded: the parts of an error."""


class PartialResultWarning(UserWarning):
    """An answer is a part: see its attribute ``missing``."""


class ResultDict(dict[str, Any]):
    """A result that is an object."""

    missing: list[Missing]

    def __repr__(self) -> str:
        return _shown(self, super().__repr__())


class ResultList(list[Any]):
    """A result that is a list."""

    missing: list[Missing]

    def __repr__(self) -> str:
        return _shown(self, super().__repr__())


def _shown(result: ResultDict | ResultList, text: str) -> str:
    lost = len(missing(result))
    return f"<a part, {lost} missing: {text}>" if lost else text


def missing(result: object) -> list[Missing]:
    """What is missing from an answer. Empty when it is the whole."""
    return getattr(result, "missing", [])


def decoded(outcome: str) -> Any:
    """The result in an outcome, with a warning when it is a part."""
    parts = json.loads(outcome)
    result, lost = parts["result"], parts.get("missing", [])
    if isinstance(result, dict):
        result = ResultDict(result)
    elif isinstance(result, list):
        result = ResultList(result)
    if isinstance(result, (ResultDict, ResultList)):
        result.missing = lost
    if lost:
        names = ", ".join(entry["what"] for entry in lost[:3])
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        warnings.warn(
            f"the answer is a part; missing: {names}{more}", PartialResultWarning, stacklevel=4
        )
    return result
