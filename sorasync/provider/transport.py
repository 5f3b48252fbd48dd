"""The HTTP transport: httpx over aiohttp's connections.

httpx's own connections take several times the processor time, which counts when hundreds of renders are sent,
followed and fetched. What an error says about a request, above all whether it was sent, is decided here and
nowhere else; what is not certain counts as sent.
"""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from yarl import URL

# Seconds to keep an idle connection: if the host closes it while we send, the answer is lost, and
# many hosts close after exactly 2 or 5 seconds.
_KEPT_OPEN = 1.5
# Turns of the loop in which it hears that a host has closed a connection; over TLS it takes three.
_TURNS = 8
_PIECE = 1 << 16
# Bytes; signed addresses in a `location` are long.
_LONGEST_HEADER = 1 << 16
_PORTS = {"http": 80, "https": 443}
_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


# The request extension with a function to call right before the first byte leaves; if it raises, the
# request is not sent.
FIRST_BYTE = "sorasync.first_byte"


class TellsFirstByte(httpx.AsyncBaseTransport):
    """A transport that heeds `FIRST_BYTE`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, whose body is still to come. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: httpx.AsyncByteStream

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def redirect(self) -> str | None:
        """Where another address is to be asked instead."""
        return self.headers.get("location") if self.status in _REDIRECTS else None


async def answer_to(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Answer:
    """Send a request. Raises what httpx raises."""
    if isinstance(transport, _Pooled):
        return await transport.answer(request)
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return Answer(response.status_code, _read_headers(response.headers.raw), response.stream)


def _read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Those that come several times are joined by commas."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), _decoded(value)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


# Raises an error if a host must not be reached at one of those addresses.
Judge = Callable[[str, int, list[str]], None]


def opened(judge: Judge, connections: int = 16) -> httpx.AsyncBaseTransport:
    """A transport with at most `connections` connections, none to a host that `judge` rejects.

    Proxies and their exceptions are what httpx's own client knows, so where there are any it is left to that.
    """
    proxied = {"http", "https", "all"} & urllib.request.getproxies().keys()
    return _Proxied(judge, connections) if proxied else _Pooled(judge, connections)


class _Proxied(TellsFirstByte):
    """The proxy looks names up. Where a name has addresses here, those are judged all the same."""

    def __init__(self, judge: Judge, connections: int) -> None:
        self._judge = judge
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx.AsyncClient(limits=limits, follow_redirects=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host, port = request.url.host, request.url.port or _PORTS.get(request.url.scheme, 0)
        self._judge(host, port, await _looked_up(host))
        if (first_byte := request.extensions.get(FIRST_BYTE)) is not None:

            async def trace(event: str, _info: object) -> None:
                if event.endswith("send_request_headers.started"):
                    first_byte()

            request.extensions["trace"] = trace
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        await self._client.aclose()


async def _looked_up(host: str) -> list[str]:
    """The addresses that a name has here; none where only the proxy knows it."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


