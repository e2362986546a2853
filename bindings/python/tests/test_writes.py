"""Nothing changes unless somebody said yes to exactly that."""

import pytest

import sisense

SCRIPT = "// zoë: ½\nwidget.on('ready', () => {});"


def wish(client):
    dashboard = client.dashboard.get_all_dashboards()[0]["dashboard_id"]
    return {"dashboard_id": dashboard, "script": SCRIPT}


def has_script(client, args):
    details = client.dashboard.get_dashboard_by_id(dashboard_id=args["dashboard_id"])
    return details["has_script"]


def test_without_approve_the_changes_are_shown_and_nothing_is_made(fresh):
    args = wish(fresh)
    with pytest.raises(sisense.NotApprovedError) as caught:
        fresh.dashboard.add_dashboard_script(**args)
    assert caught.value.changes
    change = caught.value.changes[0]
    assert {"summary", "asset", "action", "before", "after", "undo", "risk"} <= set(change)
    assert "approve" in str(caught.value)
    assert not has_script(fresh, args)


@pytest.mark.parametrize("answer", [False, None, 1, "yes"])
def test_anything_but_true_is_a_no(fresh, answer):
    args = wish(fresh)
    with pytest.raises(sisense.NotApprovedError) as caught:
        fresh.dashboard.add_dashboard_script(**args, approve=lambda changes: answer)
    assert caught.value.changes
    assert not has_script(fresh, args)


def test_an_error_in_approve_is_a_no(fresh):
    args = wish(fresh)

    def approve(changes):
        raise KeyError("asked nobody")

    with pytest.raises(KeyError):
        fresh.dashboard.add_dashboard_script(**args, approve=approve)
    assert not has_script(fresh, args)


def test_a_yes_makes_exactly_those_changes_and_a_second_time_none(fresh):
    args = wish(fresh)
    shown = []

    def approve(changes):
        shown.append(changes)
        return True

    result = fresh.dashboard.add_dashboard_script(**args, approve=approve)
    assert result["dashboard_id"] == args["dashboard_id"]
    assert len(shown) == 1 and shown[0]
    assert has_script(fresh, args)
    # As wished already: nobody is asked.
    fresh.call("dashboard.add_dashboard_script", args)


def test_a_preview_is_applied_once(fresh):
    args = wish(fresh)
    preview = fresh.preview("dashboard.add_dashboard_script", args)
    assert preview.changes and not has_script(fresh, args)
    preview.apply()
    assert has_script(fresh, args)
    with pytest.raises(sisense.NotApprovedError):
        preview.apply()


def test_what_drifted_is_not_written(fresh):
    args = wish(fresh)
    preview = fresh.preview("dashboard.add_dashboard_script", args)
    other = {**args, "script": "// other"}
    fresh.call("dashboard.add_dashboard_script", other, approve=lambda changes: True)
    with pytest.raises((sisense.DriftedError, sisense.NotApprovedError)):
        preview.apply()


async def test_asyncio_asks_a_function_or_a_coroutine(sandbox):
    async def later(changes):
        return bool(changes)

    with sisense.Sandbox() as fresh:
        client = sisense.AsyncClient(fresh.url, fresh.token)
        dashboards = await client.dashboard.get_all_dashboards()
        args = {"dashboard_id": dashboards[0]["dashboard_id"], "script": SCRIPT}
        with pytest.raises(sisense.NotApprovedError):
            await client.dashboard.add_dashboard_script(**args, approve=lambda changes: False)
        with pytest.raises(sisense.NotApprovedError):
            await client.dashboard.add_dashboard_script(**args)
        result = await client.dashboard.add_dashboard_script(**args, approve=later)
        assert result["dashboard_id"] == args["dashboard_id"]
