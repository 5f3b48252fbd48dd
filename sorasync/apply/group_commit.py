"""What an apply asks of its state: in order, and what is asked for at the same time in one transaction.

One poll may bring news of a hundred renders. A file answers at once: a group is what one turn of the event
loop asks for. A server may take its time, so it is asked in a thread: the event loop goes on, and what is
asked for until the answer comes is the next group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

Transaction = Callable[[], AbstractContextManager[None]]


class _Kind(Enum):
    READ = auto()
    # May be lost in a power cut: the next run would find it out again.
    NOTE = auto()
    WRITE = auto()


@dataclass(slots=True)
class _Asked:
    kind: _Kind
    work: Callable[[], Any]
    done: asyncio.Future[Any]
    # Whoever waits for the result, for work that is dropped if they stop waiting before it begins.
    waiter: asyncio.Future[Any] | None = None
    begun: bool = False

    @property
    def given_up(self) -> bool:
        """Whether it need not be begun."""
        return self.waiter is not None and self.waiter.cancelled()


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class GroupCommit:
    """Carries out work on a state; `thread` has one place, and is None where the work is done at once.

    Work must not touch what belongs to the event loop. Where one of a group fails, each is done in a
    transaction of its own, so that it may be begun twice.
    """

    def __init__(
        self,
        transaction: Transaction,
        relaxed: Transaction | None = None,
        thread: Executor | None = None,
    ) -> None:
        self._transaction = transaction
        self._relaxed = relaxed or transaction
        self._thread = thread
        self._waiting: list[_Asked] = []
        self._group: list[_Asked] = []

    async def write(self, work: Callable[[], T]) -> T:
        """The result of `work`, durable. It is not begun where the caller is cancelled before its turn."""
        return await self._ask(_Kind.WRITE, work, optional=True)

    async def note(self, work: Callable[[], T]) -> T:
        """As `write`, for what may be lost in a power cut."""
        return await self._ask(_Kind.NOTE, work, optional=True)

    async def record(self, work: Callable[[], T]) -> T:
        """The result of `work`, durable. Once asked for, it is done even if the caller is cancelled."""
        return await self._ask(_Kind.WRITE, work)

    async def read(self, work: Callable[[], T]) -> T:
        """The result of `work`, which is no transaction."""
        return work() if self._thread is None else await self._ask(_Kind.READ, work)

    def later(self, work: Callable[[], object]) -> None:
        """As `note`, where nobody waits for it and nothing depends on it."""
        asked = self._put(_Kind.NOTE, work)
        # Its error is known to nobody else.
        asked.done.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def aclose(self) -> None:
        """Wait until everything that was asked for is done."""
        while self._group or self._waiting:
            await asyncio.wait([(self._group or self._waiting)[-1].done])

    async def _ask(self, kind: _Kind, work: Callable[[], T], *, optional: bool = False) -> T:
        asked = self._put(kind, work)
        waiter = asyncio.shield(asked.done)
        asked.waiter = waiter if optional else None
        try:
            found: T = await waiter
            return found
        except asyncio.CancelledError:
            if optional and not asked.begun:
                asked.done.cancel()
            # What has begun may become durable: only its end says what there is to undo.
            while not asked.done.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([asked.done])
            if not asked.done.cancelled():
                asked.done.exception()
            raise

    def _put(self, kind: _Kind, work: Callable[[], Any]) -> _Asked:
        loop = asyncio.get_running_loop()
        if not self._waiting and not self._group:
            loop.call_soon(self._begin)
        asked = _Asked(kind, work, loop.create_future())
        self._waiting.append(asked)
        return asked

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        group = [one for one in waiting if not (one.given_up or one.done.done())]
        for one in group:
            one.begun = True
        if self._thread is None:
            try:
                results = self._carry_out(group)
            except BaseException:
                # The program ends, and nobody must wait for what was rolled back.
                for one in group:
                    one.done.cancel()
                raise
            _tell(group, results)
        elif group:
            self._group = group
            work = asyncio.get_running_loop().run_in_executor(self._thread, self._carry_out, group)
            work.add_done_callback(self._ended)

    def _ended(self, work: asyncio.Future[list[Any]]) -> None:
        group, self._group = self._group, []
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        _tell(group, work.result() if error is None else [_Failed(error)] * len(group))
        if self._waiting:
            self._begin()

    def _carry_out(self, group: list[_Asked]) -> list[Any]:
        """The result of each, in the order of the group; reads come last, and see what was written."""
        found: dict[int, Any] = {}
        writes = [one for one in group if one.kind is not _Kind.READ]
        durable = any(one.kind is _Kind.WRITE for one in writes)
        if writes:
            found |= zip(map(id, writes), self._together(writes, durable=durable), strict=True)
        found |= {id(one): _result(one.work) for one in group if one.kind is _Kind.READ}
        return [found[id(one)] for one in group]

    def _together(self, writes: list[_Asked], *, durable: bool) -> Iterable[Any]:
        transaction = self._transaction if durable else self._relaxed
        try:
            with transaction():
                return [one.work() for one in writes]
        except Exception:
            return [_result(partial(_alone, transaction, one.work)) for one in writes]


def _alone(transaction: Transaction, work: Callable[[], Any]) -> Any:
    with transaction():
        return work()


def _result(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return _Failed(error)


def _tell(group: Iterable[_Asked], results: Iterable[Any]) -> None:
    for one, result in zip(group, results, strict=True):
        if one.done.done():
            continue
        if not isinstance(result, _Failed):
            one.done.set_result(result)
        elif isinstance(result.error, asyncio.CancelledError):
            one.done.cancel()
        else:
            one.done.set_exception(result.error)
