"""The order of downloads: what the provider deletes first is downloaded first."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Place = tuple[float, int, "asyncio.Future[None]"]


class Downloads:
    """A number of slots for downloads, given out by the time at which the files expire.

    `waiting` names the renders that are finished and not being fetched yet; while there are any, nothing
    new should be started. `freed` is called whenever the last one of them has got its slot.
    """

    def __init__(self, slots: int, freed: Callable[[], None]) -> None:
        self._free = slots
        self._freed = freed
        self._places: list[Place] = []
        self._count = 0
        self.waiting: set[str] = set()

    def announce(self, label: str) -> None:
        """Announce a finished render that will need a slot."""
        self.waiting.add(label)

    def withdraw(self, label: str) -> None:
        """Withdraw an announcement: it has its slot or needs none."""
        self.waiting.discard(label)
        if not self.waiting:
            self._freed()

    @asynccontextmanager
    async def slot(self, label: str, expires_at: float | None) -> AsyncIterator[None]:
        """Hold a slot for the time of a download; `expires_at` is Unix seconds, None where unknown."""
        self.announce(label)
        try:
            await self._enter(math.inf if expires_at is None else expires_at)
        finally:
            self.withdraw(label)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, expires_at: float) -> None:
        if self._free:
            self._free -= 1
            return
        self._count += 1
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._places, (expires_at, self._count, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        while self._places:
            place = heapq.heappop(self._places)[2]
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
