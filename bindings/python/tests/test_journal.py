"""A call that breaks off is gone on with by another process."""

import subprocess
import sys

import pytest

import sisense

MIGRATE = """
import sys, sisense

source_url, source_token, target_url, target_token, journal = sys.argv[1:]
source = sisense.Client(source_url, source_token, name="source")
target = sisense.Client(target_url, target_token, name="target")
source.migration(target).migrate_all_dashboards(
    batch_size=1,
    approve=lambda changes: True,
    on_progress=lambda event: print(event["message"], flush=True),
    journal=journal,
)
"""

#: So many that a run is still at them when it is killed.
DASHBOARDS = 200
SIZES = {"users": 2, "dashboards": DASHBOARDS, "models": 1}


@pytest.fixture
def two():
    with (
        sisense.Sandbox(name="source", story=False, sizes=SIZES) as source,
        sisense.Sandbox(name="target", story=False, latency_ms=20) as target,
    ):
        yield source, target


def between(two):
    source, target = two
    here = sisense.Client(source.url, source.token, name="source")
    return here.to(sisense.Client(target.url, target.token, name="target"))


def dashboards(sandbox):
    client = sisense.Client(sandbox.url, sandbox.token)
    return sorted(row["title"] for row in client.dashboard.get_all_dashboards())


def broken_off(two, journal):
    """Migrate in another process, and kill it in the middle."""
    source, target = two
    places = [source.url, source.token, target.url, target.token, str(journal)]
    child = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, *places], stdout=subprocess.PIPE, text=True
    )
    for _ in range(3):
        assert child.stdout.readline()
    child.kill()
    child.communicate()


def test_a_call_whose_process_was_killed_is_resumed(two, tmp_path):
    journal = tmp_path / "runs.db"
    with pytest.raises(sisense.NotFoundError):
        sisense.runs(journal)
    broken_off(two, journal)
    (run,) = sisense.runs(journal)
    assert (run["state"], run["deployment"], run["target"]) == (
        "interrupted",
        "source",
        "target",
    )
    assert run["writes"]["approved"] == DASHBOARDS
    assert run["writes"]["done"] < DASHBOARDS
    source, target = two
    # Of other deployments nothing is resumed.
    here = sisense.Client(source.url, source.token, name="source")
    with pytest.raises(sisense.InvalidInputError):
        here.resume(journal, run["id"])
    told = []
    done = between(two).resume(journal, on_progress=told.append)
    assert done["complete"] and done["created"] == DASHBOARDS
    assert dashboards(target) == dashboards(source)
    assert told
    (run,) = sisense.runs(journal)
    assert (run["state"], run["writes"]["done"]) == ("done", DASHBOARDS)
    # Nothing is left to go on with.
    with pytest.raises(sisense.NotFoundError):
        between(two).resume(journal)
    with pytest.raises(sisense.ConflictError):
        between(two).resume(journal, run["id"])


async def test_a_call_that_was_cancelled_is_resumed_with_asyncio(two, tmp_path):
    import asyncio

    source, target = two
    journal = tmp_path / "runs.db"
    here = sisense.AsyncClient(source.url, source.token, name="source")
    client = here.to(sisense.AsyncClient(target.url, target.token, name="target"))
    preview = await client.preview("migration.migrate_all_dashboards", {"batch_size": 1})
    begun = asyncio.Event()
    call = asyncio.ensure_future(
        preview.apply(on_progress=lambda event: begun.set(), journal=journal)
    )
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    # The cancelled call lets go of its run a moment after the awaitable has ended.
    for _ in range(500):
        (run,) = sisense.runs(journal)
        if run["state"] != "running":
            break
        await asyncio.sleep(0.01)
    assert run["state"] == "interrupted"
    done = await client.resume(journal)
    assert done["complete"] and done["created"] == DASHBOARDS
    assert dashboards(target) == dashboards(source)


def test_a_journal_that_cannot_be_opened_sends_nothing(fresh, tmp_path):
    args = {"dashboard_id": fresh.dashboard.get_all_dashboards()[0]["dashboard_id"]}
    preview = fresh.preview("dashboard.add_dashboard_script", {**args, "script": "// new"})
    with pytest.raises(sisense.ConfigError):
        preview.apply(journal=tmp_path)
    assert not fresh.dashboard.get_dashboard_by_id(**args)["has_script"]
    preview.apply(journal=tmp_path / "runs.db")
    assert fresh.dashboard.get_dashboard_by_id(**args)["has_script"]
