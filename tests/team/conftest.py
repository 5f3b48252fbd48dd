"""Fixtures of these tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer
from tests.recovery.world import World, a_world

_NUMBERS = itertools.count(1)


@pytest.fixture
def schema() -> str:
    """A schema of the test's own."""
    return f"team_{next(_NUMBERS)}"


@pytest.fixture
def world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: PostgresServer, schema: str
) -> Iterator[World]:
    """A library whose state is in PostgreSQL, and which keeps no lock file."""
    with a_world(tmp_path, capsys) as made:
        set_state(made, postgres.url(schema))
        yield made


def set_state(world: World, url: str) -> None:
    """Let a library have its state there."""
    config = world.root / "sorasync.toml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("url = ")]
    lines.insert(lines.index("[state]") + 1, f'url = "{url}"')
    config.write_text("\n".join([*lines, ""]))
