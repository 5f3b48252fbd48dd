"""An ASGI transport: a server inside this process, used as if over a network.

`httpx.ASGITransport` gathers the whole answer before it hands it on; here it streams, so that a download
takes no more memory than over a socket, and an answer can break off in the middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from sorasync.provider.transport import FIRST_BYTE, TellsFirstByte

Message = MutableMapping[str, Any]
# An ASGI application.
Asgi = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

# Chunks that the application may be ahead of who reads.
_AHEAD = 8
# Seconds that an application has to end after it began to answer 500.
_ERROR_PAGE = 1.0


def in_process(app: Asgi) -> httpx.AsyncBaseTransport:
    """A transport that calls an ASGI application instead of opening a socket.

    An exception of httpx that the application raises breaks the connection as the network would; any other
    comes back as a 500. Start-up and shut-down events are not sent.
    """
    return _InProcess(app)


class _InProcess(TellsFirstByte):
    def __init__(self, app: Asgi) -> None:
        self._app = app
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if (first_byte := request.extensions.get(FIRST_BYTE)) is not None:
            first_byte()
        exchange = _Exchange(self._app, request)
        self._running.add(exchange.task)
        exchange.task.add_done_callback(self._ended)
        try:
            return await exchange.response()
        except BaseException:
            await exchange.aclose()
            raise

    async def aclose(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()


class _Exchange(httpx.AsyncByteStream):
    """One request and its answer; the stream of the answer's body."""

    def __init__(self, app: Asgi, request: httpx.Request) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue(_AHEAD)
        self._body = request.stream.__aiter__() if isinstance(request.stream, httpx.AsyncByteStream) else None
        self._closed = asyncio.Event()
        self._complete = False
        self.task = asyncio.create_task(self._run(app, _scope(request)))

    async def response(self) -> httpx.Response:
        """The answer's head. A server's own error page is awaited whole: the break behind it counts more."""
        start = await self._next()
        if start["type"] == "http.response.start" and start["status"] == 500:
            await asyncio.wait([self.task], timeout=_ERROR_PAGE)
            self._raise_break()
        if start["type"] != "http.response.start":
            self._raise_break()
            return httpx.Response(500)
        return httpx.Response(start["status"], headers=start.get("headers", []), stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._next()
            if message["type"] != "http.response.body":
                self._raise_break()
                raise httpx.RemoteProtocolError("the answer ended early")
            more = message.get("more_body", False)
            self._complete = not more
            if message.get("body"):
                yield message["body"]

    async def aclose(self) -> None:
        """End the exchange. Who hangs up early stops the application; after the end it may tidy up."""
        self._closed.set()
        if not self._complete:
            self.task.cancel()
            await asyncio.wait([self.task])

    async def _run(self, app: Asgi, scope: Message) -> None:
        await app(scope, self._receive, self._messages.put)

    async def _next(self) -> Message:
        """The application's next message; one without a known type when it has ended."""
        if self._messages.empty() and not self.task.done():
            waiting = asyncio.ensure_future(self._messages.get())
            try:
                await asyncio.wait([waiting, self.task], return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    return waiting.result()
            finally:
                waiting.cancel()
        return {"type": "end"} if self._messages.empty() else self._messages.get_nowait()

    async def _receive(self) -> Message:
        if self._body is not None:
            try:
                return {"type": "http.request", "body": await self._body.__anext__(), "more_body": True}
            except StopAsyncIteration:
                self._body = None
                return {"type": "http.request", "body": b"", "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    def _raise_break(self) -> None:
        """Raises what the application broke the connection with."""
        failure = self.task.exception() if self.task.done() and not self.task.cancelled() else None
        if isinstance(failure, httpx.TransportError):
            raise failure


def _scope(request: httpx.Request) -> Message:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
