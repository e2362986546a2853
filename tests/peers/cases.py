"""The read calls that both sides know, and each known difference with its reason.

A case projects both answers into one shape. A difference changes our projection into the peer's
and says why the two may differ; one that changes nothing is stale and fails the run.
"""

import copy
from dataclasses import dataclass, field
from typing import Any, Callable

MODEL = "Sample ECommerce"
HIDDEN_GROUPS = ("Everyone", "All users in system")


@dataclass
class Difference:
    reason: str
    apply: Callable[[Any], Any]


@dataclass
class Case:
    tool: str
    args: dict
    theirs: Callable[[Any], Any]
    ours: Callable[[Any], Any]
    differences: list[Difference] = field(default_factory=list)


def each(change: Callable[[dict], None]) -> Callable[[Any], Any]:
    """Apply a change to every row of a copy."""

    def apply(rows):
        rows = copy.deepcopy(rows)
        for row in rows if isinstance(rows, list) else [rows]:
            change(row)
        return rows

    return apply


def by(*keys: str) -> Callable[[dict], tuple]:
    return lambda row: tuple(str(row.get(key)) for key in keys)


def user(row: dict) -> dict:
    return {
        "USER_ID": row["user_id"], "USER_NAME": row["user_name"], "FIRST_NAME": row["first_name"],
        "LAST_NAME": row["last_name"], "EMAIL": row["email"], "IS_ACTIVE": row["is_active"],
        "ROLE_ID": row["role_id"], "ROLE_NAME": row["role_name"], "GROUPS": sorted(row["groups"]),
    }


def sorted_groups(row: dict) -> dict:
    return {**row, "GROUPS": sorted(row["GROUPS"])}


def blank_last_name(row: dict) -> None:
    if row["LAST_NAME"] is None:
        row["LAST_NAME"] = ""


def dashboard_designer(row: dict) -> None:
    if row["ROLE_NAME"] == "designer":
        row["ROLE_NAME"] = "dashboardDesigner"


NO_LAST_NAME = Difference(
    "a last name that the server does not tell is null here and a blank text there", each(blank_last_name)
)
ROLE_WORD = Difference(
    "the role contributor is called designer on the web page; the peer says dashboardDesigner",
    each(dashboard_designer),
)


def column(row: dict) -> dict:
    keys = ("datamodel_id", "datamodel_name", "table", "column")
    return {key: row[key] for key in keys}


def columns_of(rows: list) -> list:
    return sorted((column(row) for row in rows), key=by("table", "column"))


def schema_row(row: dict) -> dict:
    keys = ("datamodel_name", "datamodel_type", "dataset_name", "table_name", "column_name", "column_type")
    return {key: row[key] for key in keys}


DESCRIBE = (
    "datamodel_name", "datamodel_id", "datamodel_type", "datamodel_last_build_publish",
    "datamodel_last_updated", "dataset_id", "dataset_name", "provider", "connection_name",
    "table_name", "table_type",
)
