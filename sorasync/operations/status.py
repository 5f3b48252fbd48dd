"""The status of every clip and character, for `status`, `show` and `why`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sorasync.graph.address import natural
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.cost import NOTHING, Total, total
from sorasync.state.record import IN_FLIGHT, Brief, Status

if TYPE_CHECKING:
    from sorasync.graph.graph import ClipNode, Graph
    from sorasync.operations.plan import Planned


class RenderStage(StrEnum):
    """The stages, worst first: a clip is in the stage of its worst render."""

    LOST = "lost"
    BLOCKED = "blocked"
    FAILED = "failed"
    FLIGHT = "in flight"
    TODO = "to do"
    WAITING = "waiting"
    DONE = "done"


_ORDER = {stage: place for place, stage in enumerate(RenderStage)}


@dataclass(frozen=True, slots=True)
class ClipStatus:
    """A clip, a still or a character.

    `changes` are what the plan would do for it, with the stage of each; `done` of its `renders` are there.
    `waits_for` is the address of the clip or still whose take is to be picked, None where none is: its own
    where it has takes and no pick, even if nothing else depends on one. `later` is its cost after that.
    """

    address: str
    stage: RenderStage
    renders: int
    done: int
    changes: tuple[tuple[RenderStage, Change], ...] = ()
    waits_for: str | None = None
    later: Total = NOTHING

    @property
    def cost(self) -> Total:
        """What it would cost to finish."""
        return total(change.cost_usd for _, change in self.changes)

    @property
    def worst(self) -> Change | None:
        """The first change of the worst stage."""
        return next((change for stage, change in self.changes if stage is self.stage), None)


def standings(planned: Planned) -> list[ClipStatus]:
    """Every declared character, then every still and clip, each in the order of their names."""
    graph, briefs = planned.graph, planned.known.briefs
    changes = changes_by_address(planned.plan.changes)
    later = {waiting.label: waiting.cost for waiting in planned.plan.waiting}
    found = [_standing(address, (address,), None, graph, briefs, changes) for address in graph.cast]
    for node in sorted(graph.nodes(), key=lambda node: (node.kind != "still", natural(node.name))):
        address = node.address
        standing = _standing(address, node.renders, node, graph, briefs, changes)
        found.append(replace(standing, later=later[address]) if address in later else standing)
    return found


def changes_by_address(changes: Iterable[Change]) -> dict[str, Change]:
    """The change of each address that a change is about; a change may be about several."""
    found: dict[str, Change] = {}
    for change in changes:
        for address in (change.address, *(bind.address for bind in change.binds), *change.drops):
            found.setdefault(address, change)
    return found


def stage_of(change: Change | None, brief: Brief | None) -> RenderStage:
    """The stage of one render, given its change (None: nothing to do) and its record."""
    if change is None:
        return RenderStage.DONE
    failed = brief is not None and brief.status is Status.FAILED
    match change.action:
        case Action.LOST:
            return RenderStage.LOST
        case Action.BLOCKED:
            return RenderStage.FAILED if failed else RenderStage.BLOCKED
        case Action.RESUME | Action.DOWNLOAD:
            return RenderStage.FLIGHT if brief is not None and brief.status in IN_FLIGHT else RenderStage.TODO
        case _:
            return RenderStage.FAILED if failed else RenderStage.TODO


def _standing(
    address: str,
    renders: tuple[str, ...],
    node: ClipNode | None,
    graph: Graph,
    briefs: Mapping[str, Brief],
    changes: Mapping[str, Change],
) -> ClipStatus:
    found = []
    for place in renders:
        change = changes.get(place)
        if change is not None:
            found.append((stage_of(change, briefs.get(graph.keys[place])), change))
    waits_for = _unpicked(node) if node else None
    stages = [stage for stage, _ in found]
    rest = RenderStage.WAITING if waits_for else RenderStage.DONE
    return ClipStatus(
        address=address,
        stage=min([*stages, rest], key=_ORDER.__getitem__),
        renders=len(renders),
        done=len(renders) - len(found),
        changes=tuple(found),
        waits_for=waits_for,
    )


def _unpicked(node: ClipNode) -> str | None:
    return node.waits_for or (node.address if node.chosen is None else None)
