"""Makes a plan: reads manifests, state and disk, asks the provider only what it must, and diffs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.forked_work import ForkedWork
from sorasync.graph.address import kind_of, natural, owner
from sorasync.graph.expand import expand
from sorasync.graph.graph import ClipNode, Graph
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.budget import allowances, configured_policy
from sorasync.operations.fault_location import placed
from sorasync.operations.local_copies import spares
from sorasync.operations.project import Project
from sorasync.operations.repeats import repeats
from sorasync.operations.wrong_names import WrongName, wrong_names
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.cost import FREE, Total, cost_at, total
from sorasync.plan.diff import diff
from sorasync.plan.plan import Plan, Relink, WaitingClip
from sorasync.plan.policy import refusals
from sorasync.plan.prior_state import Known, Survey, survey
from sorasync.plan.recorded import Recorded, status_of
from sorasync.plan.remote import Remote, RemoteState
from sorasync.plan.selection import FAILING, Selection, keeps, matching, sampled, select
from sorasync.state.record import Status
from sorasync.text import clause

if TYPE_CHECKING:
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.manifest.library import ClipSpec, Library
    from sorasync.operations.drift import Drift, Swept
    from sorasync.operations.library_host import Host
    from sorasync.operations.retake import Retakes
    from sorasync.provider.base import Provider
    from sorasync.provider.wire import Job
    from sorasync.state.record import Binding, Brief, Record
    from sorasync.state.store import Store

# A package for checking media is missing: `validate` says so, so plans need not.
_NOT_LOOKED_AT = "S220"
# Fewer names are compared before a process has started; more take as much memory once more.
_WORTH_FORKING = 20_000
_TOO_MANY_TO_FORK = 300_000
# From this many renders on, equal texts of manifests, state and disk are held once: it takes a moment.
_WORTH_SHARING = 200_000


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The options of a plan.

    `offline` asks the provider nothing; `refresh` checks the files here and walks the provider's whole list;
    with `full_check` every file is read for that. `batch` stands in for `[apply] mode`. `replace` and `retry`
    are patterns of addresses that are rendered afresh, or tried again although they were refused.
    `sample` plans only so many variants of each clip or still.
    With `lint` the prompts of what is to be rendered are looked at, and an error in them ends the planning.
    """

    selection: Selection = field(default_factory=Selection)
    replace: tuple[str, ...] = ()
    offline: bool = False
    batch: bool | None = None
    refresh: bool = False
    full_check: bool = False
    lint: bool = False
    retry: tuple[str, ...] = ()
    sample: int | None = None


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from. `drift` is what a refresh found, None without one."""

    plan: Plan
    graph: Graph
    library: Library
    known: Known
    drift: Drift | None = None

    @cached_property
    def asked(self) -> frozenset[str]:
        """The hosts that applying it needs, as changes name them; a local file is restored without one."""
        return self.plan.sent_to | {c.provider for c in self.plan.changes if self._asks(c)}

    def _asks(self, change: Change) -> bool:
        if change.action is not Action.DOWNLOAD:
            return change.action.renders or change.action is Action.RESUME
        brief = self.known.briefs.get(change.key)
        return brief is None or self.known.at_hand(brief) is None


def make_plan(project: Project, options: PlanOptions, store: Store | None = None) -> Planned:
    """Plan a library. With `store` None the state is read and not touched.

    Raises `ManifestError`, `StateError`, `ProviderError`, or `SorasyncError` for a selection that matches
    nothing.
    """
    library, graph = _wanted(project, options)
    with nullcontext(store) if store is not None else project.synced_store() as opened:
        facts = _facts(library, graph, opened)
        bindings, briefs = facts.bindings, facts.briefs
        naming = ForkedWork(
            lambda: wrong_names(project, graph, bindings, briefs, Recorded(bindings, briefs, ())),
            worth=project.forks and _WORTH_FORKING <= len(bindings) <= _TOO_MANY_TO_FORK,
        )
        with naming, project.linting_ahead(library, _surely_rendered(graph, options, briefs)):
            return _planned(project, options, facts, naming)


def prepare_saved_plan(project: Project, options: PlanOptions, store: Store, plan: Plan) -> Planned:
    """What an apply of a plan from a file needs beside it. Nothing is compared: its changes are given.

    Raises what `make_plan` raises.
    """
    library, graph = _wanted(project, options)
    facts = _facts(library, graph, store)
    swept = _sweep(project, options, facts)
    known, _, _ = _surveyed(project, options, facts, set(), swept)
    plan = replace(plan, allowances=allowances(project, store))
    return Planned(plan=plan, graph=graph, library=library, known=known, drift=swept.drift if swept else None)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a plan is made from: the manifests, and every record in short and every binding of the state."""

    library: Library
    graph: Graph
    store: Store
    briefs: Mapping[str, Brief]
    bindings: Mapping[str, Binding]


