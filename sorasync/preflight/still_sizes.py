"""Whether stills have the size of the clips that begin or end with them. Nothing is read for that."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sorasync.graph.graph import Graph
from sorasync.manifest.diagnostic import Diagnostic, Severity
from sorasync.manifest.library import ClipSpec, Library, Origin
from sorasync.preflight.check_references import as_configured
from sorasync.profile.hosts import Hosts


def still_size_findings(
    library: Library, graph: Graph, hosts: Hosts, only: Collection[str]
) -> list[Diagnostic]:
    """Clips whose first or last frame is a still of another size: a server refuses such a frame.

    Only clips with a render among those addresses are looked at, and those that wait: a still of the wrong
    size is in vain before it is paid for.
    """
    if not library.stills:
        return []
    found: list[Diagnostic] = []
    for node in graph.clips.values():
        if not node.takes or any(take in only for take in node.takes):
            found += _of_clip(library, graph, hosts, library.clips[node.name])
    return list(as_configured(library, found))


def _of_clip(library: Library, graph: Graph, hosts: Hosts, spec: ClipSpec) -> Iterator[Diagnostic]:
    profile = hosts.named(spec.provider)
    model = profile.model(spec.model or profile.default_model or "")
    size = spec.size or (model.default_size if model else None)
    for key, name in (("image", spec.still), ("last_image", spec.last_still)):
        node = graph.stills.get(name or "")
        own = graph.renders[node.takes[0]].size if node is not None else ""
        if not own or size is None or own == size:
            continue
        position = library.position(Origin(spec.origin.file, (*spec.origin.path, key)))
        yield Diagnostic(
            code="S222",
            severity=Severity.ERROR,
            message=f"still.{name} is {own}, and the clip is {size}",
            position=position,
            address=spec.address,
            expected=f"exactly {size}",
            source=library.source(position),
        )
