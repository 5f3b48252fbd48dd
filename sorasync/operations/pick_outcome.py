"""Picks a take, as a person names it: the file, the names of videos brought in line, and the plan with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.address_lookup import find
from sorasync.operations.address_view import AddressView, look
from sorasync.operations.pick import Picked, pick, repair
from sorasync.operations.plan import PlanOptions, make_plan

if TYPE_CHECKING:
    from sorasync.checks.check_result import CheckResult
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.plan.plan import Plan
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class PickOutcome:
    """A pick that was made, and what the plan says now. `notes` are sentences about the names of files.

    `failed` are the checks that the picked take does not pass.
    """

    picked: Picked
    plan: Plan
    notes: tuple[str, ...]
    failed: tuple[CheckResult, ...] = ()


def takes_of_clip(project: Project, text: str) -> AddressView:
    """What is known of a clip or a still. Raises `SorasyncError` for anything else."""
    view = look(project, text)
    if view.found.picked_as is None or not view.found.declared:
        raise SorasyncError(f"{view.found.owner} is not a clip or still in the manifests, so it has no takes")
    return view


def pick_take(project: Project, text: str, take: int | None) -> PickOutcome:
    """Pick a take of a clip or a still, or none; a library that only a wrong pick spoils is mended by it.

    Raises what `pick` raises, and `SorasyncError` for a word that means nothing.
    """
    try:
        library = project.library()
    except ManifestError:
        mended = repair(project, text.removeprefix("clip."), take)
        if mended is None:
            raise
        return outcome(project, mended)
    found = find(text, project.graph(library))
    if found.picked_as is None:
        raise SorasyncError(f"{found.owner} is not a clip or still, so it has no takes")
    return outcome(project, pick(project, library, found.picked_as, take))


def outcome(project: Project, picked: Picked) -> PickOutcome:
    """Bring the names of files in line and plan again, without asking the provider."""
    with project.synced_store() as store:
        planned = make_plan(project, PlanOptions(offline=True), store)
        notes = _link(project, store, planned)
        plan = planned.plan if notes else replace(planned.plan, relinks=())
        return PickOutcome(picked, plan, notes, _failed_checks(project, store, planned, picked))


def _failed_checks(
    project: Project, store: Store, planned: Planned, picked: Picked
) -> tuple[CheckResult, ...]:
    node = planned.graph.node(picked.address)
    takes = node.takes if node is not None else ()
    if picked.after is None or picked.after > len(takes) or not store.assets_that_fail():
        return ()
    from sorasync.operations.check import failing_renders

    found = failing_renders(project, store, planned).get(takes[picked.after - 1])
    return found.results if found else ()


def link_names_again(project: Project) -> None:
    """Bring the names of files in line with the picks as they are now."""
    with project.synced_store() as store:
        _link(project, store, make_plan(project, PlanOptions(offline=True), store))


def _link(project: Project, store: Store, planned: Planned) -> tuple[str, ...]:
    from sorasync.operations.apply import link_names
    from sorasync.state.lock import all_holders

    if all_holders(store):
        return ("An apply is running: it relinks the file names when it ends.",)
    conflicts = link_names(project, planned, store.bindings(), store.briefs()).conflicts
    return tuple(f"{name}: your own file is in the way, so this name was not linked" for name in conflicts)
