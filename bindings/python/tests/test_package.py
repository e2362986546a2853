"""The package itself: the sandbox, parts, documentation."""

import inspect
import json
import warnings

import pytest

import sisense
from sisense import _native
from sisense.result import decoded


def test_a_sandbox_stops_and_refuses_unknown_settings():
    sandbox = sisense.Sandbox(seed=1)
    sandbox.stop()
    sandbox.stop()
    client = sisense.Client(sandbox.url, sandbox.token, timeout=0.5)
    with pytest.raises(sisense.SisenseError) as caught:
        client.access.get_user(user_name="x@y")
    assert caught.value.kind in {"connect", "timeout"}
    with pytest.raises(sisense.ConfigError):
        sisense.Sandbox(sise=1)


async def test_a_sandbox_is_an_asynchronous_context_manager():
    async with sisense.AsyncSandbox() as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2]])
def test_a_part_is_never_shown_as_the_whole(value):
    lost = [{"what": 'dashboard "Pipeline"', "error": {"kind": "forbidden", "message": "no"}}]
    with pytest.warns(sisense.PartialResultWarning, match="Pipeline"):
        result = decoded(json.dumps({"result": value, "missing": lost}))
    assert result == value
    assert result.missing == lost and sisense.missing(result) == lost
    assert "a part, 1 missing" in repr(result)


def test_a_whole_answer_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert repr(decoded('{"result": {"a": null}}')) == "{'a': None}"
        assert decoded('{"result": 18446744073709551615}') == 18446744073709551615


def test_every_operation_has_a_documented_method_in_both_clients():
    for operation in json.loads(_native.operations()):
        domain, name = operation["id"].split(".")
        module = __import__(f"sisense.domains.{domain}", fromlist=["x"])
        for client in ("", "Async"):
            words = "".join(word.capitalize() for word in domain.split("_"))
            method = getattr(getattr(module, f"{client}{words}Domain"), name)
            assert inspect.getdoc(method).startswith(operation["summary"])
            names = set(inspect.signature(method).parameters) - {"self"}
            wanted = set(operation["input_schema"].get("properties", {}))
            approve = {"approve", "journal"} if operation["effect"] != "read" else set()
            told = {"on_progress"} if operation["streams"] else set()
            assert {n.rstrip("_") for n in names - told - approve} == wanted
            assert told | approve <= names
