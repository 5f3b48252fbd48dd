"""What `--replace failing` means: the videos that fail a check, within the limits of `[retake]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.graph.address import natural, owner
from sorasync.plan.cost import NOTHING, cost_at, total
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project
    from sorasync.state.record import Brief
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class Retakes:
    """Why each of the addresses is rendered afresh, and why others that fail are left alone."""

    reasons: Mapping[str, str]
    notices: tuple[str, ...]


def retakes(
    project: Project, store: Store, library: Library, graph: Graph, briefs: Mapping[str, Brief]
) -> Retakes:
    """The renders that fail a check and count. What they cost is for the plan to say, and for its limits."""
    from sorasync.operations.check import failing_among, unchecked_among

    limits, spent = project.config.retake, NOTHING
    chosen: set[str] = set()
    notices: list[str] = []
    made: dict[str, int] = {}
    failing = failing_among(project, store, library, graph, briefs)
    for address in sorted(failing, key=natural):
        clip, label = owner(address), graph.label(address)
        node = graph.clips[clip.removeprefix("clip.")]
        if address in node.takes and node.chosen is not None and address != node.takes[node.chosen - 1]:
            notices.append(f"{label} fails a check and is not picked: it is left alone")
            continue
        made.setdefault(clip, _retakes_before(store, graph, node.renders))
        if made[clip] >= limits.max_per_clip:
            notices.append(
                f"{label} fails a check and is left alone: "
                f"[retake] max_per_clip gives {clip} {counted(limits.max_per_clip, 'retake')}"
            )
            continue
        added = graph.dependants({address}) - graph.dependants(chosen)
        cost = total(cost_at(project.hosts, graph.renders[one]) for one in added)
        beyond = limits.budget is not None and (spent + cost).known_usd > limits.budget
        if beyond or (limits.budget is not None and cost.unknown):
            notices.append(f"{label} fails a check; retaking it for {cost} exceeds [retake] budget")
            continue
        spent += cost
        made[clip] += 1
        chosen.add(address)
    if unchecked := unchecked_among(project, store, library, graph, briefs):
        were = "was" if unchecked == 1 else "were"
        notices.append(
            f"{counted(unchecked, 'video')} {were} not checked with the current [checks]: sorasync check"
        )
    reasons = {one: f"fails {', '.join(result.check for result in failing[one].results)}" for one in chosen}
    return Retakes(reasons, tuple(notices))


def _retakes_before(store: Store, graph: Graph, renders: tuple[str, ...]) -> int:
    """How many videos of a clip were made beyond the first one of each render."""
    found = 0
    for key in {graph.keys[address] for address in renders}:
        videos = sum(attempt.rendered_at is not None for attempt in store.attempts(key))
        found += max(0, videos - 1)
    return found
