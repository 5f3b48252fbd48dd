"""The resolved values of a clip or character, each with the place that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.manifest.diagnostic import Position
from sorasync.manifest.library import Origin

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.graph.render import Render
    from sorasync.manifest.library import CharacterSpec, Library


@dataclass(frozen=True, slots=True)
class Value:
    """A field and its value. `place` is where it was written; otherwise `note` says where it comes from."""

    name: str
    value: object
    place: Position | None
    note: str | None


def values_of(library: Library, graph: Graph, owner: str) -> list[Value]:
    """Every value of a declared clip, still or character, with those that the provider's profile fills in."""
    if owner.startswith("still."):
        return list(_still_values(library, graph, owner))
    return list(
        _clip_values(library, graph, owner) if owner.startswith("clip.") else _character(library, owner)
    )


def declared_at(library: Library, owner: str) -> Position | None:
    """Where a clip, still or character is declared, None for one that is not."""
    spec = library.spec(owner)
    return library.position(spec.origin) if spec else None


def _clip_values(library: Library, graph: Graph, owner: str) -> Iterator[Value]:
    from sorasync.manifest.provenance import provenance

    name = owner.removeprefix("clip.")
    for field, value, origin in provenance(library, name):
        if isinstance(origin, Origin):
            yield Value(field, value, library.position(origin), None)
        elif value == origin:
            yield Value(field, _filled_in(graph, name, field), None, "the profile's default")
        else:
            yield Value(field, value, None, origin or None)


_STEP = re.compile(r"steps\[(\d+)\]\.seconds")


def _filled_in(graph: Graph, clip: str, field: str) -> object:
    """The profile's value of an unwritten field, None if no render has it yet."""
    node = graph.clips[clip]
    step = _STEP.fullmatch(field)
    if step is None:
        return getattr(graph.renders[node.takes[0]], field, None) if node.takes else None
    found: list[Render] = [graph.renders[address] for address in node.renders]
    ending = f"/{step[1]}"
    return next((render.billed_seconds for render in found if render.address.endswith(ending)), None)


def _still_values(library: Library, graph: Graph, owner: str) -> Iterator[Value]:
    from sorasync.manifest.provenance import still_rows

    spec = library.stills[owner.removeprefix("still.")]
    node = graph.stills[spec.name]
    for field, value, origin in still_rows(library, spec):
        if isinstance(origin, Origin):
            yield Value(field, value, library.position(origin), None)
        elif value == origin:
            yield Value(field, getattr(graph.renders[node.takes[0]], field), None, "the profile's default")
        else:
            yield Value(field, value, None, origin or None)


def _character(library: Library, owner: str) -> Iterator[Value]:
    spec: CharacterSpec = library.characters[owner.removeprefix("character.")]
    rows = (
        ("name", spec.name),
        ("video", spec.video),
        ("video_sha256", spec.video_sha256),
        ("protect", spec.protect or None),
        ("tags", list(spec.tags) or None),
        ("description", spec.description),
    )
    for name, value in rows:
        if value is None:
            continue
        if name == "video_sha256":
            yield Value(name, value, None, "of the file")
        else:
            yield Value(
                name, value, library.position(Origin(spec.origin.file, (*spec.origin.path, name))), None
            )
