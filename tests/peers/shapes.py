"""Both answers in one shape: each function turns one side's row into the row that is compared."""


def by(*keys):
    """A sort key over some members, whatever their types."""
    return lambda row: tuple(str(row.get(key)) for key in keys)


def rows(shape, *keys):
    """Every row in one shape, sorted."""
    return lambda answer: sorted(map(shape, answer), key=by(*keys))


# Ours, in the peer's words.


def user(row):
    return {
        "USER_ID": row["user_id"], "USER_NAME": row["user_name"], "FIRST_NAME": row["first_name"],
        "LAST_NAME": row["last_name"], "EMAIL": row["email"], "IS_ACTIVE": row["is_active"],
        "ROLE_ID": row["role_id"], "ROLE_NAME": row["role_name"], "GROUPS": sorted(row["groups"]),
    }


def group(row):
    return {"GROUP_ID": row["group_id"], "GROUP_NAME": row["group_name"],
            "defaultRole": row["default_role"]}


def dashboard(row):
    return {
        "oid": row["dashboard_id"], "title": row["title"], "owner": row["owner_id"],
        "created": row["created"], "datasource": (row["datasource"] or {}).get("title"),
        "shares": sorted(share["share_id"] for share in row["shares"] or []),
    }


def share(row):
    return {"dashboard": row["dashboard"], "type": row["share_type"], "name": row["share_name"]}


def model(row):
    return {"oid": row["datamodel_id"], "title": row["title"], "type": row["type"],
            "status": row["status"], "sizeInMb": row["size_mb"]}


def pair(row):
    return {"table": row["table"], "column": row["column"]}


def column(row):
    return {key: row[key] for key in ("datamodel_id", "datamodel_name", "table", "column")}


def used(row):
    return {**pair(row), "used": row["used"]}


SCHEMA = ("datamodel_name", "datamodel_type", "dataset_name", "table_name", "column_name", "column_type")
DESCRIBE = (
    "datamodel_name", "datamodel_id", "datamodel_type", "datamodel_last_build_publish",
    "datamodel_last_updated", "dataset_id", "dataset_name", "provider", "connection_name", "table_name",
)


def schema_row(row):
    return {key: row[key] for key in SCHEMA}


def table_row(row):
    return {**{key: row[key] for key in DESCRIBE}, "table_type": row["table_type"],
            "dataset_type": row.get("dataset_type", row["table_type"])}


# The peer's, less what is only order.


def peer_user(row):
    return {**row, "GROUPS": sorted(row["GROUPS"])}


def peer_dashboard(row):
    return {
        "oid": row["oid"], "title": row["title"], "owner": row["owner"], "created": row["created"],
        "datasource": (row.get("datasource") or {}).get("title"),
        "shares": sorted(share["shareId"] for share in row.get("shares") or []),
    }
