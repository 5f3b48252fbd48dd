"""Finds the server's message in a body: JSON, a web page, or plain text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping

from sorasync.provider.json_values import items, parse, table, text

# Bytes of a body in which to look for a message.
MOST_READ = 1 << 16
_MOST_JSON = 300
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*(?:>|\Z)")
_MESSAGES = ("message", "detail", "msg", "error_description", "description", "reason", "title", "fail_reason")
_NESTED = ("error", "errors", "detail", "details", "err", "message")
_DEEPEST = 4


def words(content: bytes) -> str:
    """What a body says to people, empty where it says nothing: JSON's message, a page's visible text."""
    found = parse(content)
    if found is not None:
        return message_in(found) or as_json(found)
    page = content[:MOST_READ].decode("utf-8", "replace")
    if page.lstrip("\ufeff \t\r\n").startswith("<"):
        page = html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", page)))
    return "" if _is_binary(page) else " ".join(page.split())


def begins_as_text(opening: bytes) -> bool:
    """Whether bytes are the beginning of JSON, a web page or XML, whatever the header calls them."""
    start = opening.lstrip(b"\xef\xbb\xbf \t\r\n")[:64]
    return start[:1] in (b"{", b"[", b"<") and not _is_binary(start.decode("utf-8", "replace")[:-4])


def message_in(body: object) -> str | None:
    """The message in an error body of any form that servers use; None where none is recognised."""
    return next(_messages(body, 0), None)


def as_json(body: object) -> str:
    """A body as it is, cut: better than nothing where no message is recognised in it."""
    if body in (None, {}, [], ""):
        return ""
    return json.dumps(body, ensure_ascii=False, default=str)[:_MOST_JSON]


def _messages(value: object, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        if found := text(value):
            yield found
    elif isinstance(value, list):
        faults = "; ".join(filter(None, map(_entry_words, value[:20])))
        if faults:
            yield faults
    elif isinstance(value, Mapping):
        for name in ("error", *_MESSAGES):
            if (said := text(value.get(name))) is not None:
                yield said
        for name in _NESTED:
            if not isinstance(value.get(name), str):
                yield from _messages(value.get(name), depth + 1)


def _entry_words(entry: object) -> str | None:
    """One of several faults: a text, or FastAPI's form with a place and a message."""
    place = ".".join(str(part) for part in items(table(entry).get("loc")))
    said = text(table(entry).get("msg")) or next(_messages(entry, _DEEPEST - 1), None)
    return f"{place}: {said}" if place and said else said


def _is_binary(page: str) -> bool:
    return (
        any(char < " " and char not in "\t\r\n\f" for char in page) or page.count("\ufffd") > len(page) // 10
    )