class _Judged(AbstractResolver):
    """Looks names up for the connections, which are made to these addresses and no others."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        self._judge(host, port, [entry["host"] for entry in found])
        return found

    async def close(self) -> None:
        await self._system.close()


class _Pooled(TellsFirstByte):
    def __init__(self, judge: Judge, connections: int) -> None:
        self._judge = judge
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._asked(request)
        return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=_Stream(answer))

    async def answer(self, request: httpx.Request) -> Answer:
        """As `handle_async_request`, without an httpx response, which takes longer to make than to send."""
        answer = await self._asked(request)
        return Answer(answer.status, _read_headers(answer.raw_headers), _Stream(answer))

    async def _asked(self, request: httpx.Request) -> aiohttp.ClientResponse:
        session = self._opened(request.url.scheme)
        limits: dict[str, float] = request.extensions["timeout"]
        if request.method == "POST":
            await _hear_of_closed_ones()
        _first_byte.set(request.extensions.get(FIRST_BYTE))
        with _in_words_of_httpx():
            async with asyncio.timeout(None) as watch:
                return await session.request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    headers=_written_headers(request),
                    data=await _request_body(request, watch, limits),
                    allow_redirects=False,
                    timeout=_timeout(limits["pool"], limits["connect"], limits["read"]),
                )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self, scheme: str) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                keepalive_timeout=_KEPT_OPEN,
                resolver=_Judged(self._judge),
                ssl=httpx.create_ssl_context() if scheme == "https" else True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                request_class=_Request,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_OURS,
                auto_decompress=False,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
            )
        return self._session


@lru_cache(maxsize=16)
def _timeout(pool: float, connect: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=pool, sock_connect=connect, sock_read=read)


_first_byte: ContextVar[Callable[[], None] | None] = ContextVar("first_byte", default=None)


class _Request(aiohttp.ClientRequest):
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """The connection is there: what is called here is the last thing before the request is written."""
        if (first_byte := _first_byte.get()) is not None:
            first_byte()
        return await super().send(conn)


class _Stream(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _in_words_of_httpx():
            async for chunk in self._answer.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        """Give the connection back; one whose answer was not read to its end is closed."""
        self._answer.close()


async def _hear_of_closed_ones() -> None:
    """Let go of idle connections that the host has closed while this program was busy.

    Unlike httpx, aiohttp does not look at a connection before it sends on it. Requests that may be sent
    twice it sends again by itself.
    """
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _written_headers(request: httpx.Request) -> list[tuple[str, str]]:
    """As httpx wrote them; how a body of unknown length is cut up is for the connection to say."""
    named = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    return [(name, value) for name, value in named if name.lower() != "transfer-encoding"]


async def _request_body(request: httpx.Request, watch: asyncio.Timeout, limits: dict[str, float]) -> Any:
    """The body whole where it is short; else in pieces, each of which must leave in time."""
    pieces = _pieces(request.stream)
    first = await anext(pieces, b"")
    if len(first) < _PIECE:
        return first or None
    return _watched(first, pieces, watch, limits)


async def _pieces(stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> AsyncIterator[bytes]:
    """Pieces of one size, the last one shorter: a form comes as many small parts, a packet each."""
    assert isinstance(stream, httpx.AsyncByteStream)
    pending = bytearray()
    async for part in stream:
        pending += part
        start = 0
        while len(pending) - start >= _PIECE:
            yield bytes(memoryview(pending)[start : start + _PIECE])
            start += _PIECE
        pending = pending[start:]
    if pending:
        yield bytes(pending)


async def _watched(
    first: bytes, others: AsyncIterator[bytes], watch: asyncio.Timeout, limits: dict[str, float]
) -> AsyncIterator[bytes]:
    """The pieces; the request is given up when one of them, or the answer behind them, takes too long."""
    _extend(watch, limits["write"])
    yield first
    async for piece in others:
        _extend(watch, limits["write"])
        yield piece
    _extend(watch, limits["write"] + limits["read"])


def _extend(watch: asyncio.Timeout, seconds: float) -> None:
    """The watch has ended where the host answered before it had read all."""
    with suppress(RuntimeError):
        watch.reschedule(asyncio.get_running_loop().time() + seconds)


@contextmanager
def _in_words_of_httpx() -> Iterator[None]:
    """Raise what httpx would have raised.

    Only what went wrong while a connection was made means that nothing was sent.
    """
    try:
        yield
    except (aiohttp.NonHttpUrlClientError, aiohttp.InvalidURL) as error:
        raise httpx.UnsupportedProtocol(str(error)) from error
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(str(error)) from error
    except (aiohttp.ClientConnectorError, UnicodeError) as error:
        # A name that cannot be looked up, since it has an empty label or one that is too long.
        raise httpx.ConnectError(str(error)) from error
    except aiohttp.SocketTimeoutError as error:
        raise httpx.ReadTimeout(str(error)) from error
    except (
        aiohttp.ClientResponseError,
        aiohttp.ClientPayloadError,
        aiohttp.ServerDisconnectedError,
    ) as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except TimeoutError as error:
        raise httpx.WriteTimeout(str(error)) from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError(str(error)) from error
