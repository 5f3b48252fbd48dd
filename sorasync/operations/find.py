"""`sorasync find`: searches names, tags, descriptions and sent prompts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.manifest.diagnostic import Position
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin
from sorasync.manifest.provenance import Origins
from sorasync.manifest.still_spec import StillSpec

if TYPE_CHECKING:
    from sorasync.operations.project import Project

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A field of a clip, still or character in which something was found.

    `spans` are the start and end of each match in `text`, in order and apart; `place` is where it is written.
    """

    field: str
    text: str
    spans: tuple[tuple[int, int], ...]
    place: Position


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """A clip, still or character in which every word was found."""

    address: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    text: str
    origin: Origin | Position


def find_entries(project: Project, words: Sequence[str], *, regex: bool = False) -> list[FoundEntry]:
    """Everything that contains all the words, case ignored. Raises `ManifestError` and `SorasyncError`."""
    return list(find(project.library(), patterns(words, regex=regex)))


def patterns(words: Sequence[str], *, regex: bool = False) -> list[Pattern]:
    """The search patterns, ignoring case. Raises `SorasyncError` for a faulty regular expression."""
    try:
        return [re.compile(word if regex else re.escape(word), re.IGNORECASE) for word in words]
    except re.error as error:
        raise SorasyncError(
            f"{error.pattern!r} is not a regular expression: {error.msg}",
            hint="leave out --regex to search for plain text",
        ) from error


def find(library: Library, wanted: Sequence[Pattern]) -> Iterator[FoundEntry]:
    """Everything that contains all patterns: characters, stills, then clips."""
    origins = Origins(library)
    for slug, character in library.characters.items():
        yield from _look(library, f"character.{slug}", _of_character(character), wanted)
    for name, still in library.stills.items():
        yield from _look(library, f"still.{name}", _still_fields(still), wanted)
    for name, clip in library.clips.items():
        yield from _look(library, f"clip.{name}", _clip_fields(clip, origins), wanted)


def _look(
    library: Library, address: str, fields: Iterable[_Field], wanted: Sequence[Pattern]
) -> Iterator[FoundEntry]:
    hits: list[tuple[_Field, tuple[tuple[int, int], ...]]] = []
    missing = set(wanted)
    for field in fields:
        spans = []
        for pattern in wanted:
            found = [match.span() for match in pattern.finditer(field.text) if match[0]]
            if found:
                missing.discard(pattern)
            spans += found
        if spans:
            hits.append((field, _apart(spans)))
    if hits and not missing:
        yield FoundEntry(
            address,
            tuple(
                Hit(field.name, field.text, spans, _field_position(library, field)) for field, spans in hits
            ),
        )


def _field_position(library: Library, field: _Field) -> Position:
    return field.origin if isinstance(field.origin, Position) else library.position(field.origin)


def _apart(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans in order, with touching ones merged."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _of_character(spec: CharacterSpec) -> Iterator[_Field]:
    yield _Field("slug", spec.slug, spec.origin)
    yield _Field("name", spec.name, _origin_inside(spec.origin, "name"))
    yield from (_Field("tags", tag, _origin_inside(spec.origin, "tags")) for tag in spec.tags)
    if spec.description:
        yield _Field("description", spec.description, _origin_inside(spec.origin, "description"))


def _still_fields(spec: StillSpec) -> Iterator[_Field]:
    yield _Field("name", spec.name, spec.origin)
    yield from (_Field("tags", tag, _origin_inside(spec.origin, "tags")) for tag in spec.tags)
    if spec.description:
        yield _Field("description", spec.description, _origin_inside(spec.origin, "description"))
    beside = Position(spec.prompt_file) if spec.prompt_file else None
    yield _Field("prompt", spec.prompt, beside or _origin_inside(spec.origin, "prompt"))
    for number, step in enumerate(spec.steps, 1):
        yield _Field(f"steps[{number}].edit", step.prompt, _origin_inside(step.origin, "edit"))


def _clip_fields(spec: ClipSpec, origins: Origins) -> Iterator[_Field]:
    yield _Field("name", spec.name, spec.origin)
    for tag in spec.tags:
        yield _Field("tags", tag, origins.of(spec, "tags"))
    if spec.description:
        yield _Field("description", spec.description, _origin_inside(spec.origin, "description"))
    if spec.prompt:
        beside = Position(spec.prompt_file) if spec.prompt_file else None
        yield _Field("prompt", spec.prompt, beside or _origin_inside(spec.origin, "prompt"))
    for number, step in enumerate(spec.steps, 1):
        yield _Field(f"steps[{number}].{step.kind}", step.prompt, _origin_inside(step.origin, step.kind))


def _origin_inside(origin: Origin, key: str) -> Origin:
    return Origin(origin.file, (*origin.path, key))
