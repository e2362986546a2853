"""The read calls that both sides know, and each known difference with its reason.

A difference changes our answer into the peer's and says why the two differ. One that is needed by
no case is stale and fails the run; so does any difference that is not listed.
"""

from collections import Counter
from typing import Any

import models
import shapes
from case import Case, Difference, rewriting
from shapes import by, rows

MODEL = "Sample ECommerce"


#: Where one call may take more requests than the peer's, and why.
MORE_REQUESTS = {
    "access.get_unused_columns": "three reads of what protects a column (data security, hierarchies, shared "
    "formulas), at which the peer does not look; it is more only for a model of one dataset without dashboards",
    "datamodel.get_datasecurity_detail": "users and groups, where the rules do not tell the names of parties; the "
    "peer calls these unknown",
}


def _blank(key: str, blank: Any):
    def change(row, _):
        if row[key] is None:
            row[key] = blank

    return change


def _role(row, _):
    if row["ROLE_NAME"] == "designer":
        row["ROLE_NAME"] = "dashboardDesigner"


def _consumer(row, _):
    if row["defaultRole"] == "viewer":
        row["defaultRole"] = "consumer"


def _groups(row, theirs):
    # The same groups: the peer repeats what the server repeats, and keeps groups of everybody.
    implied = {"Everyone", "All users in system"}
    if set(row["GROUPS"]) - implied == set(theirs.get("GROUPS", [])) - implied:
        row["GROUPS"] = theirs["GROUPS"]


def _code(row, _):
    if (row["column_type"] or "").startswith("code "):
        row["column_type"] = "Unknown Type"


def _table_type(row, _):
    row["table_type"] = row["dataset_type"]


def _twice(ours, theirs):
    """Only where the peer's list, each once, is ours."""
    return {name: theirs[name] if sorted(set(theirs.get(name, []))) == users else users
            for name, users in ours.items()}


def _gone(ours, theirs):
    """The peer's row for a party that is gone has neither type nor name."""
    changed = [{**row, "type": None} if row["name"] is None else row for row in ours]
    return sorted(changed, key=by("dashboard", "type", "name"))


def _unshared(ours, theirs):
    """The peer has a row without a party only where the owner's row is missing too."""
    return [row for row in ours if row["type"] or row["name"] or row in theirs]


def _drop_gone(ours, _):
    return [row for row in ours if row["name"] is not None]


LAST_NAME = rewriting("what the server does not tell is null here and a blank text there", _blank("LAST_NAME", ""))
DEFAULT_ROLE = rewriting("a group without a role of its own has null here and a blank text there", _blank("defaultRole", ""))
VIEWER = rewriting("the role consumer is called viewer here, as on the web page", _consumer)
ROLE = rewriting("the web page's Designer is designer here and dashboardDesigner there", _role)
GROUPS = rewriting("each group once, and those of everybody only when alone; the peer repeats and keeps them", _groups)
TWICE = Difference("an admin who is also in the group Admins is listed once here and twice there", _twice)
GONE = Difference("a share with a party that no longer exists keeps its type here", _gone)
UNSHARED = Difference("the owner's own row is no share here, so such a dashboard counts as unshared", _unshared)
DROPPED = Difference("a share with a party that no longer exists is listed here and left out there", _drop_gone)
PROVIDER = rewriting("a dataset without a connection has null here and words there", _blank("provider", "Unknown Provider"))
CONNECTION = rewriting("a dataset without a connection has null here and words there", _blank("connection_name", "Unknown Connection"))
TYPE_CODE = rewriting("a type that is not known is named by its code here", _code)
TABLE_TYPE = rewriting("the table's type here, the dataset's type there, under one name", _table_type)


def _secrets(ours, theirs):
    """The same payload but for what stands for its secrets, and their names beside it."""
    names = ours["secret_parameters"]
    shown = ours["parameters"]
    if any(shown[name] != "***" for name in names):
        return ours
    parameters = {**shown, **{name: theirs["parameters"][name] for name in names}}
    rest = {key: value for key, value in ours.items() if key != "secret_parameters"}
    return {**rest, "parameters": parameters}


SECRETS = Difference("secrets are shown as *** here, with their names, and as they are there", _secrets)

