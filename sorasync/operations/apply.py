"""`sorasync apply`: locks the state, plans, checks, applies, records and reports."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

from sorasync.apply.budget import Budget
from sorasync.apply.context import ApplySettings, Context
from sorasync.apply.engine import run
from sorasync.apply.events import Reporter
from sorasync.apply.group_commit import GroupCommit
from sorasync.apply.report import Report
from sorasync.apply.run_ending import RunEnding
from sorasync.apply.sidecars import note_again
from sorasync.apply.wanted_names import asset_view
from sorasync.assets.link import LinkReport, link_all
from sorasync.errors import SorasyncError
from sorasync.graph.graph import Graph
from sorasync.operations.budget import budget_of, configured_policy, host_budget
from sorasync.operations.cancellation import TERMINATED, StopButton, ends_on_signals
from sorasync.operations.check_after_apply import ChecksAfterApply
from sorasync.operations.empty_state import forgotten, refuse_paid_for
from sorasync.operations.fault_location import placed
from sorasync.operations.library_host import Host
from sorasync.operations.locked_state import begin_run, bring_up, write_lock_file
from sorasync.operations.plan import Planned, PlanOptions, make_plan, prepare_saved_plan
from sorasync.operations.project import Project
from sorasync.operations.team_limits import limits_at, team_limits
from sorasync.operations.undrawable_text import boxes
from sorasync.operations.wait import WebhookSettings, listening_for, pending_part
from sorasync.plan.plan import Plan
from sorasync.plan.planfile import load, with_rows
from sorasync.plan.policy import PlanRefused, Policy, refusals
from sorasync.plan.remote import RemoteState
from sorasync.plan.stale import PlanStale, differences, repriced, retried, touched
from sorasync.provider.host_client import HostClient
from sorasync.state.errors import LockLost
from sorasync.state.job_queue import OrderedRender, Placing
from sorasync.state.leases import RunLeases, held_by_apply
from sorasync.state.lock import LockWait, RunLock
from sorasync.state.record import Binding, Brief, Status
from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The options of an apply.

    `plan_file` carries out a saved plan, `expect` goes on only for that token. The `allow_*` values and
    `max_cost` override the limits of `sorasync.toml` in this run. `detach` waits for no render; `wait` is
    how many seconds one is waited for. With `only_pending` nothing is sent: what is in flight is followed
    and fetched. `webhooks` says where news from the provider is listened for. `stop` leaves the run off.
    With `placing` the renders go into a queue, for runners to carry out; without it into that of
    `[apply] queue`, unless they are to be carried out `here`. With `ordered` this is such a
    runner: it does what is among these renders, whose plan somebody else has agreed to.
    """

    planning: PlanOptions = field(default_factory=PlanOptions)
    plan_file: Path | None = None
    expect: str | None = None
    lock_timeout: float = 0.0
    parallelism: int | None = None
    detach: bool = False
    wait: float | None = None
    only_pending: bool = False
    webhooks: WebhookSettings | None = None
    stop: StopButton = field(default_factory=StopButton, compare=False)
    max_cost: Decimal | None = None
    allow_replace_pct: int | None = None
    allow_retire_pct: int | None = None
    allow_creates: int | None = None
    allow_unknown_cost: bool = False
    placing: Placing | None = None
    here: bool = False
    ordered: Sequence[OrderedRender] | None = None


def policy_of(project: Project, options: ApplyOptions) -> Policy:
    """The limits of this run."""
    configured = configured_policy(project)

    def first(own: int | None, configured: int | None) -> int | None:
        return configured if own is None else own

    return replace(
        configured,
        max_replace_pct=first(options.allow_replace_pct, configured.max_replace_pct),
        max_retire_pct=first(options.allow_retire_pct, configured.max_retire_pct),
        max_creates=first(options.allow_creates, configured.max_creates),
        per_apply_usd=configured.per_apply_usd if options.max_cost is None else options.max_cost,
        by_max_cost=options.max_cost is not None,
        allow_unknown_cost=options.allow_unknown_cost or configured.allow_unknown_cost,
    )


