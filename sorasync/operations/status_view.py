"""What `status` shows, gathered from the manifests and the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sorasync.apply.render.file_expiry import file_expires_at
from sorasync.clock import day_start
from sorasync.errors import SorasyncError
from sorasync.graph.address import owner
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.render_times import paces
from sorasync.operations.status import ClipStatus, RenderStage, standings
from sorasync.plan.action import Action
from sorasync.plan.cost import NOTHING, Total, total
from sorasync.plan.selection import matches
from sorasync.state.record import IN_FLIGHT, Status
from sorasync.text import html_table

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.operations.check import CheckedRender
    from sorasync.operations.cut import CutView
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.plan.allowance import Allowance
    from sorasync.state.account import Spent
    from sorasync.state.record import Record
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class StatusView:
    """The standings that were asked for, and the sums over them.

    `records` are those of renders with something to do, by key. `leaving` counts changes of addresses that
    the manifests no longer have, `retired` the records that nothing asks for any more. `now` is Unix seconds.
    `today` is what was spent since the day of UTC began, `allowances` what the budget's caps leave.
    """

    library: str
    env: str | None
    provider: str
    simulated: bool
    rows: list[ClipStatus]
    takes: Mapping[str, int]
    records: Mapping[str, Record]
    counts: Mapping[RenderStage, int]
    to_go: Total
    # The cost of clips that wait for a pick.
    later: Total
    spent: Spent
    leaving: int
    stale: tuple[str, ...]
    retired: int
    now: float
    # Seconds that renders in flight are expected to take still, by key; below 0 where one is late.
    left: Mapping[str, float]
    # When the provider deletes what is rendered and not fetched (Unix seconds), by key.
    expiring: Mapping[str, float]
    today: Spent
    allowances: tuple[Allowance, ...]
    # Whether only some addresses were requested.
    filtered: bool
    # What was paid for twice.
    notices: tuple[str, ...] = ()
    cuts: tuple[CutView, ...] = ()
    # The renders that fail a check, by the address of their clip.
    failing: Mapping[str, tuple[CheckedRender, ...]] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """The rows as a table, for notebooks."""
        rows = ((row.address, row.stage.value, f"{row.done} of {row.renders}", row.cost) for row in self.rows)
        return html_table(("address", "stage", "renders", "cost to finish"), rows)


def look(project: Project, patterns: tuple[str, ...] = (), stages: Collection[str] = ()) -> StatusView:
    """Look at a library without asking the provider anything.

    Raises `ManifestError`, `StateError`, or `SorasyncError` for a pattern that matches nothing.
    """
    with project.synced_store() as store:
        planned = make_plan(project, PlanOptions(offline=True), store)
        simulated, now = project.profile.simulated, project.clock.now()
        spent = store.spent(simulated=simulated)
        today = store.spent(day_start(now), simulated=simulated)
        known = paces(store)
        failing = _failing(project, store, planned)
    records = planned.known.records
    rows = _selected(standings(planned), patterns, planned.graph)
    if stages:
        rows = [row for row in rows if row.stage in stages]
    kept = {binding.key for binding in planned.known.bindings.values()}
    kept.update(planned.graph.keys.values())
    return StatusView(
        library=project.name,
        env=project.config.env,
        provider=project.profile.provider_name,
        simulated=simulated,
        rows=rows,
        takes=_takes_awaited(planned, rows),
        records=records,
        counts=Counter(row.stage for row in rows),
        to_go=total(change.cost_usd for row in rows for _, change in row.changes),
        later=sum((row.later for row in rows), NOTHING),
        spent=spent,
        leaving=planned.plan.count(Action.RETIRE),
        stale=tuple(relink.file for relink in planned.plan.relinks if relink.holds),
        retired=sum(
            key not in kept and brief.status not in IN_FLIGHT for key, brief in planned.known.briefs.items()
        ),
        now=now,
        left={key: left for key, record in records.items() if (left := known.left(record, now)) is not None},
        expiring={
            key: at for key, record in records.items() if (at := _file_expiry(record, project)) is not None
        },
        today=today,
        allowances=planned.plan.allowances,
        filtered=bool(patterns or stages),
        notices=planned.plan.notices,
        cuts=() if patterns or stages else _cuts(project, planned),
        failing=failing,
    )


def _takes_awaited(planned: Planned, rows: Iterable[ClipStatus]) -> dict[str, int]:
    """How many takes each clip or still has that something waits for."""
    awaited = {row.waits_for for row in rows if row.waits_for is not None}
    nodes = {address: planned.graph.node(address) for address in awaited}
    return {address: len(node.takes) for address, node in nodes.items() if node is not None}


def _failing(project: Project, store: Store, planned: Planned) -> dict[str, tuple[CheckedRender, ...]]:
    if not store.assets_that_fail():
        return {}
    from sorasync.operations.check import failing_renders

    found: dict[str, tuple[CheckedRender, ...]] = {}
    for address, checked in failing_renders(project, store, planned).items():
        clip = owner(address)
        found[clip] = (*found.get(clip, ()), checked)
    return found


def _cuts(project: Project, planned: Planned) -> tuple[CutView, ...]:
    if not planned.library.cuts:
        return ()
    from sorasync.operations.cut import cut_views

    return cut_views(project, planned)


def _file_expiry(record: Record, project: Project) -> float | None:
    """When the provider deletes a file that is not here yet."""
    if record.status is not Status.RENDERED:
        return None
    return file_expires_at(record, project.hosts.find(record.provider) or project.profile)


def _selected(rows: list[ClipStatus], patterns: tuple[str, ...], graph: Graph) -> list[ClipStatus]:
    if not patterns:
        return rows
    kept: dict[str, ClipStatus] = {}
    for pattern in patterns:
        hits = {row.address: row for row in rows if matches(pattern, row.address, graph)}
        if not hits:
            # The name of a take or a step means the row that it is in.
            owners = {owner(address) for address in graph.keys if matches(pattern, address, graph)}
            hits = {row.address: row for row in rows if row.address in owners}
        if not hits:
            raise _no_match_error(pattern, rows)
        kept |= hits
    return [row for row in rows if row.address in kept]


def _no_match_error(pattern: str, rows: list[ClipStatus]) -> SorasyncError:
    from sorasync.operations.address_lookup import unknown

    if set("*?:") & set(pattern):
        return SorasyncError(f"{pattern!r} matches nothing", hint="sorasync status lists the addresses")
    return unknown(pattern, [row.address for row in rows])
