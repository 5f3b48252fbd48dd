"""Which reference files a library uses, and what they must satisfy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind
from sorasync.manifest.library import Library, Origin


@dataclass(frozen=True, slots=True)
class ImageUse:
    """A clip's first frame: the file, relative to the library, its digest, and the size of the clip."""

    address: str
    origin: Origin
    file: str
    sha256: str
    size: str


@dataclass(frozen=True, slots=True)
class ClipUse:
    """A character's clip, the addresses of the clips that use it, by their size, and its host."""

    address: str
    origin: Origin
    file: str
    sha256: str
    users: Mapping[str, tuple[str, ...]]
    provider: str


def image_uses(library: Library, graph: Graph, only: Collection[str] | None = None) -> Iterator[ImageUse]:
    """The first frames of all clips, or of those with a render among `only`."""
    for node in graph.clips.values():
        chosen = [take for take in node.takes if only is None or take in only]
        render = graph.renders.get(chosen[0]) if chosen else None
        if render is None or render.kind is not Kind.CREATE or render.file is None:
            continue
        spec = library.clips[node.name]
        origin = Origin(spec.origin.file, (*spec.origin.path, "image"))
        yield ImageUse(f"clip.{node.name}", origin, render.file, render.file_sha256 or "", render.size)


def clip_uses(library: Library, graph: Graph, only: Collection[str] | None = None) -> Iterator[ClipUse]:
    """The clips of all characters, or of those whose upload is among `only`."""
    users: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for node in graph.clips.values():
        render = graph.renders.get(node.takes[0]) if node.takes else None
        for character in render.characters if render else ():
            users[character][render.size if render else ""].append(f"clip.{node.name}")
    for spec in library.characters.values():
        address = f"character.{spec.slug}"
        if only is not None and address not in only:
            continue
        sizes = {size: tuple(names) for size, names in users[address].items()}
        origin = Origin(spec.origin.file, (*spec.origin.path, "video"))
        provider = graph.renders[address].provider
        yield ClipUse(address, origin, spec.video, spec.video_sha256, sizes, provider)
