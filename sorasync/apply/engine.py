"""Carries out a plan: starts what may start, in order, and takes note of how each change ended.

The engine reads changes, never manifests or reasons. A failure takes its dependants with it and nothing
else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from sorasync.apply.batch.gather_creates import CreateGatherer
from sorasync.apply.change_executor import ChangeExecutor
from sorasync.apply.context import Context
from sorasync.apply.in_doubt import InDoubt
from sorasync.apply.render.download_queue import Downloads
from sorasync.apply.render.follow import Follower
from sorasync.apply.render.in_flight_slots import InFlightSlots
from sorasync.apply.report import End, Outcome, Report
from sorasync.apply.schedule import Schedule
from sorasync.apply.thumbnails import Pictures
from sorasync.graph.render import Kind
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.state.account import Spent
from sorasync.state.record import Status


async def run(context: Context, changes: Sequence[Change]) -> Report:
    """Carry the changes out and report on each. Cancelling it leaves a state that the next run resumes."""
    return await _Engine(context, changes).run()


# How a change ends that waits for one with such an end; for every other end it is blocked.
_INHERITED = {End.PENDING: End.PENDING, End.SKIPPED: End.SKIPPED}

# Seconds for what is on its way when the run is to leave off: an answer in time leaves no question open.
_GRACE = 0.5

# Seconds between two looks that news from the provider may cause.
_NEWS_PAUSE = 0.5


class _Engine:
    def __init__(self, context: Context, changes: Sequence[Change]) -> None:
        self._context = context
        self._changes = changes
        self._schedule = Schedule(changes)
        self._outcomes: dict[str, Outcome] = {}
        self._running: set[asyncio.Task[Outcome]] = set()
        self._ended: list[tuple[Change, asyncio.Task[Outcome]]] = []
        self._renders = self._uploads = 0
        self._news = asyncio.Event()
        self._downloads = Downloads(context.settings.downloads, self._news.set)
        settings, profile = context.settings, context.profile
        self._follower = Follower(
            context.provider, context.clock, profile.can("list"), settings.wait, context.reach
        )
        self._batching = None if context.batches is None else CreateGatherer(context, context.batches)
        self._carrier = ChangeExecutor(
            context,
            self._follower,
            InDoubt(context),
            self._downloads,
            Pictures(context),
            InFlightSlots(context),
            self._batching,
        )

    async def run(self) -> Report:
        self._open_questions()
        helpers = [asyncio.create_task(work) for work in (self._follower.run(), self._listen(), self._cut())]
        try:
            await self._loop()
        finally:
            for task in (*self._running, *helpers):
                task.cancel()
            await asyncio.gather(*self._running, *helpers, return_exceptions=True)
            await self._carrier.places.aclose()
            if self._batching is not None:
                await self._batching.aclose()
        return self._report()

    def _open_questions(self) -> None:
        """Only who holds the lock sends, so no request of an earlier run is on its way any more."""
        store = self._context.store
        with store.transaction():
            for record in store.in_flight():
                if record.status is Status.INTENT:
                    store.move(record.key, Status.UNKNOWN, run=self._context.run)

    async def _listen(self) -> None:
        """Ask the provider at once when there may be news of it, but not for every one of many."""
        while True:
            await self._context.news.wait()
            self._context.news.clear()
            self._follower.wake()
            if self._batching is not None:
                self._batching.wake()
            await self._context.clock.sleep(_NEWS_PAUSE)

    async def _cut(self) -> None:
        """Once the run is to leave off, give what is under way a moment, then end it where it stands."""
        await self._context.leaving.wait()
        await self._context.clock.sleep(_GRACE)
        for task in self._running:
            task.cancel()

    async def _loop(self) -> None:
        while True:
            self._news.clear()
            self._settle_ended()
            self._start()
            if not self._running and not self._ended:
                return
            await self._news.wait()

    def _start(self) -> None:
        """Start whatever is ready and fits; what is ready but cannot run any more is settled on the way."""
        while (change := self._schedule.peek()) is not None:
            cause = self._schedule.cause(change)
            if cause is not None:
                self._settle(self._schedule.pop(), self._waits(change, cause))
            elif self._context.interrupted or (self._context.starts_nothing and change.action.renders):
                self._settle(self._schedule.pop(), self._skipped(change))
            elif change.action.renders and self._full(change):
                return
            else:
                self._begin(self._schedule.pop())

    def _full(self, change: Change) -> bool:
        """Whether nothing new may be started now: what is finished is fetched first.

        What goes out by batch waits for the characters, so that as much as can be shares one.
        """
        if self._by_batch(change):
            return self._uploads > 0 or bool(self._downloads.waiting)
        return self._renders >= self._context.settings.parallelism or bool(self._downloads.waiting)

    def _begin(self, change: Change) -> None:
        if change.action is Action.DOWNLOAD:
            self._downloads.announce(change.label)
        self._count(change, 1)
        task = asyncio.create_task(self._carrier.carry_out(change))
        self._running.add(task)
        task.add_done_callback(partial(self._note, change))

    def _count(self, change: Change, by: int) -> None:
        if change.render is not None and change.render.kind is Kind.CHARACTER:
            self._uploads += by
        if change.action.renders and not self._by_batch(change):
            self._renders += by

    def _by_batch(self, change: Change) -> bool:
        batching = self._batching
        return batching is not None and change.action.renders and batching.takes(change)

    def _note(self, change: Change, task: asyncio.Task[Outcome]) -> None:
        self._running.discard(task)
        self._ended.append((change, task))
        self._downloads.withdraw(change.label)
        self._news.set()

    def _settle_ended(self) -> None:
        ended, self._ended = self._ended, []
        for change, task in ended:
            self._count(change, -1)
            self._settle(change, task.result())

    def _settle(self, change: Change, outcome: Outcome) -> None:
        self._outcomes[change.label] = outcome
        if outcome.end is End.DONE:
            self._schedule.done(change)
        else:
            self._schedule.broken(change, outcome.cause)

    def _waits(self, change: Change, cause: str) -> Outcome:
        end = _INHERITED.get(self._outcomes[cause].end, End.BLOCKED)
        return Outcome(change.label, change.action, end, f"waits for {cause}", cause)

    def _skipped(self, change: Change) -> Outcome:
        return Outcome(change.label, change.action, End.SKIPPED, "not started")

    def _spent(self) -> Spent:
        context = self._context
        return context.store.spent(run=context.run, simulated=context.profile.simulated)

    def _report(self) -> Report:
        return Report(
            outcomes=tuple(
                self._outcomes.get(change.label) or self._skipped(change) for change in self._changes
            ),
            run=self._context.run,
            interrupted=self._context.interrupted and not self._context.lock_lost,
            terminated=self._context.terminated,
            stopped=self._context.stopped_because,
            over_budget=self._context.over_budget,
            spent=self._spent(),
        )