#: Enough to make a payload of each type, and as much as both sides know.
SOURCES = [
    ("Athena", {"name": "A", "region": "eu-west-1", "s3_output_location": "s3://b/o",
                "aws_access_key": "key", "aws_secret_key": "s-1", "schema": "web"}),
    ("RedShift", {"name": "R", "server": "h:5439", "username": "u", "password": "s-2",
                  "description": "all orders", "default_database": "dwh"}),
    ("BigQuery", {"name": "B", "service_account_key_path": "/keys/b.json", "database": "ads",
                  "use_service_account": False, "record_field_flattening_level": "1"}),
    ("DataBricks", {"name": "D", "connection_string": "jdbc:databricks://h:443", "token": "s-3",
                    "use_dynamic_schema": True, "schema": "public"}),
]


def _name(row):
    return f"{row['table']}.{row['column']}".removesuffix(" (Calendar)").lower()


def _spelling(ours, theirs):
    spelt = {_name(row): row for row in theirs}
    return [spelt.get(_name(row), row) for row in ours]


def _constant(ours, theirs):
    made_up = {"table": "Unknown", "column": "Table"}
    return ours + [made_up] if made_up in theirs else ours


def _no_dashboard(ours, theirs):
    """Only where nothing of the model is used."""
    return theirs if theirs == [] and not any(row["used"] for row in ours) else ours


SPELLING = Difference(
    "a column is named as the model names it; the peer keeps the calendar suffix and the dashboard's "
    "case, and splits a table's name at its first dot", _spelling)
NO_DASHBOARD = Difference(
    "every column of a model without dashboards is listed as unused here; the peer lists none", _no_dashboard)
CONSTANT = Difference("a formula without columns names none here; the peer makes up Unknown.Table", _constant)

#: Columns that only our walk finds, and the places where the peer does not look.
DEEP = {
    ("Commerce", "Cost"): "inside a formula of a formula",
    ("Commerce", "Quantity"): "the measure of a top filter",
    ("Commerce", "Season"): "a default filter",
}
#: Levels of a drill hierarchy: a dashboard names them, which is no use of its own.
LEVELS = {
    ("Country", "Continent"): "a level of a drill hierarchy",
    ("Country", "Country"): "a level of a drill hierarchy",
}
#: A table whose name has a dot: the peer splits at the first one and finds no such column.
DOTTED = {
    ("web_traffic.csv", "Source Channel"): "a table whose name has a dot",
    ("web_traffic.csv", "Visits"): "a table whose name has a dot",
}


def _only_here(place):
    def dropped(ours, theirs):
        return [row for row in ours if (row["table"], row["column"]) != place or row in theirs]

    return dropped


def _unused_there(place):
    def change(row, theirs):
        if (row["table"], row["column"]) == place and theirs.get("used") is False:
            row["used"] = False

    return change


NAMED_HERE = [Difference(f"{t}.{c}: {why}", _only_here((t, c))) for (t, c), why in {**DEEP, **LEVELS}.items()]
USED_HERE = [rewriting(f"{t}.{c}: {why}", _unused_there((t, c))) for (t, c), why in {**DEEP, **DOTTED}.items()]


