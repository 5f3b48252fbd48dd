"""Finds local copies of missing or damaged videos, so that the provider need not be asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sorasync.apply.wanted_names import asset_view
from sorasync.graph.graph import Graph
from sorasync.operations.project import Project
from sorasync.state.record import Brief
from sorasync.state.store import Store


def spares(
    project: Project, store: Store, graph: Graph, briefs: Mapping[str, Brief], lost: Collection[str]
) -> dict[str, str]:
    """The digests of `lost` videos that a local file may still have, with its path.

    Paths are relative to the library.
    """
    if not lost:
        return {}
    from sorasync.assets.linked_copies import spare_names

    sizes = store.assets()
    known = {digest: sizes[digest].size if digest in sizes else None for digest in lost}
    view = asset_view(graph, store.bindings(), briefs, (), project.file_naming(graph))
    found = spare_names(project.assets(), known, view)
    return {digest: f"{project.config.assets.path}/{name}" for digest, name in found.items()}
