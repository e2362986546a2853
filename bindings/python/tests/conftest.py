"""One deployment in memory for all tests that only read, a fresh one for those that write."""

import pytest

from sisense import AsyncClient, Client, Sandbox


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def client(sandbox):
    return Client(sandbox.url, sandbox.token, name="sandbox")


@pytest.fixture
def async_client(sandbox):
    return AsyncClient(sandbox.url, sandbox.token)


@pytest.fixture
def fresh():
    with Sandbox() as sandbox:
        yield Client(sandbox.url, sandbox.token)
