"""`sorasync apply --queue`: hands the renders of a plan to runners, and follows what becomes of them.

The state is what is followed: runners record every step there. The queue only says whether somebody will
still go on, and what a runner that gave up said.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sorasync.apply.events import ChangeEvent, Moment, Reporter
from sorasync.apply.report import End, Outcome, Report
from sorasync.errors import SorasyncError
from sorasync.graph.graph import Graph
from sorasync.operations.cancellation import TERMINATED, ends_on_signals
from sorasync.operations.library_bundle import digest_of, pack_library
from sorasync.operations.ordered_part import ordered, parts_of
from sorasync.operations.plan import Planned
from sorasync.operations.project import Project
from sorasync.operations.queue_database import database_of
from sorasync.operations.queued_renders import queued_notices
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.plan import Plan
from sorasync.state.account import add_up
from sorasync.state.errors import StateError
from sorasync.state.job_queue import (
    JobState,
    Order,
    Placing,
    Terms,
    UnfinishedJob,
    Work,
    enqueue,
    job_states,
    living_runners,
    unfinished_jobs,
)
from sorasync.state.postgres_url import parse_url
from sorasync.state.process import user_name
from sorasync.state.record import IN_FLIGHT, Record, Status
from sorasync.state.store import Store
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.apply import ApplyOptions

# Seconds between two looks at the state.
_LOOK = 1.0

_MOMENTS = {
    Status.INTENT: Moment.SENT,
    Status.BATCHED: Moment.SENT,
    Status.UNKNOWN: Moment.WAITING,
    Status.SUBMITTED: Moment.RENDERING,
    Status.RENDERED: Moment.FETCHING,
    Status.STORED: Moment.DONE,
    Status.FAILED: Moment.FAILED,
    Status.BLOCKED: Moment.BLOCKED,
    Status.LOST: Moment.FAILED,
}
_ENDS = {
    Status.STORED: End.DONE,
    Status.FAILED: End.FAILED,
    Status.LOST: End.FAILED,
    Status.BLOCKED: End.BLOCKED,
    Status.UNKNOWN: End.OPEN,
}


def apply_by_queue(
    project: Project,
    options: ApplyOptions,
    placing: Placing,
    store: Store,
    planned: Planned,
    reporter: Reporter,
) -> Report:
    """Put the renders of an approved plan into the queue, and follow them to their end, unless detached.

    Raises `StateError`, and `SorasyncError` where a runner could not do it anyway.
    """
    require_shared_storage(project)
    changes = [change for change in planned.plan.changes if change.action.leased]
    before = store.records([change.key for change in changes])
    there = _queued_before(project, options, store, changes)
    fresh = _with_needs([change for change in changes if change.key not in there], changes)
    there = {key: job for key, job in there.items() if key not in {change.key for change in fresh}}
    jobs = _enqueue(project, options, placing, store, fresh, planned.plan.batch) if fresh else []
    if fresh:
        reporter.notice(
            f"{counted(len(fresh), 'render')} in {counted(len(jobs), 'job')} queued at {placing.queue}"
        )
    for text in queued_notices(there[change.key] for change in changes if change.key in there):
        reporter.notice(text)
    followed = [*jobs, *{job.id for job in there.values()}]
    queues = {key: job.queue for key, job in there.items()}
    queue = placing.queue if fresh else next(iter(queues.values()))
    following = Following(store, followed, changes, before, reporter, queue, queues)
    if not options.detach:
        asyncio.run(following.follow(project, options))
    return following.report()


def _with_needs(fresh: list[Change], changes: list[Change]) -> list[Change]:
    """The changes with all that they are made from: a job leaves out what needs the renders of another."""
    by_label = {change.label: change for change in changes}
    wanted, seen = [change.label for change in fresh], set[str]()
    while wanted:
        label = wanted.pop()
        if label not in seen and label in by_label:
            seen.add(label)
            wanted += by_label[label].depends_on
    return [change for change in changes if change.label in seen]


def _queued_before(
    project: Project, options: ApplyOptions, store: Store, changes: list[Change]
) -> dict[str, UnfinishedJob]:
    """The job of each change that one of this library carries out anyway, as this order asks, by key."""
    found: dict[str, UnfinishedJob] = {}
    waiting = {one.key: (one, job) for job in unfinished_jobs(store, project.owner) for one in job.renders}
    for change, wanted in zip(changes, ordered(changes, options.planning), strict=True):
        if change.key in waiting:
            queued, job = waiting[change.key]
            # A runner pays no other price than the agreed one, and renders afresh only what has not moved on.
            same_price = not (change.action.renders and change.paid) or queued.cost_usd == wanted.cost_usd
            same_wish = queued == wanted if queued.how or wanted.how else same_price
            if same_wish:
                found[change.key] = job
    return found


@dataclass(frozen=True, slots=True)
class Waited:
    """How the wait for a library's queued jobs ended.

    `left` is what is still queued, `seconds` are those that are left to wait, None if there is no limit.
    """

    left: tuple[UnfinishedJob, ...] = ()
    interrupted: bool = False
    seconds: float | None = None

    def noted(self, report: Report, graph: Graph) -> Report:
        """The report with what is still queued as pending."""
        told = {outcome.label for outcome in report.outcomes}
        queued = {one.label: one for one in self._outcomes(graph) if one.label not in told}
        return replace(report, outcomes=(*report.outcomes, *queued.values()))

    def _outcomes(self, graph: Graph) -> Iterator[Outcome]:
        actions = {render.key: render.kind.value for render in graph.renders.values()}
        for job in self.left:
            why = f"queued at {job.queue} (job {job.id})"
            for one in job.renders:
                kind = "replace" if one.how == "replace" else actions.get(one.key, "resume")
                yield Outcome(one.label, Action(kind), End.PENDING, why, next="sorasync queue")
            if job.media is not None:
                yield Outcome(job.media.title, Action.RESUME, End.PENDING, why, next="sorasync queue")


def wait_for_queue(project: Project, options: ApplyOptions, store: Store, reporter: Reporter) -> Waited:
    """Wait until nothing of the library is queued any more, at most as long as the options say.

    Raises `StateError`.
    """
    jobs = unfinished_jobs(store, project.owner) if store.shared else []
    if not jobs:
        return Waited(seconds=options.wait)
    reporter.notice(f"waiting for {counted(len(jobs), 'queued job')}")
    following = Following(store, [job.id for job in jobs], [], {}, reporter, jobs[0].queue)
    begun = project.clock.monotonic()
    asyncio.run(following.follow(project, options))
    left = unfinished_jobs(store, project.owner)
    seconds = None if options.wait is None else max(0.0, options.wait - (project.clock.monotonic() - begun))
    return Waited(tuple(left), following.interrupted, seconds)


def require_shared_storage(project: Project) -> None:
    """Raise `SorasyncError` where runners could not see the state, or nobody what they make."""
    database_of(project.config.state.url)
    if project.config.assets.url is None:
        raise SorasyncError(
            "a queue needs a bucket: what a runner downloads would be on its own disk only",
            hint='set [assets] url = "s3://…" in sorasync.toml; see docs/assets.md',
        )


def _enqueue(
    project: Project,
    options: ApplyOptions,
    placing: Placing,
    store: Store,
    changes: list[Change],
    batch: bool,
) -> list[int]:
    max_cost = None if options.max_cost is None else str(options.max_cost)
    terms = Terms(project.config.env, user_name(), batch, max_cost)
    parts = [ordered(part, options.planning) for part in parts_of(changes)]
    return put_into_queue(project, terms, placing, store, parts, pack_library(project))


def put_into_queue(
    project: Project, terms: Terms, placing: Placing, store: Store, works: Sequence[Work], files: bytes
) -> list[int]:
    """Queue some work on a library of those files; the ids of its jobs. Raises `StateError`."""
    schema = parse_url(project.config.state.url, project.owner).schema
    order = Order(schema, project.owner, digest_of(files), terms)
    return enqueue(store, project.config.state.url, order, files, works, placing)


@dataclass
class Following:
    """What is known of the renders of an order, or of some jobs, from one look to the next."""

    store: Store
    jobs: Collection[int]
    changes: list[Change]
    before: Mapping[str, Record]
    reporter: Reporter
    queue: str
    # Where renders are that were queued before, if elsewhere, by key.
    queues: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    states: list[JobState] = field(default_factory=list)
    interrupted: bool = False
    terminated: bool = False
    _told: dict[str, tuple[Status, int]] = field(default_factory=dict)
    _absence_told: bool = False

    async def follow(self, project: Project, options: ApplyOptions) -> None:
        """Look again and again until every job has ended, or somebody interrupts. Raises `StateError`."""
        leaving = asyncio.Event()

        def leave(why: str) -> None:
            self.interrupted, self.terminated = True, why == TERMINATED
            self.reporter.notice("leaving: queued jobs stay queued, and runners continue")
            leaving.set()

        with ends_on_signals() as ends, options.stop.connected(lambda: leave("stopped")):
            ends.gently = leave
            until = math.inf if options.wait is None else project.clock.monotonic() + options.wait
            while not leaving.is_set() and project.clock.monotonic() < until:
                await asyncio.to_thread(self._look)
                if self.states and all(state.ended for state in self.states):
                    return
                pause = asyncio.ensure_future(project.clock.sleep(_LOOK))
                left = asyncio.ensure_future(leaving.wait())
                await asyncio.wait({pause, left}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
                left.cancel()

    def _look(self) -> None:
        # Ended jobs have written their last record before: they are looked at first.
        try:
            self.states = job_states(self.store, self.jobs)
            self.records = self.store.records([change.key for change in self.changes])
            nobody = not self._absence_told and not living_runners(self.store, self.queue)
        except StateError as error:
            self.reporter.notice(f"{error.message}; looking again")
            self.states = []
            return
        if nobody:
            self._absence_told = True
            self.reporter.notice(f"no runner is at work: start one with `sorasync run --queue {self.queue}`")
        for change in self.changes:
            self._tell(change)

    def _tell(self, change: Change) -> None:
        record = self.records.get(change.key)
        if record is None or record == self.before.get(change.key):
            return
        now = (record.status, record.progress)
        if self._told.get(change.key) != now:
            self._told[change.key] = now
            moment = _MOMENTS[record.status]
            detail = record.error_message or "" if moment in (Moment.FAILED, Moment.BLOCKED) else ""
            progress = record.progress if moment is Moment.RENDERING else None
            self.reporter.event(ChangeEvent(change.label, moment, detail, progress))

    def report(self) -> Report:
        """How every render stands now."""
        failed = [state.message for state in self.states if state.status != "succeeded" and state.ended]
        moved = [
            record.charge
            for key, record in self.records.items()
            if (old := self.before.get(key)) is None or old.intent_at != record.intent_at
        ]
        return Report(
            outcomes=tuple(self._outcome(change, failed) for change in self.changes),
            run=None,
            interrupted=self.interrupted,
            terminated=self.terminated,
            stopped="interrupted" if self.interrupted else None,
            spent=add_up(moved),
        )

    def _outcome(self, change: Change, failed: list[str]) -> Outcome:
        record = self.records.get(change.key)
        queued = not self.states or not all(state.ended for state in self.states)
        fresh = record is not None and record != self.before.get(change.key)
        if record is not None and (fresh or not queued) and record.status in _ENDS:
            end = _ENDS[record.status]
            message = (
                "" if end is End.DONE else record.error_message or f"its outcome is {record.status.value}"
            )
            step = "sorasync resolve" if end is End.OPEN else None
            return Outcome(change.label, change.action, end, message, next=step)
        if queued or (record is not None and record.status in IN_FLIGHT):
            why = f"queued at {self.queues.get(change.key, self.queue)}" if queued else "still renders"
            return Outcome(change.label, change.action, End.PENDING, why, next="sorasync wait")
        return Outcome(change.label, change.action, End.SKIPPED, failed[0] if failed else "not carried out")


def local_part(plan: Plan, queued: Report) -> Plan:
    """What of a plan needs no runner: names, bindings, retired renders. Nothing after an interruption."""
    if queued.interrupted:
        return replace(plan, changes=())
    elsewhere = {outcome.label for outcome in queued.outcomes}
    done = {outcome.label for outcome in queued.of(End.DONE)}
    kept = []
    for change in plan.changes:
        if change.label not in elsewhere and not change.action.leased:
            waits = (elsewhere - done).intersection(change.depends_on)
            if not waits:
                needs = tuple(need for need in change.depends_on if need not in done)
                kept.append(replace(change, depends_on=needs))
    return replace(plan, changes=tuple(kept))


def united(plan: Plan, queued: Report, done: Report) -> Report:
    """One report in the plan's order; what neither has is still to come."""
    outcomes = {outcome.label: outcome for outcome in (*queued.outcomes, *done.outcomes)}
    left: Iterable[Outcome] = (
        outcomes.get(change.label) or Outcome(change.label, change.action, _left_as(change), change.reason)
        for change in plan.changes
    )
    return replace(
        queued, outcomes=tuple(left), run=done.run, conflicts=done.conflicts, unwritten=done.unwritten
    )


def _left_as(change: Change) -> End:
    return End.BLOCKED if change.stuck else End.SKIPPED
