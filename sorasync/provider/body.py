"""Decodes the body of an answer piece by piece.

A few kilobytes of gzip may expand to gigabytes, so every piece is bounded.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx

from sorasync.provider.transport import Answer

# Largest piece, in bytes.
PIECE = 1 << 18
# By encoding, the ways to open it: `deflate` comes with and without zlib's own header.
_WINDOWS = {"gzip": (47,), "x-gzip": (47,), "deflate": (15, -15)}


async def pieces(answer: Answer) -> AsyncIterator[bytes]:
    """The decoded body. Raises what httpx raises, `DecodingError` for an encoding that was not asked for."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if coding == "identity":
        async for raw in answer.body:
            yield raw
        return
    if coding not in _WINDOWS:
        raise httpx.DecodingError(f"the answer is encoded in {coding[:20]}, which was not requested")
    inflated = _Inflated(_WINDOWS[coding])
    async for raw in answer.body:
        inflated.feed(raw)
        while piece := inflated.take():
            yield piece
    while piece := inflated.take():
        yield piece


class _Inflated:
    def __init__(self, windows: tuple[int, ...]) -> None:
        self._windows = list(windows)
        self._begin()

    def _begin(self) -> None:
        self._opened = zlib.decompressobj(self._windows[0])
        self._waiting = b""

    def feed(self, raw: bytes) -> None:
        self._waiting += raw

    def take(self) -> bytes:
        """The next piece; empty where more has to be fed first."""
        given = self._waiting
        try:
            piece = self._opened.decompress(given, PIECE)
        except zlib.error as error:
            if len(self._windows) == 1:
                raise httpx.DecodingError(str(error)) from error
            del self._windows[0]
            self._begin()
            self._waiting = given
            return self.take()
        del self._windows[1:]
        self._waiting = self._opened.unconsumed_tail
        if self._opened.eof and (rest := self._opened.unused_data):
            self._begin()
            self._waiting = rest
            return piece or self.take()
        return piece
