"""JSON without terminal escape sequences."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache

_ACTED_ON = re.compile(
    r"[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def json_text(data: object, indent: int | None = 2) -> str:
    """The data as JSON; signs that control a terminal or turn the direction of writing are escaped."""
    text = _encoder(indent, not _unicode_output()).encode(data)
    return text if text.isascii() else _ACTED_ON.sub(_escaped, text)


def json_lines(data: Mapping[str, object]) -> Iterator[str]:
    """The object as lines of JSON: one line per key, and per element of its arrays.

    An iterator is an array whose elements are made as they are written, so a plan of any size streams.
    Indenting everything would leave the encoder of the standard library for one that is ten times slower.
    """
    yield "{"
    last = len(data) - 1
    for place, (key, value) in enumerate(data.items()):
        comma = "," if place < last else ""
        if isinstance(value, list | tuple | Iterator):
            yield from _array_lines(f"  {json_text(key, None)}: ", iter(value), comma)
        else:
            yield f"  {json_text(key, None)}: {json_text(value, None)}{comma}"
    yield "}"


def _array_lines(head: str, elements: Iterator[object], comma: str) -> Iterator[str]:
    encoded = (json_text(element, None) for element in elements)
    pending = next(encoded, None)
    if pending is None:
        yield f"{head}[]{comma}"
        return
    yield f"{head}["
    for text in encoded:
        yield f"    {pending},"
        pending = text
    yield f"    {pending}"
    yield f"  ]{comma}"


@cache
def _encoder(indent: int | None, escaped: bool) -> json.JSONEncoder:
    """An encoder that skips the check for cycles; a plan is encoded change by change."""
    return json.JSONEncoder(indent=indent, ensure_ascii=escaped, check_circular=False)


def _unicode_output() -> bool:
    """Whether standard output can encode every character; otherwise JSON is escaped to ASCII."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
