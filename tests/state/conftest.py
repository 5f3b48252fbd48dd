"""What every test of the state may leave to others: connections are closed, and both databases are tried."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from sorasync.state.store import Store
from tests.postgres_server import PostgresServer
from tests.state.postgres_states import PostgresStates

POSTGRES = "postgresql"


@pytest.fixture(autouse=True)
def connections_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what the test has opened and not closed; from Python 3.13 on, an open connection is a warning."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    yield
    for connection in opened:
        connection.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on both databases, but for those that are about files, SQLite or PostgreSQL."""
    if not hasattr(metafunc.module, "ONE_DATABASE") and not hasattr(metafunc.function, "about_files"):
        metafunc.parametrize("database", ["sqlite", POSTGRES], indirect=True)


@pytest.fixture(scope="session")
def postgres_states(postgres: PostgresServer) -> PostgresStates:
    """States in schemas of the server, used again and again."""
    return PostgresStates(postgres)


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Which database the test runs on: with PostgreSQL, a schema takes the place of each file."""
    name = getattr(request, "param", "sqlite")
    if name != POSTGRES:
        yield name
        return
    states: PostgresStates = request.getfixturevalue("postgres_states")
    monkeypatch.setattr(Store, "open", states.open)
    monkeypatch.setattr(Store, "memory", states.new)
    yield name
    states.release()
