"""Which names in the asset directory were made for another video than the manifests want."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from sorasync.apply.wanted_names import not_linked, stale_names
from sorasync.graph.address import natural
from sorasync.graph.graph import Graph
from sorasync.operations.project import Project
from sorasync.plan.part_memo import PartMemo
from sorasync.plan.recorded import Recorded
from sorasync.state.record import Binding, Brief

if TYPE_CHECKING:
    from sorasync.plan.plan import Relink


class WrongName(NamedTuple):
    """A name to be made again, and the digest of the video that it is to be made for, here or not."""

    relink: Relink
    video: str


def wrong_names(
    project: Project,
    graph: Graph,
    bindings: Mapping[str, Binding],
    briefs: Mapping[str, Brief],
    recorded: Recorded,
) -> list[WrongName]:
    """The names of all clips and stills that are wrong by the state and the ledger of names, by address."""
    assets = project.assets()
    if not assets.root.exists():
        return []
    made_for, naming = project.made_names(), project.file_naming(graph)
    nodes = graph.nodes()
    if recorded.covers(made_for):
        # With a pattern, the name of a clip depends on others.
        linked = PartMemo[bool]() if project.config.assets.names else project.previous_plan().linked
        linked.begin(recorded, made_for)
        nodes = not_linked(graph, bindings, briefs, made_for, naming, linked)

    def holds(name: str) -> str | None:
        if name in made_for:
            return made_for[name]
        return None if os.path.lexists(assets.path / name) else ""

    found = stale_names(graph, nodes, bindings, briefs, holds, project.config.assets.path, naming)
    return sorted((WrongName(*one) for one in found), key=lambda one: natural(one.relink.clip))
