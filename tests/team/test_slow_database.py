"""A database that is slow to answer holds up nobody but who waits for that answer."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import pytest

from sorasync.apply import engine
from sorasync.apply.context import Context
from sorasync.apply.report import Report
from sorasync.plan.change import Change
from sorasync.state.postgres_database import PostgresDatabase, PostgresResult
from tests.postgres_server import PostgresServer
from tests.recovery.world import CHAIN, World
from tests.team.conftest import set_state
from tests.team.cutting_proxy import cutting_proxy

# How many answers are held back, and the seconds after which nobody asks the provider any more.
_HELD, _LONGEST = 4, 20.0

BAD_DAY: list[dict[str, object]] = [
    {"route": ["create", "extend", "edit*"], "do": "cut_after", "nth": 2},
    {"route": "create", "do": "rate_limit", "retry_after": 0.01, "nth": 1},
    {"route": "content", "do": "cut_body", "nth": 1},
    {"prompt": "A pier at dawn.", "do": "fail", "nth": 1},
]


@pytest.fixture
def in_the_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the database was asked while an event loop waited for it, from the first change to the last."""
    found: list[str] = []
    running = threading.Event()

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def look(*arguments: Any, **named: Any) -> Any:
            if running.is_set() and asyncio._get_running_loop() is not None:
                found.append("".join(traceback.format_stack(limit=8)))
            return method(*arguments, **named)

        return look

    for name in ("execute", "executemany", "begin", "begin_snapshot", "commit", "rollback"):
        monkeypatch.setattr(PostgresDatabase, name, watched(getattr(PostgresDatabase, name)))
    monkeypatch.setattr(PostgresResult, "fetchone", watched(PostgresResult.fetchone))

    async def run(contexts: Mapping[str, Context], changes: Sequence[Change]) -> Report:
        running.set()
        try:
            return await engine.run(contexts, changes)
        finally:
            running.clear()

    monkeypatch.setattr("sorasync.operations.apply.run", run)
    return found


@pytest.mark.parametrize("mode", ["direct", pytest.param("batch", marks=pytest.mark.heavy)])
def test_the_event_loop_never_waits_for_the_database(world: World, in_the_loop: list[str], mode: str) -> None:
    world.write(CHAIN)
    world.configure("[apply]", f'mode = "{mode}"', "[assets]", 'pictures = ["thumbnail"]')
    world.faults(*BAD_DAY)
    world.run("apply", "--yes", code=4 if mode == "direct" else 0)
    world.faults()
    for _ in range(2):
        world.run("apply", "--yes", "--retry", "clip.pier") if world.plan() else None
    world.lose_assets()
    world.apply()
    assert world.plan() == {}
    assert not in_the_loop, in_the_loop[0]


def test_renders_are_followed_while_the_database_answers(
    world: World, postgres: PostgresServer, schema: str
) -> None:
    """From the first look at a render on, answers are held back until the provider was asked once more."""
    held: list[bool] = []

    def looks() -> int:
        asked = world.ask("/preview/requests")
        return int(asked.get("get", 0)) + int(asked.get("list", 0))

    def hold_back() -> None:
        if len(held) < _HELD and all(held) and (before := looks()) > 0:
            until = time.monotonic() + _LONGEST
            while (passed := looks() > before) is False and time.monotonic() < until:
                continue
            held.append(passed)

    world.write(CHAIN)
    world.faults({"prompt": "A pier at dawn.", "do": "stuck", "polls": 40})
    with cutting_proxy(postgres.port, seed=0) as proxy:
        proxy.answering = hold_back
        set_state(world, postgres.url(schema, port=proxy.port))
        world.apply()
        proxy.answering = lambda: None
        assert world.plan() == {}
    assert held == [True] * _HELD