def _facts(library: Library, graph: Graph, store: Store) -> _Facts:
    """The state beside the manifests; in a large library with the texts that the graph has."""
    keys, same = graph.keys, None
    if len(keys) >= _WORTH_SHARING:
        same = dict(zip(keys.values(), keys.values(), strict=True))
        same.update(zip(keys, keys, strict=True))
    return _Facts(library, graph, store, store.briefs(same), store.bindings(same))


def _surely_rendered(graph: Graph, options: PlanOptions, briefs: Mapping[str, Brief]) -> Collection[str]:
    """The clips to be rendered, where that is plain before anything is compared: none was yet, and all are
    asked for.
    """
    if briefs or not options.lint or options.selection or options.sample is not None:
        return ()
    return {name for name, clip in graph.clips.items() if clip.takes or clip.steps}


def _wanted(project: Project, options: PlanOptions) -> tuple[Library, Graph]:
    """What the manifests declare. Raises `ManifestError`, with all errors if a person asked."""
    try:
        library = project.library()
        return library, project.graph(library)
    except ManifestError as error:
        raise (project.all_faults(error) if options.lint else error) from None


def by_batch(project: Project, options: PlanOptions) -> bool:
    """Whether creates are sent in batches, where the host has them. Raises `SorasyncError` if none has."""
    wanted = project.config.apply.mode == "batch" if options.batch is None else options.batch
    if wanted and not any(profile.can("batch") for _, profile in project.hosts):
        raise SorasyncError(
            f"the profile {project.profile.name} has no batches",
            hint="plan and apply with --direct" if options.batch is None else "remove --batch",
        )
    return wanted


def _planned(
    project: Project, options: PlanOptions, facts: _Facts, naming: ForkedWork[list[WrongName]]
) -> Planned:
    library, graph, store = facts.library, facts.graph, facts.store
    batch = by_batch(project, options)
    lost = lost_renders(graph, facts.briefs)
    retaken = _retakes(project, facts) if FAILING in options.replace else None
    failing = retaken.reasons if retaken else None
    replaced = graph.dependants(matching(options.replace, graph, lost, failing)) if options.replace else set()
    retried = matching(options.retry, graph) if options.retry else set()
    swept = _sweep(project, options, facts)
    known, found, silent = _surveyed(project, options, facts, replaced, swept)
    changes = diff(
        graph,
        known,
        found,
        replaced=replaced,
        reasons=failing,
        retried=retried,
        attempts=project.config.apply.attempts,
        batch=batch,
        decisions=project.previous_plan().decisions,
    )
    serial = store.serial
    kept = select(changes, options.selection, graph, lost)
    if options.sample is not None:
        kept = sampled(kept, options.sample)
    untouched = _untouched(graph, found)
    if (wrong := naming.result()) is None:
        wrong = wrong_names(project, graph, facts.bindings, facts.briefs, known.recorded_facts())
    plan = Plan(
        library=project.name,
        env=project.config.env or "",
        provider=project.profile.provider_name,
        simulated=project.profile.simulated,
        lineage=store.lineage if serial else "",
        serial=serial,
        changes=tuple(sorted(kept, key=_display_order)),
        unchanged=found.unchanged,
        unchanged_clips=untouched["clip"],
        unchanged_characters=untouched["character"],
        unchanged_stills=untouched["still"],
        waiting=tuple(_waiting_clips(project, library, graph, options.selection)),
        diagnostics=(
            *_diagnostics(project, library, graph, kept if options.lint else ()),
            *repeats(project.hosts, library, kept),
        ),
        left_out=len(changes) - len(kept),
        batch=batch,
        hosts={name: profile.provider_name for name, profile in project.hosts}
        if project.hosts.several
        else {},
        allowances=allowances(project, store),
        relinks=tuple(_relinks(known, wrong, changes)),
        notices=(
            *store.notices,
            *silent,
            *_queued(project, store, kept),
            *_mismatches(graph, known, changes),
            *(retaken.notices if retaken else ()),
        ),
    )
    refused = refusals(plan, configured_policy(project), known.bindings)
    plan = replace(plan, refusals=tuple(placed(one, plan, library) for one in refused))
    return Planned(plan=plan, graph=graph, library=library, known=known, drift=swept.drift if swept else None)