def apply(
    project: Project,
    options: ApplyOptions,
    reporter: Reporter,
    confirm: Callable[[Planned], bool],
    command: str = "apply",
) -> Report | None:
    """Plan and apply. None if `confirm` said no; it is asked once, after every check has passed.

    Raises what `make_plan` raises, `StateLocked`, `PlanStale`, `PlanRefused`, and `AuthFailed` where the
    provider has to be asked and there is no key for it; nothing was sent or recorded then.
    """
    with project.store(write=True) as store, ChecksAfterApply(project, store, reporter) as checks:
        for warning in store.warnings:
            reporter.notice(warning)
        waited = None
        if options.only_pending and store.shared:
            from sorasync.operations.queue_apply import wait_for_queue

            waited = wait_for_queue(project, options, store, reporter)
            if waited.interrupted:
                raise KeyboardInterrupt
            options = replace(options, wait=waited.seconds)
        waiting = LockWait(command, options.lock_timeout, reporter.notice)
        with held_by_apply(store, project.clock, waiting) as lock:
            bring_up(project, store, reporter.notice)
            planned = _approved_plan(project, options, store)
            if (lost := forgotten(project, planned.known.briefs)) is not None:
                refuse_paid_for(project, planned.plan)
                reporter.notice(lost)
            placing = _placing(project, options, planned.plan)
            if planned.asked:
                if placing is None:
                    # With a queue it is the runners that ask it.
                    project.require_provider(planned.asked)
                    project.assets().require_writable()
                project.assets().archive.require()
                if options.webhooks is not None:
                    options.webhooks.secret()
            if (unwritten := boxes(project, _prompts(planned))) is not None:
                reporter.notice("; ".join(unwritten))
            if not confirm(planned):
                return None
            if placing is not None:
                from sorasync.operations.queue_apply import apply_by_queue, local_part, united

                queued = apply_by_queue(project, options, placing, store, planned, reporter)
                rest = replace(planned, plan=local_part(planned.plan, queued))
                done = _rest(_Session(project, options, store, rest, checks, command, lock))
                return united(planned.plan, queued, done)
            planned = _leased(project, options, store, planned, lock)
            checks.expect(planned)
            report = _carry_out(_Session(project, options, store, planned, checks, command, lock))
            if waited is not None:
                report = waited.noted(report, planned.graph)
        return replace(report, failed_checks=checks.finish(interrupted=report.interrupted))


def _placing(project: Project, options: ApplyOptions, plan: Plan) -> Placing | None:
    """The queue that the renders of a plan go into, None where they are carried out here."""
    if options.here or options.only_pending or options.ordered is not None:
        return None
    name = project.config.apply.queue
    found = options.placing or (None if name is None else Placing(name))
    return found if any(change.action.leased for change in plan.changes) else None


# How often others may move on between a plan and its leases.
_TRIES = 5


def _leased(
    project: Project, options: ApplyOptions, store: Store, approved: Planned, lock: RunLock | RunLeases
) -> Planned:
    """The plan, with leases of everything that it pays for or follows.

    Where others have moved on since it was made, a new plan that pays for nothing but what was approved takes
    its place. Raises `PlanStale`.
    """
    planned = approved
    for _ in range(_TRIES):
        lock.take({change.key for change in planned.plan.changes if change.action.leased})
        if not store.shared:
            return planned
        changes = [change for change in planned.plan.changes if lock.holds(change.key)]
        plan = replace(planned.plan, changes=tuple(changes))
        moved = _differences(plan, store)
        moved = moved or retried(plan, _tried(plan, store)) or _left_by_others(plan, planned)
        if not moved:
            return planned
        if options.plan_file is not None or options.expect is not None:
            raise PlanStale(moved)
        planned = _approved_plan(project, options, store)
        known = {(change.key, change.cost_usd) for change in approved.plan.changes}
        for change in planned.plan.changes:
            if change.action.renders and change.paid and (change.key, change.cost_usd) not in known:
                raise PlanStale(moved)
    raise PlanStale(moved)


def _left_by_others(plan: Plan, planned: Planned) -> list[str]:
    """What another machine was drawing when it was planned, and has left undone."""
    remote = planned.known.remote
    return [
        f"another machine was drawing {change.label}, and has stopped"
        for change in plan.changes
        if change.key in remote and remote[change.key].state is RemoteState.ELSEWHERE
    ]


def _rest(session: _Session) -> Report:
    """Carry out what is left of a plan whose renders went into the queue: it pays for nothing."""
    store, plan = session.store, session.planned.plan
    session.lock.take({change.key for change in plan.changes})
    plan = replace(plan, changes=tuple(change for change in plan.changes if session.lock.holds(change.key)))
    if _differences(plan, store):
        plan = replace(plan, changes=())
    return _carry_out(replace(session, planned=replace(session.planned, plan=plan)))


