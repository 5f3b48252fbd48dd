"""Runs a plan: starts changes in order as they become ready, and records how each ended.

The engine reads changes, never manifests or reasons. A failure blocks its dependants and nothing
else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sorasync.apply.batch.gather_creates import CreateGatherer
from sorasync.apply.change_executor import ChangeExecutor
from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.in_doubt import InDoubt
from sorasync.apply.render.answer_about import is_of_another
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
from sorasync.state.record import CANCEL, Record, Status


async def run(contexts: Mapping[str, Context], changes: Sequence[Change]) -> Report:
    """Execute the changes and report on each. After a cancellation the next run resumes from the state.

    `contexts` has the host of every change by its name in changes: the library's default is "".
    """
    return await _Engine(contexts, changes).run()


# How dependants of a change with this end end themselves; after any other end they are blocked.
_NOT_MADE = frozenset({End.FAILED, End.BLOCKED, End.SKIPPED})
_INHERITED = {End.PENDING: End.PENDING, End.SKIPPED: End.SKIPPED}

# Seconds that requests on their way get when the run stops: an answer in time is no open question.
_GRACE = 0.5

# Least seconds between two polls that webhooks trigger.
_NEWS_PAUSE = 0.5


class _Lane:
    """The work at one host: its own pace, slots and downloads, so that no host waits for another one."""

    def __init__(self, context: Context, freed: Callable[[], None]) -> None:
        self.context = context
        settings, profile = context.settings, context.profile
        self.downloads = Downloads(settings.downloads, freed)
        self.follower = Follower(
            context.provider,
            context.clock,
            profile.can("list"),
            settings.wait,
            context.reach,
            partial(is_of_another, context),
        )
        self._batching = None if context.batches is None else CreateGatherer(context, context.batches)
        self.executor = ChangeExecutor(
            context,
            self.follower,
            InDoubt(context),
            self.downloads,
            Pictures(context),
            InFlightSlots(context),
            self._batching,
        )
        self._renders = self._uploads = 0

    def full(self, change: Change) -> bool:
        """Whether new renders must wait: finished ones are downloaded first.

        Batched creates wait for the characters, so that as many as possible share a batch.
        """
        if self._by_batch(change):
            return self._uploads > 0 or bool(self.downloads.waiting)
        return self._renders >= self.context.settings.parallelism or bool(self.downloads.waiting)

    def count(self, change: Change, by: int) -> None:
        """Count a change in that begins (1) or out that has ended (-1)."""
        if change.render is not None and change.render.kind is Kind.CHARACTER:
            self._uploads += by
        if change.action.renders and not self._by_batch(change):
            self._renders += by

    def wake(self) -> None:
        """Ask the host at once: there may be news."""
        self.follower.wake()
        if self._batching is not None:
            self._batching.wake()

    async def aclose(self) -> None:
        """Give back what is held, and stop what still runs for batches."""
        await self.executor.slots.aclose()
        if self._batching is not None:
            await self._batching.aclose()

    def _by_batch(self, change: Change) -> bool:
        batching = self._batching
        return batching is not None and change.action.renders and batching.takes(change)


def _certainly_nothing(record: Record) -> bool:
    """Whether the last request of a key has made nothing: it was refused, or never left."""
    if record.status is Status.FAILED:
        return record.error_stage == "send"
    return record.status is Status.BLOCKED and record.error_stage != CANCEL


class _Engine:
    def __init__(self, contexts: Mapping[str, Context], changes: Sequence[Change]) -> None:
        # What the hosts share can be asked of any of their contexts.
        self._context = contexts[""]
        self._ending = self._context.ending
        self._changes = changes
        self._schedule = Schedule(changes)
        self._outcomes: dict[str, Outcome] = {}
        self._running: set[asyncio.Task[Outcome]] = set()
        self._ended: list[tuple[Change, asyncio.Task[Outcome]]] = []
        self._news = asyncio.Event()
        rows = any(change.render is not None and change.render.private for change in changes)
        for context in contexts.values():
            context.reach.rows = rows
        self._lanes = {name: _Lane(context, self._news.set) for name, context in contexts.items()}

    async def run(self) -> Report:
        await self._context.commits.record(self._open_questions)
        lanes = self._lanes.values()
        helpers = [asyncio.create_task(lane.follower.run()) for lane in lanes]
        helpers += [asyncio.create_task(work) for work in (self._listen(), self._cut())]
        shared = next((lane.context.shared for lane in lanes if lane.context.shared is not None), None)
        if shared is not None:
            helpers.append(asyncio.create_task(shared.keep()))
        try:
            await self._loop()
        finally:
            for task in (*self._running, *helpers):
                task.cancel()
            await asyncio.gather(*self._running, *helpers, return_exceptions=True)
            for lane in lanes:
                await lane.aclose()
        return self._report(await self._context.commits.read(self._spent))

    def _open_questions(self) -> None:
        """Only the holder of a key sends it, so no request of an earlier run is still on its way."""
        store, leased = self._context.store, {change.key for change in self._changes}
        mine = leased - self._context.elsewhere.keys()
        for record in store.in_flight():
            if record.status is Status.INTENT and (not store.shared or record.key in mine):
                store.move(record.key, Status.UNKNOWN, run=self._context.run)

    async def _listen(self) -> None:
        """Poll as soon as there may be news, but once for many at the same time."""
        while True:
            await self._context.news.wait()
            self._context.news.clear()
            for lane in self._lanes.values():
                lane.wake()
            await self._context.clock.sleep(_NEWS_PAUSE)

    async def _cut(self) -> None:
        """When the run is told to stop, give running changes a moment, then cancel them."""
        await self._ending.leaving.wait()
        await self._context.clock.sleep(_GRACE)
        for task in self._running:
            task.cancel()

    async def _loop(self) -> None:
        while True:
            self._news.clear()
            await self._settle_ended()
            await self._start()
            if not self._running and not self._ended:
                return
            await self._news.wait()

    async def _start(self) -> None:
        """Start every ready change that fits, and settle those that can no longer run."""
        full: set[str] = set()
        while (change := self._schedule.peek(full)) is not None:
            lane, cause = self._lanes[change.provider], self._schedule.cause(change)
            if cause is not None:
                self._settle(change, self._waits(change, cause))
            elif change.action.leased and change.key in self._context.elsewhere:
                self._settle(change, self._left_to_others(change))
            elif self._ending.interrupted or (lane.context.starts_nothing and change.action.renders):
                if not await self._goes_on(change, self._schedule.take):
                    self._settle(change, self._skipped(change))
            elif change.action.renders and lane.full(change):
                full.add(change.provider)
            else:
                self._begin(change, lane)

    def _begin(self, change: Change, lane: _Lane) -> None:
        self._schedule.take(change)
        if change.action is Action.DOWNLOAD:
            lane.downloads.announce(change.label)
        lane.count(change, 1)
        task = asyncio.create_task(lane.executor.carry_out(change))
        self._running.add(task)
        task.add_done_callback(partial(self._note, change))

    def _note(self, change: Change, task: asyncio.Task[Outcome]) -> None:
        self._running.discard(task)
        self._ended.append((change, task))
        self._lanes[change.provider].downloads.withdraw(change.label)
        self._news.set()

    async def _settle_ended(self) -> None:
        ended, self._ended = self._ended, []
        for change, task in ended:
            self._lanes[change.provider].count(change, -1)
            outcome = task.result()
            if outcome.end not in _NOT_MADE or not await self._goes_on(change):
                self._record(change, outcome)

    async def _goes_on(self, change: Change, taken: Callable[[Change], None] = lambda change: None) -> bool:
        """Hand a change to the next host of its route, if this one has certainly made nothing of it."""
        ending, context = self._ending, self._lanes[change.provider].context
        if not change.alternatives or ending.stopped or ending.over_budget or context.over_budget:
            return False
        record = await self._context.record(change.key)
        if record is not None and not _certainly_nothing(record):
            return False
        taken(change)
        following = change.at_next_host()
        self._context.tell(change, Moment.WAITING, f"not rendered there, now goes to {following.host}")
        self._schedule.put_back(following)
        return True

    def _settle(self, change: Change, outcome: Outcome) -> None:
        """Record the end of a change that is not begun."""
        self._schedule.take(change)
        self._record(change, outcome)

    def _record(self, change: Change, outcome: Outcome) -> None:
        self._outcomes[change.label] = outcome
        if outcome.end is End.DONE:
            self._schedule.done(change)
        else:
            self._schedule.broken(change, outcome.cause)

    def _waits(self, change: Change, cause: str) -> Outcome:
        end = _INHERITED.get(self._outcomes[cause].end, End.BLOCKED)
        return Outcome(change.label, change.action, end, f"waits for {cause}", cause)

    def _left_to_others(self, change: Change) -> Outcome:
        why = f"{self._context.elsewhere[change.key]} is rendering it"
        self._context.tell(change, Moment.PENDING, why)
        return Outcome(change.label, change.action, End.PENDING, why, None, "sorasync apply picks it up")

    def _skipped(self, change: Change) -> Outcome:
        return Outcome(change.label, change.action, End.SKIPPED, "not started")

    def _spent(self) -> Spent:
        context = self._context
        return context.store.spent(run=context.run, simulated=context.profile.simulated)

    def _report(self, spent: Spent) -> Report:
        hosts = [lane.context for lane in self._lanes.values()]
        return Report(
            outcomes=tuple(
                self._outcomes.get(change.label) or self._skipped(change) for change in self._changes
            ),
            run=self._context.run,
            interrupted=self._ending.interrupted and not self._ending.lock_lost,
            terminated=self._ending.terminated,
            stopped=self._ending.reason,
            over_budget=self._ending.over_budget or any(host.over_budget for host in hosts),
            spent=spent,
        )