def build(peer) -> list[Case]:
    """The cases, over the names that the peer finds."""
    access, dashboard, datamodel = peer.access, peer.dashboard, peer.datamodel
    emails = [row["EMAIL"] for row in access.get_users_all()]
    titles = Counter(row["title"] for row in dashboard.get_all_dashboards())
    titles_of_models = sorted(row["title"] for row in datamodel.get_all_datamodel())
    groups = [row["group"] for row in access.users_per_group_all() if row["group"] != "Admins"]

    def plain(name):
        # The peer does not encode names, so these never reach the server whole.
        return not set(name) & set("&+#%")

    cases = [
        Case("access.get_users_all", {},
             lambda: rows(shapes.peer_user, "EMAIL")(access.get_users_all()),
             rows(shapes.user, "EMAIL"), [LAST_NAME, ROLE, GROUPS]),
        Case("access.users_per_group_all", {},
             lambda: {row["group"]: sorted(row["username"]) for row in access.users_per_group_all()},
             lambda found: {row["group"]: sorted(row["users"]) for row in found}, [TWICE]),
        Case("access.get_all_dashboard_shares", {},
             lambda: rows(dict, "dashboard", "type", "name")(access.get_all_dashboard_shares()),
             rows(shapes.share, "dashboard", "type", "name"), [GONE, UNSHARED]),
        Case("dashboard.get_all_dashboards", {},
             lambda: rows(shapes.peer_dashboard, "oid")(dashboard.get_all_dashboards()),
             rows(shapes.dashboard, "oid")),
        Case("datamodel.get_all_datamodel", {},
             lambda: rows(dict, "oid")(datamodel.get_all_datamodel()), rows(shapes.model, "oid")),
    ]
    for email in emails:
        cases.append(Case("access.get_user", {"user_name": email},
                          lambda email=email: shapes.peer_user(access.get_user(email)),
                          shapes.user, [LAST_NAME, ROLE, GROUPS]))
    for name in filter(plain, groups):
        cases.append(Case("access.get_group", {"name": name},
                          lambda name=name: access.get_group(name), shapes.group, [DEFAULT_ROLE, VIEWER]))
        cases.append(Case("access.users_per_group", {"group_name": name},
                          lambda name=name: sorted(row["_id"] for row in access.users_per_group(name)),
                          lambda found: sorted(row["user_id"] for row in found["users"])))
    for kind, params in SOURCES:
        cases.append(Case("datamodel.generate_connections_payload",
                          {"datasource_type": kind, "connection_params": params},
                          lambda kind=kind, params=params: datamodel.generate_connections_payload(kind, params),
                          lambda payload: payload, [SECRETS]))
    for title in titles_of_models:
        cases += _model_cases(peer, title) + models.cases(peer, title)
    cases += models.connections(peer)
    for title, count in sorted(titles.items()):
        if count == 1 and plain(title):
            cases += _dashboard_cases(peer, title)
    return cases


def _model_cases(peer, title: str) -> list[Case]:
    access, datamodel = peer.access, peer.datamodel
    args = {"datamodel_name": title}
    return [
        Case("access.get_datamodel_columns", args,
             lambda: rows(shapes.column, "table", "column")(access.get_datamodel_columns(title)),
             rows(shapes.column, "table", "column")),
        Case("access.get_unused_columns", args,
             lambda: rows(shapes.used, "table", "column")(access.get_unused_columns(title)),
             lambda found: rows(shapes.used, "table", "column")(found["columns"]), [NO_DASHBOARD, *USED_HERE]),
        Case("datamodel.get_datamodel", args,
             lambda: {key: datamodel.get_datamodel(title)[key] for key in ("oid", "title", "type")},
             lambda row: {"oid": row["datamodel_id"], "title": row["title"], "type": row["type"]}),
        Case("datamodel.get_model_schema", args,
             lambda: rows(shapes.schema_row, "table_name", "column_name")(datamodel.get_model_schema(title)),
             rows(shapes.schema_row, "table_name", "column_name"), [TYPE_CODE]),
        Case("datamodel.describe_datamodel", args,
             lambda: rows(shapes.table_row, "table_name")(datamodel.describe_datamodel(title)),
             rows(shapes.table_row, "table_name"), [PROVIDER, CONNECTION, TABLE_TYPE]),
    ]


def _dashboard_cases(peer, title: str) -> list[Case]:
    dashboard = peer.dashboard
    found = dashboard.get_dashboard_by_name(title)[0]
    columns = rows(shapes.pair, "table", "column")
    return [
        Case("dashboard.get_dashboard_by_name", {"dashboard_name": title},
             lambda: shapes.peer_dashboard(dashboard.get_dashboard_by_name(title)[0]), shapes.dashboard),
        Case("dashboard.get_dashboard_by_id", {"dashboard_id": found["oid"]},
             lambda: shapes.peer_dashboard(dashboard.get_dashboard_by_id(found["oid"])[0]),
             shapes.dashboard),
        Case("dashboard.get_dashboard_columns", {"dashboard_name": title},
             lambda: columns(dashboard.get_dashboard_columns(title)), columns,
             [SPELLING, CONSTANT, *NAMED_HERE]),
        Case("dashboard.get_dashboard_share", {"dashboard_name": title},
             lambda: rows(dict, "type", "name")(dashboard.get_dashboard_share(title)),
             lambda found: rows(lambda r: {"type": r["share_type"], "name": r["share_name"]}, "type", "name")(found),
             [DROPPED]),
    ]