def _prompts(planned: Planned) -> Iterator[str]:
    """The prompts of what will be rendered."""
    renders = planned.graph.renders
    for change in planned.plan.changes:
        if change.action.renders and change.address in renders:
            yield renders[change.address].prompt


def _approved_plan(project: Project, options: ApplyOptions, store: Store) -> Planned:
    """The plan to apply, after all checks."""
    if options.ordered is not None:
        return _ordered(project, options, options.ordered, store)
    if options.plan_file is not None:
        # A file that is missing, damaged or stale is refused before everything else is read.
        plan = _loaded(project, options.plan_file, store)
        planned = prepare_saved_plan(project, options.planning, store, plan)
        planned = replace(planned, plan=with_rows(planned.plan, planned.graph.renders))
        # What a row costs depends on what is sent for it, which the file does not say.
        if found := repriced(planned.plan, project.hosts, rows=True):
            raise PlanStale(found)
    else:
        planned = make_plan(project, options.planning, store)
    if options.only_pending:
        return replace(planned, plan=pending_part(planned.plan))
    if options.expect is not None and planned.plan.token != options.expect:
        raise PlanStale([f"its token is {planned.plan.token}, expected {options.expect}"])
    if refused := refusals(planned.plan, policy_of(project, options), store.bindings()):
        raise PlanRefused([placed(one, planned.plan, planned.library) for one in refused])
    _check_media(project, planned)
    return replace(planned, plan=replace(planned.plan, refusals=()))


def _ordered(
    project: Project, options: ApplyOptions, renders: Sequence[OrderedRender], store: Store
) -> Planned:
    """The part of the plan that was ordered. Its thresholds were checked then; each intent checks budgets."""
    from sorasync.operations.ordered_part import ordered_part, planning_of

    planning = planning_of(renders, store, batch=bool(options.planning.batch))
    planned = make_plan(project, planning, store)
    planned = replace(planned, plan=replace(ordered_part(planned.plan, renders), refusals=()))
    _check_media(project, planned)
    return planned


def _loaded(project: Project, file: Path, store: Store) -> Plan:
    """A saved plan that is not stale. Raises `PlanFileError` and `PlanStale`."""
    plan = load(file)
    if plan.provider != project.profile.provider_name or plan.env != (project.config.env or ""):
        raise PlanStale([f"it was made for {plan.provider}, env {plan.env or 'base'}"])
    for change in plan.changes:
        for provider in (change.provider, *(one.provider for one in change.alternatives)):
            if project.hosts.find(provider) is None:
                gone = f"{change.label} was to go to {provider}, which is no longer a host of this library"
                raise PlanStale([gone])
    if not plan.lineage and plan.library != project.name:
        # Made before there was a state: without a lineage, only the name tells libraries apart.
        raise PlanStale([f"it was made for the library {plan.library}, this one is {project.name}"])
    found = _differences(plan, store)
    found = found or retried(plan, _tried(plan, store))
    if found := found + repriced(plan, project.hosts, rows=False):
        raise PlanStale(found)
    return plan


def _differences(plan: Plan, store: Store) -> list[str]:
    """Where the state differs from the one the plan was made against; only what the plan touches is read."""
    keys, addresses = touched(plan)
    return differences(plan, store.lineage, store.bindings_of(addresses), store.briefs_of(keys))


def _tried(plan: Plan, store: Store) -> dict[str, int]:
    """The present number of attempts of everything the plan retries, by key."""
    ended = [change.key for change in plan.changes if change.status in (Status.FAILED, Status.BLOCKED)]
    return {key: record.attempts for key, record in store.records(ended).items()} if ended else {}


def _check_media(project: Project, planned: Planned) -> None:
    """Check the files that will be uploaded. Raises `ManifestError` for those a server would refuse."""
    from sorasync.manifest.diagnostic import ManifestError, Severity
    from sorasync.operations.validate import media_findings

    sent = {change.address for change in planned.plan.changes if change.render is not None}
    found = media_findings(project, planned.library, planned.graph, sent & planned.graph.renders.keys())
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise ManifestError(found)


