"""The timelines of a library's cuts, as its manifests and the provider's profile have them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sorasync.cuts.timeline import Timeline, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sorasync.graph.graph import Graph
    from sorasync.manifest.cut_spec import CutSpec
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.manifest.faults import Fault
    from sorasync.manifest.library import ClipSpec, Library
    from sorasync.operations.project import Project


def timelines(
    project: Project, library: Library, graph: Graph, cuts: Iterable[CutSpec] | None = None
) -> tuple[list[Timeline], list[Diagnostic]]:
    """Every cut laid out, or those in `cuts`, and what does not add up in them.

    A clip that waits for a pick is seen as its first take. Cuts of clips that the profile refuses are
    left out.
    """
    wanted = list(library.cuts.values() if cuts is None else cuts)
    supposed = supposed_graph(project, library, graph, wanted)
    found: list[Timeline] = []
    faults: list[Fault] = []
    for cut in wanted:
        nodes = [supposed.node(event.shown) for event in cut.events if event.shown is not None]
        if all(node is not None and node.final for node in nodes):
            timeline, wrong = lay_out(cut, supposed)
            found.append(timeline)
            faults += wrong
    return found, _located(library, faults) if faults else []


def supposed_graph(project: Project, library: Library, graph: Graph, cuts: Iterable[CutSpec]) -> Graph:
    """The graph, with take 1 picked wherever what these cuts show waits for a pick."""
    shown = {event.shown for cut in cuts for event in cut.events if event.shown is not None}
    nodes = [node for address in shown if (node := graph.node(address)) is not None and node.waits_for]
    if not nodes:
        return graph
    from sorasync.graph.expand import expand_as_far

    clips: dict[str, ClipSpec] = dict(library.clips)
    for node in nodes:
        name: str | None = node.name if node.kind == "clip" else None
        while name is not None:
            spec = clips[name]
            clips[name] = spec if spec.pick else replace(spec, pick=1)
            name = spec.source
    stills = {name: still if still.pick else replace(still, pick=1) for name, still in library.stills.items()}
    return expand_as_far(replace(library, clips=clips, stills=stills), project.hosts)[0]


def _located(library: Library, faults: Iterable[Fault]) -> list[Diagnostic]:
    from sorasync.manifest.faults import Locator
    from sorasync.manifest.files import LibraryFiles

    return Locator(LibraryFiles(library.root).text_or_none).diagnostics(faults)
