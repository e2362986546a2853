"""Read by mypy, not run: what the facade promises to a type checker."""

from typing_extensions import assert_type

from sisense import AsyncClient, Client, Change, missing
from sisense.domains.access import User


def yes(changes: list[Change]) -> bool:
    return changes[0]["risk"] != "high"


async def later(changes: list[Change]) -> bool:
    return True


def waiting(client: Client) -> None:
    user = client.access.get_user(user_name="a")
    assert_type(user, User)
    assert_type(user["last_login"], str | None)
    client.dashboard.add_dashboard_script(dashboard_id="x", script="y", approve=yes)
    missing(user)
    client.access.get_user(user_name=1)  # type: ignore[arg-type]
    client.access.get_user()  # type: ignore[call-arg]
    client.access.get_user(user_name="a", who="b")  # type: ignore[call-arg]


async def asynchronous(client: AsyncClient) -> None:
    assert_type(await client.access.get_user(user_name="a"), User)
    await client.dashboard.add_dashboard_script(dashboard_id="x", script="y", approve=later)
    await client.dashboard.add_dashboard_script(dashboard_id="x", script="y", approve=yes)