@dataclass(frozen=True, slots=True)
class _Session:
    """The arguments and open resources of one apply."""

    project: Project
    options: ApplyOptions
    store: Store
    planned: Planned
    reporter: Reporter
    command: str
    lock: RunLock | RunLeases
    unwritten: list[str] = field(default_factory=list)

    def finish(self, what: str, write: Callable[[], object]) -> None:
        """Run a final write; if it fails, the report says so."""
        try:
            write()
        except SorasyncError as error:
            self.unwritten.append(f"{what}: {error.message}")
        except OSError as error:
            self.unwritten.append(f"{what}: {error.strerror or error}")


def _carry_out(session: _Session) -> Report:
    """Run the plan, then update everything beside the state.

    Errors after the run must not hide its report, which says what was paid for.
    """
    from sorasync.assets.local_cache import drop_damaged
    from sorasync.operations.local_videos import keep_all, shrink_cache

    project, store, planned = session.project, session.store, session.planned
    try:
        drop_damaged(project.assets())
        report = _run_engine(session) if planned.plan.changes else Report((), None)
    except BaseException:
        with suppress(SorasyncError, OSError):
            write_lock_file(project, store)
        raise
    conflicts: list[str] = []
    # The run is over: what it made of the state is read once.
    bindings, briefs = cache(store.bindings), cache(store.briefs)

    def name_files() -> None:
        objects, noted = project.assets().listing()
        note_again(project.assets(), store, briefs(), objects, noted)
        found = link_names(project, planned, bindings(), briefs(), objects)
        conflicts.extend(found.conflicts)

    session.finish(
        "which clips are protected", lambda: keep_protection(store, planned, bindings(), report.run)
    )
    session.finish("the lock file", lambda: write_lock_file(project, store))
    session.finish("the names of the videos", name_files)
    session.finish("the videos in the bucket", lambda: keep_all(project, briefs))
    session.finish("the copies on this disk", lambda: shrink_cache(project, store, planned.graph))
    return replace(report, conflicts=tuple(conflicts), unwritten=tuple(session.unwritten))


def _run_engine(session: _Session) -> Report:
    plan, store = session.planned.plan, session.store
    number = begin_run(
        session.project,
        store,
        session.command,
        plan_token=plan.token,
        cost_estimate=None if plan.cost.unknown else plan.cost.known_usd,
    )
    outcome = "stopped by an error"
    report = Report((), number)
    try:
        report = asyncio.run(_engine(session, number))
        outcome = "interrupted" if report.interrupted else report.word
    except KeyboardInterrupt:
        outcome = "interrupted"
        raise
    except asyncio.CancelledError:
        outcome = "interrupted"
        raise KeyboardInterrupt from None
    finally:
        counts = Counter(one.end.value for one in report.outcomes)
        session.finish("the end of the run", lambda: store.finish_run(number, outcome, counts))
    return report


# Threads that check files and move them into place: one works while one waits for the disk. More would only
# compete with the event loop for the interpreter.
_FILE_THREADS = 2


async def _engine(session: _Session, number: int) -> Report:
    project, options = session.project, session.options
    files = FileThreads(_FILE_THREADS, thread_name_prefix="files")
    asyncio.get_running_loop().set_default_executor(files)
    changes, ending = session.planned.plan.changes, RunEnding()
    whole = budget_of(project, session.store, options.max_cost)
    with ends_on_signals() as run_ends:
        async with AsyncExitStack() as opened:
            commits = await opened.enter_async_context(_commits(session.store))
            contexts: dict[str, Context] = {}
            limits = await commits.read(
                lambda: team_limits(project, session.store, session.lock.id, session.reporter)
            )
            for provider in sorted({"", *(c.provider for c in changes), *session.planned.plan.sent_to}):
                host = project.host_at(provider)
                client = await opened.enter_async_context(host.client())
                first = contexts.get("") or _first_context(session, number, ending, client, commits)
                contexts[provider] = _context_at(first, session, host, client, whole)
                contexts[provider].shared = limits_at(host, limits, commits)
            if options.only_pending:
                ending.stop_sending()
            beating = asyncio.create_task(_beat(session.lock, ending))
            run_ends.gently = partial(_stop_gently, ending, session.reporter)
            try:
                async with listening_for(options.webhooks, contexts[""]):
                    with options.stop.connected(partial(_stop_gently, ending, session.reporter, "stopped")):
                        return await run(contexts, changes)
            finally:
                beating.cancel()
                files.abandoned = ending.interrupted


@asynccontextmanager
async def _commits(store: Store) -> AsyncIterator[GroupCommit]:
    """What is asked of a state: of a shared one in a thread, since its server may take its time."""
    with ExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1, "state")) if store.shared else None
        commits = GroupCommit(store.transaction, store.relaxed, thread)
        try:
            yield commits
        finally:
            await commits.aclose()