def _surveyed(
    project: Project, options: PlanOptions, facts: _Facts, replaced: set[str], swept: Swept | None
) -> tuple[Known, Survey, list[str]]:
    """What is known of before, and what of it has to be looked at: the provider is asked about that alone.

    Also what to say of hosts that did not answer.
    """
    graph, store, briefs, bindings = facts.graph, facts.store, facts.briefs, facts.bindings
    large = len(briefs) >= _WORTH_SHARING
    assets = (one.asset for one in briefs.values() if large and one.asset is not None)
    here = _intact(project, swept, assets)
    archive = project.assets().archive
    present = here
    if archive.remote:
        named = {one.asset for one in briefs.values() if one.asset is not None}
        present = {*here, *archive.holds(named.difference(here), ask=not options.offline)}
    refuse_mismatch = project.config.assets.mismatch == "fail"
    recorded = project.previous_plan().recorded(bindings, briefs, present, refuse_mismatch)
    known = Known(
        bindings=bindings,
        briefs=briefs,
        present=present,
        here=here,
        hosts=project.hosts,
        spares=spares(project, store, graph, briefs, recorded.absent),
        refuse_mismatch=refuse_mismatch,
        twins=_twins(store, bindings),
        recorded=recorded,
    )
    found = survey(graph, known, replaced, lost=options.refresh)
    remote, silent = ({}, []) if options.offline else _ask(project, store, found, swept)
    return replace(known, records=store.records(found.keys), remote=remote), found, silent


def _queued(project: Project, store: Store, changes: Iterable[Change]) -> list[str]:
    """What of a plan runners have been asked for already."""
    if not store.shared:
        return []
    from sorasync.operations.queued_renders import queued_of

    return list(queued_of(project, store, {change.key for change in changes if change.action.leased}))


def _retakes(project: Project, facts: _Facts) -> Retakes:
    from sorasync.operations.retake import retakes

    return retakes(project, facts.store, facts.library, facts.graph, facts.briefs)


def _twins(store: Store, bindings: Mapping[str, Binding]) -> dict[str, str]:
    """What the other render is called of each key that two machines paid for."""
    from sorasync.state.paid_twice import paid_twice

    found = [one for one in paid_twice(store) if not one.spare]
    return {bindings[one.address].key: one.other for one in found if one.address in bindings}


def _mismatches(graph: Graph, known: Known, changes: Iterable[Change]) -> Iterator[str]:
    """Notices about wanted videos that do not match their request, if no change says so."""
    told = {change.key for change in changes}
    found = {key: brief.mismatch for key, brief in known.briefs.items() if brief.mismatch and key not in told}
    if found:
        stored = {address for address, key in graph.keys.items() if key in found}
        for render in graph.in_order(stored):
            yield f"{graph.label(render.address)}: {found[render.key]}"


def _sweep(project: Project, options: PlanOptions, facts: _Facts) -> Swept | None:
    if not options.refresh:
        return None
    from sorasync.operations.drift import sweep_all

    return sweep_all(project, facts.store, facts.graph, offline=options.offline, full=options.full_check)


def _intact(project: Project, swept: Swept | None, known: Iterable[str]) -> Collection[str]:
    """The digests of the videos that are on this disk and not known to be damaged; `known`: see `digests`."""
    from sorasync.assets.checked import still_damaged

    assets = project.assets()
    present = assets.digests(known)
    damaged = still_damaged(assets) if swept is None else swept.damaged
    return set(present) - damaged if damaged else present


