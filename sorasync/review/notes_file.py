"""`review.toml`: notes and rejections, one line a fact, sorted, so that git merges branches line by line.

A line stands alone: where a merge has kept both versions of a note, the later one counts.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.address import natural
from sorasync.library_file import FileRefused, read_file
from sorasync.manifest.field_types import REVIEW_FILE
from sorasync.manifest.review_lines import without_repeats
from sorasync.manifest.schema import NoteModel, ReviewModel

if TYPE_CHECKING:
    from sorasync.operations.project import Project

# Digits of a key that tell which render of a take was looked at.
KEY_DIGITS = 12

_HEADER = (
    "# Notes and verdicts of `sorasync review`, one a line; other comments are not kept.",
    "# After a merge keep the lines of both sides, in any order.",
)


class ReviewFileError(SorasyncError):
    """The file cannot be read, or holds what this program would not write back."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody says of a take, of all of it or at a frame. `box` and `arrow` are from 0 to 1.

    `reply_to` is the id of the note that this one answers.
    """

    id: str
    on: str
    text: str
    render: str | None = None
    frame: int | None = None
    box: tuple[float, ...] | None = None
    arrow: tuple[float, ...] | None = None
    by: str | None = None
    at: str | None = None
    done: bool = False
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A take that is not to be picked, and why."""

    on: str
    reason: str
    render: str | None = None
    by: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewNotes:
    """Everything in the file. Rejections are one a take and render."""

    notes: tuple[Note, ...] = ()
    rejected: tuple[Rejection, ...] = ()

    def with_note(self, note: Note) -> ReviewNotes:
        """With a note added, or in the place of the one with its id."""
        return replace(self, notes=(*(one for one in self.notes if one.id != note.id), note))

    def without_note(self, note_id: str) -> ReviewNotes:
        """Without the note of that id, and without what answers it."""
        kept = tuple(one for one in self.notes if note_id not in (one.id, one.reply_to))
        return replace(self, notes=kept)

    def with_rejection(self, rejection: Rejection) -> ReviewNotes:
        """With a rejection, in the place of an earlier one of the same render."""
        kept = self.without_rejection(rejection.on, rejection.render).rejected
        return replace(self, rejected=(*kept, rejection))

    def without_rejection(self, on: str, render: str | None) -> ReviewNotes:
        """Without the rejection of that take's render."""
        kept = tuple(one for one in self.rejected if (one.on, one.render) != (on, render))
        return replace(self, rejected=kept)

    def note(self, note_id: str) -> Note | None:
        """The note of that id."""
        return next((one for one in self.notes if one.id == note_id), None)


def review_file(project: Project) -> str:
    """Where notes are written, relative to the library."""
    return posixpath.normpath(posixpath.join(project.config.library.manifests, REVIEW_FILE))


def read_notes(project: Project) -> ReviewNotes:
    """The notes of a library. Raises `ReviewFileError`; `sorasync validate` says where the fault is."""
    return parse_notes(manifest_text(project, review_file(project)) or "")


def manifest_text(project: Project, file: str) -> str | None:
    """The text of a file among the manifests, None where there is none. Raises `ReviewFileError`."""
    try:
        return read_file(project.root / file, within=project.root).decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except FileRefused as error:
        raise ReviewFileError(f"{file} {error.strerror}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewFileError(f"cannot read {file}: {error}") from error


def parse_notes(text: str) -> ReviewNotes:
    """The notes in a text. Raises `ReviewFileError`."""
    from pydantic import ValidationError

    from sorasync.toml.parse import TomlError, parse

    try:
        raw = parse(without_repeats(text))
        model = ReviewModel.model_validate(raw.pop("review", {}))
    except (TomlError, ValidationError):
        raise ReviewFileError(f"{REVIEW_FILE} has errors", hint="sorasync validate shows where") from None
    if raw:
        raise ReviewFileError(
            f"{REVIEW_FILE} holds `{next(iter(raw))}` besides `review`", hint="move it to another manifest"
        )
    notes = ReviewNotes(tuple(_note(note_id, note) for note_id, note in model.notes.items()))
    for one in sorted(model.rejected.values(), key=lambda one: one.at or ""):
        notes = notes.with_rejection(Rejection(one.on, one.reason, one.render, one.by, one.at))
    return notes


def _note(note_id: str, model: NoteModel) -> Note:
    fields = model.model_dump()
    for name in ("box", "arrow"):
        fields[name] = tuple(fields[name]) if fields[name] else None
    return Note(id=note_id, **fields)


def notes_text(notes: ReviewNotes) -> str:
    """The whole file. The same facts give the same bytes."""
    found = sorted(notes.notes, key=lambda one: (natural(one.on), one.frame or 0, one.at or "", one.id))
    verdicts = sorted(notes.rejected, key=lambda one: (natural(one.on), one.render or ""))
    lines = [_line(f"review.notes.{note.id}", _note_fields(note)) for note in found]
    lines += [_line(f"review.rejected.{_id_of(one)}", _verdict_fields(one)) for one in verdicts]
    return "\n".join([*_HEADER, *lines, ""])


def _id_of(one: Rejection) -> str:
    """The same for everybody who rejects the same render."""
    return hashlib.sha256(f"{one.on} {one.render or ''}".encode()).hexdigest()[:8]


def _line(key: str, fields: Mapping[str, object]) -> str:
    given = (f"{name} = {_value(value)}" for name, value in fields.items() if value is not None)
    return f"{key} = {{ {', '.join(given)} }}"


def _note_fields(note: Note) -> dict[str, object]:
    fields: dict[str, object] = {"on": note.on, "frame": note.frame, "text": note.text, "box": note.box}
    fields |= {"arrow": note.arrow, "done": note.done or None, "by": note.by, "at": note.at}
    return fields | {"render": note.render, "reply_to": note.reply_to}


def _verdict_fields(one: Rejection) -> dict[str, object]:
    return {"on": one.on, "reason": one.reason, "by": one.by, "at": one.at, "render": one.render}


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(f'{round(number, 4):g}' for number in value)}]"
    return json.dumps(value, ensure_ascii=False)


def plain_text(text: str) -> str:
    """Text as a person typed it, without control characters and outer white space."""
    lines = text.replace("\r\n", "\n").split("\n")
    kept = ("".join(c for c in line if c.isprintable() or c in "\t\u200d\u200e\u200f") for line in lines)
    return "\n".join(kept).strip()
