"""What a case and a known difference are."""

import copy
from dataclasses import dataclass, field
from typing import Any, Callable


@dataclass(eq=False)
class Difference:
    reason: str
    #: From our answer and the peer's to our answer in the peer's way.
    apply: Callable[[Any, Any], Any]
    needed: bool = False


@dataclass
class Case:
    tool: str
    args: dict
    theirs: Callable[[], Any]
    ours: Callable[[Any], Any]
    differences: list[Difference] = field(default_factory=list)


def rewriting(reason: str, change: Callable[[dict, dict], None]) -> Difference:
    """A difference in single rows: `change` gets ours and, where it has the same place, theirs."""

    def apply(ours, theirs):
        ours = copy.deepcopy(ours)
        if isinstance(ours, dict):
            change(ours, theirs)
        else:
            for index, row in enumerate(ours):
                change(row, theirs[index] if index < len(theirs) else {})
        return ours

    return Difference(reason, apply)
