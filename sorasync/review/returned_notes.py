"""Notes that came back from an exported page, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sorasync.errors import SorasyncError
from sorasync.library_file import read_file, unreadable
from sorasync.manifest.schema import NoteModel, RejectedModel
from sorasync.review.notes_file import (
    KEY_DIGITS,
    Note,
    Rejection,
    ReviewNotes,
    notes_text,
    parse_notes,
    plain_text,
)

_LARGEST = 16 << 20


@dataclass(frozen=True, slots=True)
class ReturnedNotes:
    """What somebody noted on an exported page. `picks` are only told: what they cost is for whoever reads."""

    library: str
    notes: ReviewNotes
    picks: dict[str, int]


def read_returned(path: Path) -> ReturnedNotes:
    """The notes in a file. Raises `SorasyncError` for one that an exported page did not write."""
    try:
        given = json.loads(read_file(path, within=None, largest=_LARGEST))
        version, library = given["format_version"], str(given["library"])
        notes = ReviewNotes(
            tuple(_note(one) for one in given["notes"]), tuple(_rejection(one) for one in given["rejected"])
        )
        picks = {str(name): int(take) for name, take in given["picks"].items()}
        # Written and read once: what the language refuses, such as a wrong address, is refused here.
        return ReturnedNotes(library, parse_notes(notes_text(notes)), picks) if version == 1 else _newer(path)
    except OSError as error:
        raise SorasyncError(unreadable(path, error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SorasyncError(
            f"{path} is not a file of notes", hint="Export notes on an exported page writes one"
        ) from error


def _newer(path: Path) -> ReturnedNotes:
    raise SorasyncError(f"{path} was written by a newer version of sorasync")


def _note(given: dict[str, Any]) -> Note:
    fields = {name: given[name] for name in (*NoteModel.model_fields, "id") if given.get(name) is not None}
    for name in ("box", "arrow"):
        if name in fields:
            fields[name] = tuple(map(float, fields[name]))
    return Note(**fields | {"text": plain_text(str(fields["text"])), "render": _render(given)})


def _rejection(given: dict[str, Any]) -> Rejection:
    fields = {name: given[name] for name in RejectedModel.model_fields if given.get(name) is not None}
    return Rejection(**fields | {"reason": plain_text(str(fields["reason"])), "render": _render(given)})


def _render(given: dict[str, Any]) -> str | None:
    render = given.get("render")
    return None if render is None else str(render)[:KEY_DIGITS]