def lost_renders(graph: Graph, briefs: Mapping[str, Brief]) -> frozenset[str]:
    """The addresses of wanted renders that the state calls lost."""
    if Status.LOST not in map(status_of, briefs.values()):
        return frozenset()
    lost = {key for key, brief in briefs.items() if brief.status is Status.LOST}
    return frozenset(address for address, key in graph.keys.items() if key in lost)


def _relinks(known: Known, wrong: Iterable[WrongName], changes: Iterable[Change]) -> Iterator[Relink]:
    """The names that do not link to what the manifests want, although it is here.

    Clips with other changes are left out: those changes relink them too.
    """
    changed = {owner(change.address) for change in changes if not change.stuck}
    return (name.relink for name in wrong if name.video in known.here and name.relink.clip not in changed)


def _display_order(change: Change) -> str:
    """Where a change is shown: characters, stills, clips by name, what ends last; an own order stays."""
    last = (change.action is Action.RETIRE or not change.binds) and not change.stuck
    owned = owner(change.address)
    return f"{last:d}{_SHOWN.index(kind_of(owned))}{natural(owned)}"


# The kinds in the order in which their changes are shown.
_SHOWN = ("character", "still", "clip")


def _diagnostics(
    project: Project, library: Library, graph: Graph, changes: Iterable[Change]
) -> tuple[Diagnostic, ...]:
    """What was found in what is to be rendered. Raises `ManifestError` if one of it is an error."""
    from sorasync.manifest.diagnostic import Severity
    from sorasync.operations.sunset import endings
    from sorasync.operations.validate import media_findings

    rendered = frozenset(change.address for change in changes if change.action.renders)
    clips = {owner(a).removeprefix("clip.") for a in rendered if a.startswith("clip.")}
    found = [*project.lint(library, clips)] if clips else []
    media = media_findings(project, library, graph, rendered)
    found += [one for one in media if one.code != _NOT_LOOKED_AT]
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise ManifestError(found)
    return (*library.warnings, *endings(project, library), *found)


def _untouched(graph: Graph, found: Survey) -> dict[str, int]:
    """How many clips, stills and characters have nothing to do."""
    touched = Counter(kind_of(address) for address in {owner(render.address) for render in found.touched})
    every = {"clip": len(graph.clips), "still": len(graph.stills), "character": len(graph.cast)}
    return {kind: count - touched[kind] for kind, count in every.items()}


def _waiting_clips(
    project: Project, library: Library, graph: Graph, selection: Selection
) -> Iterable[WaitingClip]:
    waiting = list(graph.waiting())
    costs = _costs_once_picked(project, library, graph, waiting) if waiting else {}
    for node in waiting:
        assert node.waits_for is not None
        source = graph.node(node.waits_for)
        assert source is not None
        cost = costs.get(node.address, Total(FREE, 1))
        found = WaitingClip(node.address, source.address, len(source.takes), cost)
        if keeps(selection, found.label, found.clip, graph):
            yield found


def _costs_once_picked(
    project: Project, library: Library, graph: Graph, waiting: Iterable[ClipNode]
) -> dict[str, Total]:
    """What the waiting clips' renders would cost if every first take were picked; takes cost alike.

    Empty if the profile refuses one of them, which is reported once it is planned.
    """
    clips: dict[str, ClipSpec] = {}
    for node in waiting:
        name: str | None = node.name if node.kind == "clip" else None
        while name is not None and name not in clips:
            spec = library.clips[name]
            clips[name] = spec if spec.pick else replace(spec, pick=1)
            name = spec.source
    stills = {name: still if still.pick else replace(still, pick=1) for name, still in library.stills.items()}
    try:
        supposed = expand(replace(library, clips=clips, stills=stills), project.hosts, keys=False)
    except ManifestError:
        return {}
    costs = {}
    for node in waiting:
        picked = supposed.node(node.address)
        assert picked is not None
        added = [address for address in picked.renders if address not in graph.keys]
        costs[node.address] = total(cost_at(project.hosts, supposed.renders[address]) for address in added)
    return costs


