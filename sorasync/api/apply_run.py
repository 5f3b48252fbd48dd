"""An apply under way: its events, its end, and the way to stop it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sorasync.apply.events import ChangeEvent

if TYPE_CHECKING:
    from sorasync.apply.report import Report
    from sorasync.operations.cancellation import StopButton


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about the run as a whole."""

    text: str


class ApplyRun:
    """An apply in a thread of its own. Iterate over it for its events; `result` is its report.

    As a context manager it is stopped where the block is left before the end: what was sent is recorded, and
    the next apply follows it.
    """

    def __init__(self, work: Callable[[ApplyRun], Report], stop: StopButton) -> None:
        self._stop = stop
        self._events: SimpleQueue[ChangeEvent | Notice | None] = SimpleQueue()
        self._future: Future[Report] = Future()
        self._future.set_running_or_notify_cancel()
        threading.Thread(target=self._run, args=(work,), name="sorasync-apply").start()

    def _run(self, work: Callable[[ApplyRun], Report]) -> None:
        try:
            report = work(self)
        except BaseException as error:
            self._events.put(None)
            self._future.set_exception(error)
        else:
            self._events.put(None)
            self._future.set_result(report)

    def event(self, event: ChangeEvent) -> None:
        """Take an event of the engine."""
        self._events.put(event)

    def notice(self, text: str) -> None:
        """Take a sentence of the engine."""
        self._events.put(Notice(text))

    def __iter__(self) -> Iterator[ChangeEvent | Notice]:
        """Every event until the end, once."""
        while (event := self._events.get()) is not None:
            yield event
        self._events.put(None)

    @property
    def ended(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._future.done()

    def stop(self) -> None:
        """Start nothing more and wait for no render, as Ctrl-C does. Returns at once."""
        self._stop.press()

    def result(self) -> Report:
        """The report, once it has ended. Ctrl-C meanwhile stops the run and is raised after its end.

        Raises what `Library.apply` raises.
        """
        try:
            return self._future.result()
        except KeyboardInterrupt:
            self.stop()
            self._future.exception()
            raise

    async def wait(self) -> Report:
        """The report, once it has ended; a cancellation stops the run and waits for its end."""
        ending = asyncio.wrap_future(self._future)
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait({ending})
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.ended:
            self.stop()
        self._future.exception()
