"""Makes the calls that it reads from its input, and prints the answers."""

import json
import keyword
import sys

from sisense import Client, NotApprovedError, SisenseError, missing


def asked(call):
    """The callback of a call: none, or one that always answers the same."""
    return {} if "approve" not in call else {"approve": lambda changes: call["approve"]}


def made(client, call):
    if call["by_id"]:
        return client.call(call["operation"], call["args"], **asked(call))
    domain, name = call["operation"].split(".")
    args = {f"{key}_" if keyword.iskeyword(key) else key: v for key, v in call["args"].items()}
    return getattr(getattr(client, domain), name)(**args, **asked(call))


def answer(client, call):
    try:
        result = made(client, call)
    except SisenseError as error:
        parts = ["kind", "message", "operation", "asset", "endpoint", "status"]
        told = {part: getattr(error, part) for part in [*parts, "candidates", "next_step"]}
        changes = error.changes if isinstance(error, NotApprovedError) else []
        return {"error": told, "changes": changes}
    return {"result": result, "missing": missing(result)}


given = json.load(sys.stdin)
client = Client(given["url"], given["token"])
json.dump([answer(client, call) for call in given["calls"]], sys.stdout)
