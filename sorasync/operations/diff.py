"""`sorasync diff`: how the manifests of two revisions differ, and what applying each would cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.graph.address import natural, owner
from sorasync.graph.graph import Graph
from sorasync.graph.render import Render
from sorasync.manifest.diagnostic import ManifestError, Severity
from sorasync.operations.plan import Planned, PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.operations.revision import at_revision
from sorasync.plan.change import FieldChange, inputs_of
from sorasync.plan.cost import Total, cost_at
from sorasync.plan.reason import changed_fields, sentence
from sorasync.profile.hosts import Hosts
from sorasync.state.store import Store


class DifferenceKind(StrEnum):
    """How a render differs. A `renamed` one is the same under another address."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class RenderDifference:
    """One render that differs. `label` is its address now, or before it was removed.

    `before` and `after` are the renders, None where there is none; `was` is the label before a rename;
    `why` names what changed. Costs are those of making the render, None where unknown or there is none.
    """

    kind: DifferenceKind
    label: str
    before: Render | None = None
    after: Render | None = None
    was: str | None = None
    fields: tuple[FieldChange, ...] = ()
    why: str = ""
    before_usd: Decimal | None = None
    after_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RevisionComparison:
    """The differences in the order of names. `then` and `now` are what applying each would cost here."""

    revision: str
    commit: str
    library: str
    env: str | None
    simulated: bool
    differences: tuple[RenderDifference, ...]
    then: Total
    now: Total

    def count(self, kind: DifferenceKind) -> int:
        """The number of differences of a kind."""
        return sum(one.kind is kind for one in self.differences)

    @property
    def more(self) -> Decimal | None:
        """How much more applying costs now than then; None where a price is unknown."""
        if self.then.unknown or self.now.unknown:
            return None
        return self.now.known_usd - self.then.known_usd


def compare(project: Project, revision: str) -> RevisionComparison:
    """Compare the manifests here with those of a revision, against the same state.

    The provider is not asked. Raises what `at_revision` and `make_plan` raise.
    """
    options = PlanOptions(offline=True)
    leave_out = (project.config.assets.path, "state")
    with project.synced_store() as store, at_revision(project.root, revision, leave_out) as found:
        now = make_plan(project, options, store)
        then, other = planned_at(project, found.root, revision, options, store)
        return RevisionComparison(
            revision=revision,
            commit=found.commit,
            library=project.name,
            env=project.config.env,
            simulated=project.profile.simulated,
            differences=tuple(_differences(then.graph, now.graph, other.hosts, project.hosts)),
            then=then.plan.cost,
            now=now.plan.cost,
        )


def planned_at(
    project: Project, root: Path, revision: str, options: PlanOptions, store: Store
) -> tuple[Planned, Project]:
    """The plan of another revision, laid out at `root`, with the assets that are here; and its project.

    Raises `SorasyncError` where its manifests cannot be planned.
    """
    try:
        opened = Project.open(root, project.config.env)
        assets = project.config.assets.model_copy(
            update={"path": str(project.root / project.config.assets.path)}
        )
        other = replace(
            opened, config=opened.config.model_copy(update={"assets": assets}), clock=project.clock
        )
        return make_plan(other, options, store), other
    except ManifestError as error:
        first = next(one for one in error.diagnostics if one.severity is Severity.ERROR)
        at = f"{first.position.file}:{first.position.line}: " if first.position else ""
        raise SorasyncError(
            f"the manifests of {revision} cannot be planned: {at}{first.message}",
            hint=f"{error.message} at that revision",
        ) from error


def _differences(then: Graph, now: Graph, before: Hosts, after: Hosts) -> list[RenderDifference]:
    gone = {render.key: address for address, render in then.renders.items() if address not in now.renders}
    labels = {render.key: then.label(address) for address, render in then.renders.items()}
    found: dict[str, RenderDifference] = {}
    moved: set[str] = set()
    for address, render in now.renders.items():
        old = then.renders.get(address)
        if old is not None and old.key == render.key:
            continue
        if old is not None:
            found[address] = _changed(now, old, render, labels, (before, after))
        elif (origin := gone.get(render.key)) is not None and origin not in moved:
            moved.add(origin)
            was = then.label(origin)
            found[address] = RenderDifference(
                DifferenceKind.RENAMED,
                now.label(address),
                then.renders[origin],
                render,
                was,
                why=f"was {was}",
            )
        else:
            price = cost_at(after, render)
            found[address] = RenderDifference(
                DifferenceKind.ADDED, now.label(address), after=render, after_usd=price
            )
    for address, render in then.renders.items():
        if address not in now.renders and address not in moved:
            price = cost_at(before, render)
            found[address] = RenderDifference(
                DifferenceKind.REMOVED, then.label(address), render, before_usd=price
            )
    return [found[address] for address in sorted(found, key=_sort_place)]


def _sort_place(address: str) -> tuple[object, ...]:
    owned = owner(address)
    return (not owned.startswith("character."), natural(owned), natural(address))


def _changed(
    now: Graph, old: Render, new: Render, labels: dict[str, str], hosts: tuple[Hosts, Hosts]
) -> RenderDifference:
    fields = changed_fields(inputs_of(old.inputs), inputs_of(new.inputs))
    return RenderDifference(
        kind=DifferenceKind.CHANGED,
        label=now.label(new.address),
        before=old,
        after=new,
        fields=fields,
        why=sentence(fields, new, now, labels.get),
        before_usd=cost_at(hosts[0], old),
        after_usd=cost_at(hosts[1], new),
    )
