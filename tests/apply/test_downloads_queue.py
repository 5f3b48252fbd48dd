"""Who may download now."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from sorasync.apply.render.download_queue import Downloads


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_what_expires_first_is_fetched_first() -> None:
    async def scene() -> None:
        downloads, order = Downloads(1, lambda: None), []

        async def fetch(label: str, expires_at: float | None) -> None:
            async with downloads.slot(label, expires_at):
                order.append(label)
                await asyncio.sleep(0)

        wanted = {"first": 9.0, "never": None, "late": 7.0, "soon": 1.0, "later": 8.0}
        await asyncio.gather(*(fetch(label, at) for label, at in wanted.items()))
        assert order == ["first", "soon", "late", "later", "never"]

    run(scene())


def test_somebody_who_gives_up_waiting_leaves_the_place_to_others() -> None:
    async def scene() -> None:
        freed: list[None] = []
        downloads = Downloads(1, lambda: freed.append(None))
        async with downloads.slot("a", 1.0):
            waiting = asyncio.create_task(_fetch(downloads, "b"))
            await asyncio.sleep(0)
            assert downloads.waiting == {"b"}
            freed.clear()
            waiting.cancel()
            await asyncio.wait({waiting})
            assert not downloads.waiting
            assert freed
        await asyncio.wait_for(_fetch(downloads, "c"), 5)

    run(scene())


def test_a_slot_given_to_somebody_who_was_cancelled_is_given_on() -> None:
    async def scene() -> None:
        downloads = Downloads(1, lambda: None)
        async with downloads.slot("a", 1.0):
            waiting = asyncio.create_task(_fetch(downloads, "b"))
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await asyncio.wait_for(_fetch(downloads, "c"), 5)

    run(scene())


async def _fetch(downloads: Downloads, label: str) -> None:
    async with downloads.slot(label, None):
        pass