def _first_context(
    session: _Session, number: int, ending: RunEnding, client: HostClient, commits: GroupCommit
) -> Context:
    """What the contexts of all hosts have in common, with the default host."""
    project, options, config = session.project, session.options, session.project.config
    return Context(
        root=project.root,
        store=session.store,
        provider=client,
        profile=project.profile,
        assets=project.assets(),
        clock=project.clock,
        reporter=session.reporter,
        settings=ApplySettings(
            parallelism=options.parallelism or config.apply.parallelism,
            wait=config.apply.wait_minutes * 60 if options.wait is None else options.wait,
            wait_in_all=math.inf if options.wait is None else options.wait,
            detach=options.detach,
            batch=session.planned.plan.batch,
            pictures=tuple(config.assets.pictures),
            refuse_mismatch=config.assets.mismatch == "fail",
            tolerance_pct=config.assets.tolerance_pct,
            spares=session.planned.known.spares,
            hash_file=partial(_file_digest, project.root),
        ),
        budget=Budget(),
        run=number,
        ending=ending,
        commits=commits,
        lineage=session.store.lineage,
        check_lock=session.lock.check,
        elsewhere=session.lock.elsewhere,
    )


def _context_at(first: Context, session: _Session, host: Host, client: HostClient, whole: Budget) -> Context:
    """The context of one host, within a budget for the whole library."""
    profile = host.profile
    return replace(
        first,
        provider=client,
        profile=profile,
        host=host.name if host.project.hosts.several else "",
        budget=host_budget(host, session.store, whole),
        in_flight=client,
        batches=client.batches if profile.can("batch") else None,
        cast_models=_cast_models(session.planned.graph) if profile.can("characters") else {},
        stop=asyncio.Event(),
    )


def _cast_models(graph: Graph) -> dict[str, str]:
    """The model of the first clip that uses a character, by the character's address."""
    found: dict[str, str] = {}
    for render in graph.renders.values() if graph.cast else ():
        for address in render.characters:
            found.setdefault(address, render.model)
    return found


def _stop_gently(ending: RunEnding, reporter: Reporter, why: str) -> None:
    ending.interrupt()
    ending.terminated = why == TERMINATED
    reporter.notice("stopping: nothing more is started; renders continue at the provider")
    ending.note(why)


class FileThreads(ThreadPoolExecutor):
    """Threads that check files. Once they are abandoned, the end of the event loop does not wait for them: a
    run may be cut off at any moment of what they do.
    """

    abandoned = False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut down, after running work has finished unless it was abandoned."""
        super().shutdown(wait and not self.abandoned, cancel_futures=cancel_futures or self.abandoned)


async def _beat(lock: RunLock | RunLeases, ending: RunEnding) -> None:
    try:
        await lock.keep_beating()
    except LockLost as error:
        ending.lose_lock(error)


def _file_digest(root: Path, file: str) -> str:
    """The present SHA-256 of a file of the library; empty if it is gone."""
    from sorasync.manifest.files import FileFault, LibraryFiles

    try:
        return LibraryFiles(root).sha256(file)
    except FileFault:
        return ""


def keep_protection(store: Store, planned: Planned, bindings: Mapping[str, Binding], run: int | None) -> None:
    """Record in the state which addresses the manifests protect, for when their blocks are deleted."""
    for address, binding in bindings.items():
        render = planned.graph.renders.get(address)
        if render is not None and render.protect != binding.protect:
            store.protect(address, render.protect, run=run)


def link_names(
    project: Project,
    planned: Planned,
    bindings: Mapping[str, Binding],
    briefs: Mapping[str, Brief],
    objects: Container[str] | None = None,
) -> LinkReport:
    """Link the names in the asset directory as the manifests want; copies nothing.

    `objects` are the file names in the store, where they are known already.
    """
    assets = project.assets()
    there = assets.objects() if objects is None else objects
    view = asset_view(planned.graph, bindings, briefs, there, project.file_naming(planned.graph))
    if not view and not assets.root.exists():
        return LinkReport((), (), 0)
    try:
        return link_all(assets, view)
    except OSError as error:
        raise SorasyncError(
            f"some file names in {assets.path.name} cannot be linked: {error.strerror or error}",
            hint="every video is in the store and recorded; the next apply links them",
        ) from error
