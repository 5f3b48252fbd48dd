"""The resolved values of a clip or character, each with the place that it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.manifest.diagnostic import Position
from sorasync.manifest.library import Origin

if TYPE_CHECKING:
    from sorasync.manifest.library import CharacterSpec, Library


@dataclass(frozen=True, slots=True)
class Value:
    """A field and its value. `place` is where it was written, else `note` says why it is what it is."""

    name: str
    value: object
    place: Position | None
    note: str | None


def values_of(library: Library, owner: str) -> list[Value]:
    """Every value of a declared clip or character."""
    return list(_clip(library, owner) if owner.startswith("clip.") else _character(library, owner))


def declared_at(library: Library, owner: str) -> Position | None:
    """Where a clip or character is declared, None for one that is not."""
    kind, _, name = owner.partition(".")
    spec = library.clips.get(name) if kind == "clip" else library.characters.get(name)
    return library.position(spec.origin) if spec else None


def _clip(library: Library, owner: str) -> Iterator[Value]:
    from sorasync.manifest.provenance import provenance

    for name, value, origin in provenance(library, owner.removeprefix("clip.")):
        if isinstance(origin, Origin):
            yield Value(name, value, library.position(origin), None)
        else:
            yield Value(name, value, None, origin or None)


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
            yield Value(name, value, library.position(Origin(spec.origin.file, (*spec.origin.path, name))), None)
