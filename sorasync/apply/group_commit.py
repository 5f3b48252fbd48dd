"""Groups simultaneous writes into one transaction: one poll may bring news of a hundred renders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

T = TypeVar("T")

Work = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class GroupCommit:
    """Commits all writes of one turn of the event loop in one `transaction`."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[None]]) -> None:
        self._transaction = transaction
        self._waiting: list[Work] = []

    async def write(self, work: Callable[[], T]) -> T:
        """The result of `work`, committed. It is not begun where the caller is cancelled before its turn.

        Where one of a group fails, each is done in a transaction of its own.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[T] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._commit)
        self._waiting.append((work, written))
        return await written

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        group = [(work, written) for work, written in waiting if not written.done()]
        try:
            with self._transaction():
                results = [work() for work, _ in group]
        except Exception:
            for work, written in group:
                self._alone(work, written)
            return
        for (_, written), result in zip(group, results, strict=True):
            written.set_result(result)

    def _alone(self, work: Callable[[], T], written: asyncio.Future[T]) -> None:
        try:
            with self._transaction():
                result = work()
        except Exception as error:
            written.set_exception(error)
        else:
            written.set_result(result)
