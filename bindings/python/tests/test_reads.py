"""Values cross unchanged, errors by their kind."""

import asyncio
import json
import pickle
import threading

import pytest

import sisense
from sisense import _native, errors


def test_values_cross_unchanged(client):
    user = client.access.get_user(user_name="deniz.yilmaz@acme.example")
    assert isinstance(user, dict)
    assert user["last_name"] == "Yılmaz"
    assert user["is_active"] is True
    assert isinstance(user["groups"], list)
    none = client.access.get_user(user_name="vic@localhost")
    assert none["last_login"] is None or isinstance(none["last_login"], str)
    assert sisense.missing(user) == [] and user.missing == []
    assert json.loads(json.dumps(user)) == user


def test_a_list_is_a_list(client):
    dashboards = client.dashboard.get_all_dashboards()
    assert isinstance(dashboards, list) and isinstance(dashboards[0], dict)
    assert sisense.missing(dashboards) == []


def test_every_name_of_an_operation_works(client):
    args = {"user_name": "ada.admin@acme.example"}
    whole = client.access.get_user(**args)
    for name in ["access.get_user", "access_get_user", "access_management.get_user"]:
        assert client.call(name, args) == whole


def test_none_is_not_sent(client):
    args = {"dashboard_id": "0" * 24, "count_widgets": None}
    with pytest.raises(errors.NotFoundError):
        client.call("dashboard.get_dashboard_by_id", args)


def test_every_kind_of_error_has_its_class():
    assert sorted(errors.BY_KIND) == sorted(_native.error_kinds())
    for kind, cls in errors.BY_KIND.items():
        assert getattr(sisense, cls.__name__) is cls
        assert issubclass(cls, sisense.SisenseError)
        assert errors.from_report(json.dumps({"kind": kind, "message": "m"})).kind == kind
    assert errors.from_report('{"kind": "new", "message": "m"}').kind == "new"


def test_an_error_tells_its_parts_and_survives_a_pickle(client):
    with pytest.raises(sisense.NotFoundError) as caught:
        client.access.get_user(user_name="ada.admim@acme.example")
    error = caught.value
    assert error.kind == "not_found"
    assert error.operation == "access.get_user"
    assert "ada.admin@acme.example" in error.candidates
    assert error.next_step
    assert error.status is None
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.candidates) == (
        type(error),
        str(error),
        error.candidates,
    )


def test_a_bad_token_is_unauthenticated(sandbox):
    with pytest.raises(sisense.UnauthenticatedError) as caught:
        sisense.Client(sandbox.url, "wrong").access.get_user(user_name="x@y")
    assert caught.value.status == 401
    assert caught.value.endpoint.startswith("GET ")
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    "args", [{}, {"user_name": 1}, {"user_name": "a", "who": "b"}, {"user_name": float("nan")}]
)
def test_arguments_that_do_not_fit_are_refused(client, args):
    with pytest.raises(sisense.InvalidInputError) as caught:
        client.call("access.get_user", args)
    assert caught.value.operation == "access.get_user"


def test_what_is_no_json_is_refused(client):
    with pytest.raises(sisense.InvalidInputError):
        client.call("access.get_user", {"user_name": object()})


def test_an_unknown_operation_names_the_nearest(client):
    with pytest.raises(sisense.InvalidInputError) as caught:
        client.call("access.get_usr", {})
    assert "access.get_user" in caught.value.candidates


@pytest.mark.parametrize("url", ["", "ftp://x", "https://user:hunter2@host"])
def test_a_bad_url_is_a_fault_of_the_settings(url):
    with pytest.raises(sisense.ConfigError) as caught:
        sisense.Client(url, "token")
    assert "hunter2" not in str(caught.value)


def test_a_client_never_shows_its_token(sandbox, client):
    for shown in [repr(client), repr(client._native), str(vars(client)), repr(sandbox)]:
        assert sandbox.token not in shown
    assert repr(client) == f"Client(name='sandbox', url={client.url!r})"


def test_threads_share_a_client(client):
    seen = []

    def look():
        seen.append(client.access.get_user(user_name="ada.admin@acme.example")["email"])

    threads = [threading.Thread(target=look) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert seen == ["ada.admin@acme.example"] * 8


async def test_asyncio_calls_run_side_by_side(async_client):
    emails = ["ada.admin@acme.example", "vera.viewer@acme.example"]
    users = await asyncio.gather(*(async_client.access.get_user(user_name=e) for e in emails))
    assert [user["email"] for user in users] == emails
    with pytest.raises(sisense.NotFoundError):
        await async_client.access.get_user(user_name="nobody@acme.example")


def test_progress_is_told(client):
    events = []
    client.access.get_unused_columns_bulk(datamodels=["*"], on_progress=events.append)
    assert events and {event["operation"] for event in events} == {
        "access.get_unused_columns_bulk"
    }


async def test_progress_is_told_in_the_event_loop(async_client):
    loop, events = asyncio.get_running_loop(), []

    def heard(event):
        assert asyncio.get_running_loop() is loop
        events.append(event)

    await async_client.access.get_unused_columns_bulk(datamodels=["*"], on_progress=heard)
    await asyncio.sleep(0)
    assert events


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_error_in_a_listener_does_not_stop_the_call(client):
    def bad(event):
        raise KeyError(event["operation"])

    assert client.access.get_unused_columns_bulk(datamodels=["*"], on_progress=bad) is not None


async def test_a_cancelled_call_ends():
    with sisense.Sandbox(latency_ms=5000) as slow:
        client = sisense.AsyncClient(slow.url, slow.token)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.dashboard.get_all_dashboards(), 0.2)


def test_a_client_lives_on_in_a_forked_process(client):
    os = pytest.importorskip("os")
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    client.access.get_user(user_name="ada.admin@acme.example")
    child = os.fork()
    if child == 0:
        try:
            client.access.get_user(user_name="vera.viewer@acme.example")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
