"""The takes of a clip, and what a pick leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.cli.arguments.address_lookup import find
from sorasync.cli.views.show.address_view import AddressView, look
from sorasync.errors import SorasyncError
from sorasync.operations.pick import Picked, pick
from sorasync.operations.plan import PlanOptions, make_plan

if TYPE_CHECKING:
    from sorasync.manifest.library import Library
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.plan.plan import Plan
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class PickView:
    """A pick that was made, and what the plan says now. `notes` are sentences about the names of files."""

    picked: Picked
    plan: Plan
    notes: tuple[str, ...]


def takes(project: Project, text: str) -> AddressView:
    """What is known of a clip. Raises `SorasyncError` for anything that is no clip."""
    view = look(project, text)
    if view.found.clip is None or not view.found.declared:
        raise SorasyncError(f"{view.found.owner} is not a clip in the manifests, so it has no takes")
    return view


def choose(project: Project, library: Library, text: str, take: int | None) -> Picked:
    """Write the pick of the clip that a person's word means."""
    found = find(text, project.graph(library))
    if found.clip is None:
        raise SorasyncError(f"{found.owner} is not a clip, so it has no takes")
    return pick(project, library, found.clip, take)


def outcome(project: Project, picked: Picked) -> PickView:
    """Bring the names of files in line and plan again, without asking the provider."""
    with project.synced_store() as store:
        planned = make_plan(project, PlanOptions(offline=True), store)
        notes = _link(project, store, planned)
        plan = planned.plan if notes else replace(planned.plan, relinks=())
        return PickView(picked, plan, notes)


def _link(project: Project, store: Store, planned: Planned) -> tuple[str, ...]:
    from sorasync.operations.apply import link_names
    from sorasync.state.lock import holder

    if holder(store) is not None:
        return ("An apply is running: it relinks the file names when it ends.",)
    conflicts = link_names(project, store, planned).conflicts
    return tuple(f"{name}: a file of yours is in the way, so this name was not linked" for name in conflicts)
