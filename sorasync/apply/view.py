"""The human names of a library's videos: which name stands for which asset."""

from __future__ import annotations

from collections.abc import Container, Mapping

from sorasync.assets.names import ClipFile, Link, view_names
from sorasync.graph import address as addresses
from sorasync.graph.graph import Graph
from sorasync.state.record import Binding, Brief, Status


def asset_view(
    graph: Graph, bindings: Mapping[str, Binding], briefs: Mapping[str, Brief], objects: Container[str]
) -> dict[str, Link]:
    """Every name below the asset directory, with the object it links to. Pure.

    A clip's own name is its final render; while that is not there, the last render of its chain that is.
    `objects` are the file names in the store.
    """
    view: dict[str, Link] = {}
    for name, node in graph.clips.items():
        stored = [(address, sha) for address in node.renders if (sha := _asset(address, bindings, briefs))]
        chain = [] if node.chosen is None else [*node.takes[node.chosen - 1 : node.chosen], *node.steps]
        final = next((a for a in reversed(chain or node.takes[:1]) if any(a == s for s, _ in stored)), None)
        files = [_file(address, sha, address == final, objects) for address, sha in stored]
        view |= view_names(name, files)
    return view


def _asset(address: str, bindings: Mapping[str, Binding], briefs: Mapping[str, Brief]) -> str | None:
    binding = bindings.get(address)
    brief = briefs.get(binding.key) if binding else None
    return brief.asset if brief and brief.status is Status.STORED else None


def _file(address: str, sha: str, final: bool, objects: Container[str]) -> ClipFile:
    place = addresses.parse(address)
    picture = next((suffix for suffix in (".webp", ".png", ".jpg") if sha + suffix in objects), None)
    return ClipFile(take=place.take or 1, step=place.step or 0, sha256=sha, final=final, picture=picture)