def _ask(
    project: Project, store: Store, found: Survey, swept: Swept | None
) -> tuple[dict[str, Remote], list[str]]:
    """What became of the renders that only the provider knows about; no request where there are none.

    Of several hosts one that does not answer holds up no other; what to say of it comes second.
    """
    known = {key: swept.remote[key] for key in found.ask if key in swept.remote} if swept else {}
    rest, silent = found.ask - known.keys(), []
    if not rest:
        return known, []
    import asyncio

    from sorasync.provider.errors import ProviderError

    asked: dict[str, dict[str, Record]] = {}
    for key, record in store.records(rest).items():
        asked.setdefault(record.provider, {})[key] = record
    for provider, records in sorted(asked.items()):
        try:
            known |= asyncio.run(_answers(project.host_at(provider), records, store))
        except ProviderError as error:
            if not project.hosts.several:
                raise
            silent.append(f"{clause(error.message)}; what is in flight there is followed by the next apply")
    return known, silent


async def _answers(host: Host, records: Mapping[str, Record], store: Store) -> dict[str, Remote]:
    from sorasync.apply.render.file_expiry import file_expires_at
    from sorasync.apply.render.job_ids import JobIds
    from sorasync.provider.kept_answers import is_own_id
    from sorasync.state.leases import leased_by_others

    # What another process draws, only that one knows.
    drawn = leased_by_others(store, records.keys()) if host.profile.base_url is None else frozenset()
    ids = {key: record.remote_id for key, record in records.items() if record.remote_id}
    async with host.client() as provider:
        jobs = await _jobs(provider, set(ids.values()), listing=host.profile.can("list"))
    if any(job is not None and job.named is not None for job in jobs.values()):
        # The answer about one render may be that of another.
        given = JobIds(store, host.profile.provider_name)
        jobs = {one: job for one, job in jobs.items() if not (job and job.named and given.given(job.named))}
    now, profile = host.clock.now(), host.profile
    found = {}
    for key, job_id in ids.items():
        if job_id in jobs:
            expires_at = file_expires_at(records[key], profile, jobs[job_id])
            # Lost animatics are drawn again, so there is no need to ask for them.
            over = profile.simulated or (expires_at is not None and expires_at <= now)
            # An answer that was kept here and is not any more was all there ever was of it.
            over = over or (jobs[job_id] is None and is_own_id(job_id))
            found[key] = remote_of(jobs[job_id], over=over)
            if jobs[job_id] is None and key in drawn:
                found[key] = Remote(RemoteState.ELSEWHERE)
    return found


# After this many failed answers in a row, a plan asks for no more jobs.
_FAILURES = 3


async def _jobs(provider: Provider, ids: set[str], *, listing: bool) -> dict[str, Job | None]:
    """The jobs of those ids, None for one that does not exist: from the list's newest pages, then one by one.

    A job that the provider fails to answer for is left out: one that is broken does not stop a plan. Where
    several in a row are, nothing more is asked.
    """
    from sorasync.provider.errors import NotFound, NotSupported, ServerError

    jobs: dict[str, Job | None] = {}
    if listing and len(ids) > 1:
        after = None
        for _ in range(-(-len(ids) // 100)):
            try:
                page = await provider.page(after, 100)
            except NotSupported:
                break
            jobs.update((job.id, job) for job in page.jobs if job.id in ids)
            after = page.after
            if after is None:
                break
    failures = 0
    for job_id in sorted(ids - jobs.keys()):
        if failures == _FAILURES:
            break
        try:
            jobs[job_id] = await provider.get(job_id)
        except NotFound:
            jobs[job_id] = None
        except ServerError:
            failures += 1
            continue
        failures = 0
    return jobs


def remote_of(job: Job | None, *, over: bool = False) -> Remote:
    """A job (None: there is none) as a plan sees it; `over` where its file's time is over."""
    from sorasync.provider.wire import JobStatus

    if job is None:
        return Remote(RemoteState.GONE if over else RemoteState.MISSING)
    if job.status in (JobStatus.DELETED, JobStatus.EXPIRED):
        return Remote(RemoteState.GONE)
    if job.status is JobStatus.COMPLETED:
        return Remote(RemoteState.COMPLETED, 100, over)
    if job.status.terminal:
        return Remote(RemoteState.FAILED, job.progress, error=job.error.message if job.error else None)
    return Remote(RemoteState.PENDING, job.progress)
