"""The output of `sorasync find`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from sorasync.cli.app.failure import one_line, plain_text
from sorasync.cli.terminal.columns import screen_width
from sorasync.cli.views.diagnostics.diagnostic_paths import from_here
from sorasync.operations.find import FoundEntry, Hit

_BEFORE = 30
# Columns of the names of fields, if no longer one is found.
_NAMES = 11
_NARROWEST = 40


def find_lines(found: Iterable[FoundEntry], *, quiet: bool = False) -> Iterator[str]:
    """An address, and below it each field with its place and the words around the first match."""
    count = 0
    for one in found:
        count += 1
        if not quiet:
            yield click.style(one_line(one.address), bold=True)
            names = max(_NAMES, *(len(hit.field) for hit in one.hits))
            yield from (_hit_line(hit, names) for hit in one.hits)
    if not quiet and count:
        yield ""
    yield f"{count} found." if count else "Nothing found."


def _hit_line(hit: Hit, names: int) -> str:
    head = f"  {hit.field:<{names}}  {from_here(hit.place.file)}:{hit.place.line}"
    room = max(_NARROWEST, screen_width() - len(head) - 2)
    return f"{head}  {_excerpt(hit, room)}"


def _excerpt(hit: Hit, room: int) -> str:
    """The text from a little before the first match, its matches marked."""
    first = hit.spans[0][0]
    start = 0 if len(hit.text) <= room else max(0, min(first - _BEFORE, len(hit.text) - room))
    end = min(len(hit.text), start + room)
    pieces, at = ["…" if start else ""], start
    for one, other in hit.spans:
        if one >= end:
            break
        pieces.append(_flat(hit.text[at:one]))
        pieces.append(click.style(_flat(hit.text[one:other]), fg="yellow", bold=True))
        at = other
    pieces.append(_flat(hit.text[at:end]) if at < end else "")
    return "".join(pieces) + ("…" if end < len(hit.text) else "")


def _flat(text: str) -> str:
    """On one line, keeping spaces at both ends."""
    return plain_text("".join(" " if c.isspace() else c for c in text))


def find_json(found: Iterable[FoundEntry], words: Sequence[str], *, regex: bool) -> dict[str, object]:
    """The same as plain data; `spans` count characters of `text` from 0, their ends left out."""
    return {
        "format_version": 1,
        "query": list(words),
        "regex": regex,
        "found": [{"address": one.address, "fields": [_hit(hit) for hit in one.hits]} for one in found],
    }


def _hit(hit: Hit) -> dict[str, object]:
    return {
        "field": hit.field,
        "text": hit.text,
        "spans": [list(span) for span in hit.spans],
        "file": hit.place.file,
        "line": hit.place.line,
        "column": hit.place.column,
    }
