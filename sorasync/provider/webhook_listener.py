"""Listens for webhooks: a small HTTP server that takes POSTs, checks their signatures and reports each.

Their content is never trusted: a webhook only triggers a poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sorasync.clock import Clock
from sorasync.errors import SorasyncError
from sorasync.provider.webhook import WebhookEvent, WebhookRefused, check_secret, verify

# Largest request, in bytes.
_LARGEST_HEAD, _LARGEST_BODY = 16 << 10, 1 << 20
# Seconds within which a request must be complete.
_PATIENCE = 10.0
_AT_ONCE = 64
_REASONS = {
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    503: "Service Unavailable",
}


class _Bad(Exception):
    """A request that is answered with this status and not read on."""

    def __init__(self, status: int) -> None:
        self.status = status


@asynccontextmanager
async def listening(
    host: str,
    port: int,
    secret: str,
    clock: Clock,
    *,
    heard: Callable[[WebhookEvent], None],
    refused: Callable[[str], None],
) -> AsyncIterator[int]:
    """Listen for the time of an `async with` block; the port (0 takes a free one).

    `heard` is called with each event whose signature holds, `refused` once, with the reason, for the first
    that does not. Raises `SorasyncError` for an address that is taken or a secret that is none.
    """
    check_secret(secret)
    listener = _Listener(secret, clock, heard, refused)
    try:
        server = await asyncio.start_server(listener.serve, host, port, limit=_LARGEST_HEAD)
    except OSError as error:
        raise SorasyncError(
            f"cannot listen for webhooks on {host}:{port}: {error.strerror or error}"
        ) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await listener.aclose()
        await server.wait_closed()


class _Listener:
    def __init__(
        self, secret: str, clock: Clock, heard: Callable[[WebhookEvent], None], refused: Callable[[str], None]
    ) -> None:
        self._secret = secret
        self._clock = clock
        self._heard = heard
        self._refused = refused
        self._told = False
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        task = asyncio.current_task()
        assert task is not None
        busy = len(self._open) >= _AT_ONCE
        self._open.add(task)
        try:
            async with asyncio.timeout(_PATIENCE):
                status = 503 if busy else await self._status(reader)
                writer.write(_answer(status))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.CancelledError):
            return
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def aclose(self) -> None:
        """Hang up on whoever is still talking."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _status(self, reader: asyncio.StreamReader) -> int:
        try:
            headers, body = await _read_request(reader)
        except _Bad as bad:
            return bad.status
        try:
            event = verify(body, headers, self._secret, self._clock.now())
        except WebhookRefused as error:
            if not self._told:
                self._told = True
                self._refused(error.message)
            return 401
        self._heard(event)
        return 204


async def _read_request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    """Headers (lower-case names) and body of a POST. Raises `_Bad`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise _Bad(400) from None
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("POST "):
        raise _Bad(405)
    headers = {name.strip().lower(): value.strip() for name, colon, value in map(_parted, lines) if colon}
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        raise _Bad(411)
    if len(length) > 9 or int(length) > _LARGEST_BODY:
        raise _Bad(413)
    try:
        return headers, await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise _Bad(400) from None


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _answer(status: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", "content-length: 0", "connection: close"]
    if status == 405:
        lines.append("allow: POST")
    return "\r\n".join([*lines, "", ""]).encode()
