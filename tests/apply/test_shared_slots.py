"""Slots that all machines share: whoever stops waiting for one keeps none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sorasync.apply.group_commit import GroupCommit
from sorasync.apply.render.in_flight_slots import InFlightSlots
from sorasync.apply.render.shared_limits import SharedLimits
from sorasync.clock import SystemClock
from sorasync.plan.change import Change
from sorasync.profile.parts import Rate
from sorasync.state.host_limits import HostLimits


@dataclass
class Slots:
    """What the database keeps; the answer to whoever asks for `x` waits for the event."""

    answers: threading.Event = field(default_factory=threading.Event)
    held: set[str] = field(default_factory=set)

    def take_slots(self, host: str, model: str, keys: Collection[str], most: int | None) -> set[str]:
        if "x" in keys:
            assert self.answers.wait(60)
        self.held |= set(keys)
        return set(keys)

    def give_back(self, host: str, model: str, key: str) -> None:
        self.held.discard(key)


@pytest.mark.parametrize("also_first", [False, True])
def test_a_slot_that_came_too_late_is_given_back(also_first: bool) -> None:
    slots, database = Slots(), threading.Event()

    async def work(commits: GroupCommit) -> list[Any]:
        shared = SharedLimits(cast(HostLimits, slots), "account", Rate(in_flight=9), commits, SystemClock())

        def waits(key: str) -> asyncio.Task[bool]:
            return asyncio.create_task(shared.take_slot("m", key, patient=True, waiting=lambda why: None))

        before = waits("x")
        await turns()
        first, second = waits("a"), waits("b")
        busy = asyncio.create_task(commits.read(lambda: database.wait(60)))
        await turns()
        slots.answers.set()
        assert await before
        # The first asks for both of them, behind what the database is busy with.
        await turns()
        second.cancel()
        if also_first:
            first.cancel()
        await turns()
        database.set()
        await busy
        found = await asyncio.gather(first, second, return_exceptions=True)
        await commits.aclose()
        return list(found)

    with ThreadPoolExecutor(1) as thread:
        first, second = asyncio.run(work(GroupCommit(nullcontext, thread=thread)))
    assert isinstance(second, asyncio.CancelledError)
    assert isinstance(first, asyncio.CancelledError) if also_first else first
    assert slots.held == ({"x"} if also_first else {"x", "a"})


async def turns() -> None:
    """Let everything on the event loop go as far as it gets without the database."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_slot_is_given_back_by_a_run_that_ends_as_it_gets_it() -> None:
    returned: list[str] = []
    running: list[asyncio.Task[None]] = []

    async def take_slot(model: str | None, key: str, **_: object) -> bool:
        asyncio.get_running_loop().call_soon(running[0].cancel)
        return True

    async def work() -> None:
        context = SimpleNamespace(
            settings=SimpleNamespace(detach=False),
            shared=SimpleNamespace(take_slot=take_slot, give_back=lambda model, key: returned.append(key)),
            stop=asyncio.Event(),
            in_flight=None,
            tell=lambda *_: None,
            store=SimpleNamespace(remembered=lambda key: None),
        )
        change = cast(Change, SimpleNamespace(label="clip.a", key="a"))
        slots = InFlightSlots(cast(Any, context))
        running.append(asyncio.create_task(slots.take(change, "m")))
        with pytest.raises(asyncio.CancelledError):
            await running[0]
        await slots.end(change)

    asyncio.run(work())
    assert returned == ["a"]
