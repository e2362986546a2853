"""The cases about connections, rows, data security and shares of data models."""

from typing import Any

from case import Case, Difference, rewriting
from shapes import by, rows


def _quoted(ours, theirs):
    """The peer puts names into a query as they are, so that only one word survives."""
    there = {row["table_name"] for row in theirs}
    kept = [row for row in ours if row["table_name"] in there or row["table_name"].isidentifier()]
    tables = [row for row in kept if row["table_name"] != "total_row_count"]
    total = {"table_name": "total_row_count", "row_count": sum(row["row_count"] for row in tables)}
    return tables + [total]


def _none_there(ours, theirs):
    return theirs if theirs == [] else ours


def _last_of_twins(ours, theirs):
    """The peer's rows have the last value under a header that repeats."""
    def merged(row):
        plain: dict[str, Any] = {}
        for key, value in row.items():
            head, _, number = key.rpartition("_")
            plain[head if number.isdigit() and head in row else key] = value
        return plain

    return [merged(row) for row in ours]


def _secrets(row, theirs):
    hidden, shown = row["parameters"] or {}, theirs.get("parameters") or {}
    for key, value in hidden.items():
        if isinstance(value, str) and "***" in value:
            hidden[key] = shown.get(key)


def _blank_row(ours, theirs):
    blank = theirs[:1]
    return blank if not ours and blank and not blank[0]["table_name"] else ours


def _all_members(row, theirs):
    """Only where the rule has no values; the peer then looks at another member."""
    if not isinstance(row["value"], list):
        row["value"] = theirs.get("value", row["value"])


def _untold(row, theirs):
    if theirs.get("share_name") == "Unknown Share":
        row["share_name"] = "Unknown Share"


def _party(row, theirs):
    if row["party_name"] is None:
        row["party_name"] = theirs.get("party_name") if "Unknown" in str(theirs.get("party_name")) else None


def _provider(row, _):
    for dataset in row["datasets"]:
        if dataset["provider"] is None:
            dataset["provider"] = "Unknown Provider"
        if dataset["connection_name"] is None:
            dataset["connection_name"] = "Unknown Connection"


def _table_type(row, theirs):
    for dataset, other in zip(row["datasets"], theirs.get("datasets", [])):
        for table, there in zip(dataset["tables"], other["tables"]):
            table["table_type"] = there["table_type"]


QUOTED = Difference("a table whose name is more than one word is counted here and left out there", _quoted)
QUOTED_ROWS = Difference("a table whose name is more than one word has no rows there", _none_there)
TWINS = Difference("each of two columns of one name has its value here; the last one's there", _last_of_twins)
SECRETS = rewriting("secrets of a connection are hidden here and shown there", _secrets)
BLANK = Difference("no rules are no rows here and one blank row there", _blank_row)
MEMBERS = rewriting("a rule without values is read by `allMembers` here and by `exclusionary` there", _all_members)
UNTOLD = rewriting("names that the rules do not tell are looked up here", _untold)
PARTY = rewriting("a share with a party that no longer exists has no name here", _party)
PROVIDER = rewriting("a dataset without a connection has null here and words there", _provider)
TYPE = rewriting("the table's type here, the dataset's type there, under one name", _table_type)

RULE = ("datamodel_name", "table_name", "column_name", "data_type")
DETAIL = (*RULE, "value", "exclusionary", "share_type", "share_name")


def picked(keys):
    return lambda row: {key: row[key] for key in keys}


def _detail(row):
    words = {"everyone": "Everyone", "none": "None"}
    shown = picked(DETAIL)(row)
    shown["share_type"] = words.get(row["share_type"], row["share_type"])
    if row["share_type"] == "none":
        shown["share_name"] = "None"
    return shown


def _details(shape):
    """Rows of one rule have an order of their own; the place of the rule counts."""
    return lambda answer: [shape(row) for row in sorted(answer, key=by("table_name", "column_name"))]


