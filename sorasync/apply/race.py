"""Waiting that an event can cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; None, with `work` cancelled, if the event is set first."""
    doing, watching = asyncio.ensure_future(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        watching.cancel()
        if not doing.done():
            doing.cancel()
            await asyncio.wait({doing})
