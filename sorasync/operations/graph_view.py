"""The selected part of a graph, as nodes and edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.operations.address_lookup import find
from sorasync.plan.selection import matches

if TYPE_CHECKING:
    from sorasync.graph.graph import ClipNode, Graph
    from sorasync.graph.render import Render
    from sorasync.operations.project import Project


@dataclass(frozen=True)
class GraphView:
    """Renders by address, sources before what needs them, and the clips that have none yet, by address."""

    graph: Graph
    renders: Mapping[str, Render]
    waiting: Mapping[str, ClipNode]

    @cached_property
    def edges(self) -> list[tuple[str, str]]:
        """Pairs of addresses: the second one needs the first."""
        return [
            (need, address)
            for address, render in self.renders.items()
            for need in render.needs
            if need in self.renders
        ]

    @cached_property
    def children(self) -> Mapping[str, list[str]]:
        """What needs an address directly."""
        found: dict[str, list[str]] = defaultdict(list)
        for need, address in self.edges:
            found[need].append(address)
        return found

    @cached_property
    def same(self) -> Mapping[str, str]:
        """The first address of the same render, for each further one."""
        first: dict[str, str] = {}
        found = {}
        for address, render in self.renders.items():
            before = first.setdefault(render.key, address)
            if before != address:
                found[address] = before
        return found


def graph_view(project: Project, patterns: tuple[str, ...] = ()) -> GraphView:
    """The graph of a library, or what the patterns match in it. Raises what `chosen` raises."""
    return chosen(project.graph(project.library()), patterns)


def chosen(graph: Graph, patterns: tuple[str, ...]) -> GraphView:
    """The complete graph, or what the patterns match with its sources and dependants.

    Raises `SorasyncError` for a pattern that matches nothing.
    """
    waiting = {node.address: node for node in graph.nodes() if node.waits_for and not node.renders}
    if not patterns:
        return GraphView(graph, graph.renders, waiting)
    kept: set[str] = set()
    clips: set[str] = set()
    for pattern in patterns:
        renders = {a for a in graph.renders if matches(pattern, a, graph)}
        names = {node.address for node in graph.nodes() if matches(pattern, node.address, graph)}
        if not renders and not names:
            renders, names = _spelled(pattern, graph)
        kept |= renders
        clips |= names
    kept |= graph.ancestors(kept) | graph.dependants(kept)
    renders_kept = {address: render for address, render in graph.renders.items() if address in kept}
    return GraphView(graph, renders_kept, {name: waiting[name] for name in waiting if name in clips})


def _spelled(pattern: str, graph: Graph) -> tuple[set[str], set[str]]:
    if set("*?:") & set(pattern):
        raise SorasyncError(f"{pattern!r} matches nothing", hint="sorasync status lists the addresses")
    found = find(pattern, graph)
    return set(found.renders), {found.owner}