def _described(row):
    dataset = ("dataset_id", "dataset_name", "provider", "connection_name")
    top = ("name", "id", "type", "datamodel_last_build_publish", "datamodel_last_updated")
    return {
        **{key: row[key] for key in top},
        "datasets": [
            {**{key: one[key] for key in dataset},
             "tables": [picked(("table_name", "table_type"))(table) for table in one["tables"]]}
            for one in row["datasets"]
        ],
    }


def _counts(answer):
    counted = [picked(("table_name", "row_count"))(row) for row in answer["tables"] if row["row_count"] is not None]
    return counted + [{"table_name": "total_row_count", "row_count": answer["total_row_count"]}]


def cases(peer, title: str) -> list[Case]:
    datamodel = peer.datamodel
    args = {"datamodel_name": title}
    found = [
        Case("datamodel.describe_datamodel_raw", {**args, "include_shares": False},
             lambda: _described(datamodel.describe_datamodel_raw(title)), _described, [PROVIDER, TYPE]),
        Case("datamodel.get_datamodel_shares", args,
             lambda: rows(dict, "party_type", "permission")(datamodel.get_datamodel_shares(title)),
             rows(picked(("datamodel_name", "datamodel_id", "party_name", "party_type", "permission")),
                  "party_type", "permission"), [PARTY]),
        Case("datamodel.get_datasecurity", args,
             lambda: rows(dict, "table_name", "column_name")(datamodel.get_datasecurity(title)),
             rows(picked(RULE), "table_name", "column_name"), [BLANK]),
        Case("datamodel.get_datasecurity_detail", args,
             lambda: _details(picked(DETAIL))(datamodel.get_datasecurity_detail(title)),
             _details(_detail), [BLANK, MEMBERS, UNTOLD]),
        Case("datamodel.get_row_count", args, lambda: datamodel.get_row_count(title), _counts, [QUOTED]),
    ]
    document = datamodel.get_datamodel(title)
    tables = [table for dataset in document["datasets"] for table in dataset["schema"]["tables"]]
    for name in (table["name"] for table in tables if not table["hidden"]):
        found.append(Case("datamodel.get_data", {**args, "table_name": name},
                          lambda name=name: datamodel.get_data(title, name),
                          lambda answer: answer["rows"],
                          [] if name.isidentifier() else [QUOTED_ROWS]))
    first = next(table for table in tables if not table["hidden"])["name"]
    for query, differences in [
        (f"SELECT COUNT(*) AS n FROM [{first}]", []),
        (f"SELECT COUNT(*), MAX(1) FROM [{first}]", [TWINS]),
    ]:
        found.append(Case("datamodel.get_data", {**args, "table_name": first, "query": query},
                          lambda query=query: datamodel.get_data(title, first, query),
                          lambda answer: answer["rows"], differences))
    return found


def connections(peer) -> list[Case]:
    """The connections that the deployment lists, and tables behind one of them."""
    datamodel = peer.datamodel
    listed = datamodel.api_client.get("/api/v2/connections").json()
    shape = lambda row: {"oid": row["oid"], **picked(("name", "provider", "enabled", "parameters"))(row)}
    ours = lambda row: shape({**row, "oid": row["connection_id"]})
    found = [
        Case("datamodel.get_connection", {"connection_name": name},
             lambda name=name: rows(shape, "oid")(datamodel.get_connection(name)), rows(ours, "oid"), [SECRETS])
        # The peer does not encode names, so these never reach the server whole.
        for name in sorted({row["name"] for row in listed}) if not set(name) & set("&+#%")
    ]
    column = ("size", "precision", "scale")
    for table in ["Commerce", "Order Lines"]:
        place = ("Acme Warehouse", "acme", "public", table)
        names = ("connection_name", "database_name", "schema_name", "table_name")
        found.append(Case(
            "datamodel.get_table_schema", dict(zip(names, place)),
            lambda place=place: [
                {"name": row["columnName"], "type": row["dbType"], **picked(column)(row)}
                for row in datamodel.get_table_schema(*place)["columns"]],
            lambda answer: [picked(("name", "type", *column))(row) for row in answer["columns"]]))
    return found
