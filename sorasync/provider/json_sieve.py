"""Reads JSON as it arrives, and extracts texts that are too long for memory.

A video inside an answer is base64 of any length. What is left, the skeleton, is short, and each such text is
replaced in it by a mark that no server can guess.
"""

from __future__ import annotations

import json
import re
import secrets
from enum import Enum
from typing import Protocol

from sorasync.provider.inline import inlined

# Base64 texts from this many characters on are extracted.
LONG = 1 << 19
# Largest skeleton, in bytes; a page of 100 jobs with the longest prompts has 13 MB.
LARGEST = 16 << 20
# Values that a skeleton has at most: `[[],[],…` takes a hundred times its length once it is read.
_MOST_VALUES = 500_000

_SPECIAL = re.compile(rb'["\\]')
# Base64 with the escapes that servers write in it; the last one may go on.
_BASE64 = re.compile(
    rb"(?:data:[\w/.+-]{1,100}[^,]{0,100};base64,)?"
    rb"(?:[A-Za-z0-9+/_=\s-]+|\\[/nrt]|\\u00(?:2[BbFf]|3[Dd]))*(?:\\u?[0-9A-Fa-f]{0,3})?"
)
_MARK = b";base64,"
_LONGEST_ESCAPE = 6


class Sink(Protocol):
    """Receives the extracted texts, as base64 without white space, one after another."""

    def begin(self) -> None:
        """A new one starts."""
        ...

    def write(self, text: bytes) -> None:
        """More of it."""
        ...

    def end(self) -> None:
        """It is there whole."""
        ...


class Nowhere:
    """Drops them."""

    def begin(self) -> None:
        """Nothing."""

    def write(self, text: bytes) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class _Text(Enum):
    """What is known of the text that is being read: whether it is taken out."""

    SHORT = 0
    TAKEN_OUT = 1
    KEPT = 2


class Sieve:
    """Reads an answer. `marks` stand for the texts taken out, in order; `over`: what is left is too big."""

    def __init__(self, sink: Sink) -> None:
        self.over = False
        self.marks: list[str] = []
        self._sink = sink
        self._skeleton = bytearray()
        self._values = 0
        self._inside = self._escaped = False
        self._kind = _Text.SHORT
        self._text = bytearray()
        self._short: bytearray | None = bytearray()

    @property
    def skeleton(self) -> bytes:
        """The answer with marks in the place of what was taken out."""
        return bytes(self._skeleton + self._text if self._short is None else self._short)

    def feed(self, data: bytes) -> None:
        """The next bytes of the answer. Once it is `over`, nothing is kept of them."""
        if self._short is not None:
            # Nearly every answer is shorter than the first text that would be taken out of it.
            self._short += data
            if len(self._short) < LONG:
                return
            data, self._short = bytes(self._short), None
        at = 0
        while at < len(data) and not self.over:
            at = self._within(data, at) if self._inside else self._between(data, at)

    def _between(self, data: bytes, at: int) -> int:
        """What stands outside texts, with the quote that begins the next one."""
        quote = data.find(b'"', at)
        end = len(data) if quote < 0 else quote + 1
        part = data[at:end]
        self._values += part.count(b",") + part.count(b"[") + part.count(b"{")
        self._keep(part)
        self._inside = quote >= 0
        return end

    def _within(self, data: bytes, at: int) -> int:
        """Some of a text, up to its end where that has come."""
        look = at
        if self._escaped:
            self._escaped, look = False, at + 1
        while (found := _SPECIAL.search(data, look)) is not None:
            if found[0] == b'"':
                self._take(data[at : found.start()])
                self._end()
                return found.end()
            look = found.end() + 1
            self._escaped = look > len(data)
        self._take(data[at:])
        return len(data)

    def _take(self, part: bytes) -> None:
        self._text += part
        if self._kind is _Text.SHORT and len(self._text) >= LONG:
            self._decide()
        if self._kind is _Text.TAKEN_OUT:
            self._hand_on()
        elif self._kind is _Text.KEPT:
            self._flush()

    def _decide(self) -> None:
        if not _BASE64.fullmatch(self._text):
            self._kind = _Text.KEPT
            return
        self._kind = _Text.TAKEN_OUT
        self._sink.begin()
        head, mark, _ = bytes(self._text[:300]).partition(_MARK)
        if mark:
            del self._text[: len(head) + len(mark)]

    def _hand_on(self, last: bool = False) -> None:
        """Pass on what came, but for an escape that may go on in the next part."""
        cut = self._text.rfind(b"\\", -_LONGEST_ESCAPE)
        end = len(self._text) if last or cut < 0 else cut
        part = bytes(self._text[:end])
        del self._text[:end]
        self._sink.write(_unescaped(part))

    def _end(self) -> None:
        self._inside = False
        if self._kind is _Text.TAKEN_OUT:
            self._hand_on(last=True)
            self._sink.end()
            mark = inlined(f"{secrets.token_hex(16)}-{len(self.marks)}")
            self.marks.append(mark)
            self._text += mark.encode()
        self._kind = _Text.SHORT
        self._text += b'"'
        self._flush()

    def _flush(self) -> None:
        self._keep(self._text)
        self._text.clear()

    def _keep(self, part: bytes | bytearray) -> None:
        self._skeleton += part
        self.over = len(self._skeleton) > LARGEST or self._values > _MOST_VALUES


def _unescaped(text: bytes) -> bytes:
    """A part of a string without its escapes; where they make no sense it is no base64 either way."""
    if b"\\" in text:
        try:
            text = str(json.loads(b'"' + text + b'"')).encode("ascii", "replace")
        except ValueError:
            return text
    return text.translate(None, b" \t\r\n")
