"""What a connection's failure says: whether a request was sent. Real sockets, hosts of one answer."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from sorasync.provider.connection_words import connection_words
from sorasync.provider.errors import BadDownload
from sorasync.provider.transport import opened

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
LIMITS = httpx.Timeout(5.0)
BRIEF = httpx.Timeout(0.2)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@asynccontextmanager
async def host(serve: Serve) -> AsyncIterator[str]:
    """The address of a host that serves each connection with `serve`."""
    open_ones: set[asyncio.StreamWriter] = set()

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serving, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_ones:
            writer.transport.abort()


def anywhere(host: str, port: int, addresses: list[str]) -> None:
    """Objects to nothing."""


@asynccontextmanager
async def client(limits: httpx.Timeout = LIMITS, connections: int = 4) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=opened(anywhere, connections), timeout=limits) as sending:
        yield sending


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """A request with a body of announced length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0"
    )
    return head + await reader.readexactly(int(length.partition(b":")[2]))


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def half_a_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-le")


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


async def half_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("serve", "raised", "words"),
    [
        (hang_up, httpx.RemoteProtocolError, "it ended the connection, or"),
        (reset, httpx.ReadError, "connection reset"),
        (half_a_head, httpx.RemoteProtocolError, "it ended the connection, or"),
        (no_http, httpx.RemoteProtocolError, "something that is not HTTP"),
        (half_a_body, httpx.RemoteProtocolError, "it ended the connection, or"),
        (silent, httpx.ReadTimeout, "timed out: no answer came"),
    ],
    ids=lambda one: getattr(one, "__name__", "words"),
)
def test_what_breaks_behind_the_request_is_never_taken_for_not_sent(
    serve: Serve, raised: type[Exception], words: str
) -> None:
    async def post() -> None:
        limits = BRIEF if serve is silent else LIMITS
        async with host(serve) as url, client(limits) as sending:
            await sending.post(url, json={"prompt": "A cat."})

    with pytest.raises(raised) as told:
        asyncio.run(post())
    assert words in connection_words(told.value)


async def answers_in_plain_text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("{closed}", "connection refused"),
        ("http://studio..example/", "its name cannot be looked up"),
        ("ftp://studio.example/", "its address is neither http:// nor https://"),
        ("{plain}", "no encrypted connection: does it speak TLS?"),
    ],
)
def test_why_there_is_no_connection_is_said_in_words(address: str, words: str) -> None:
    async def get() -> None:
        async with host(silent) as closed:
            pass
        async with host(answers_in_plain_text) as plain, client() as sending:
            await sending.get(address.format(closed=closed, plain=plain.replace("http:", "https:")))

    with pytest.raises(httpx.TransportError) as told:
        asyncio.run(get())
    assert connection_words(told.value) == words


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no"), "name not found"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "its name could not be looked up"),
        (ssl.SSLCertVerificationError("self-signed"), "its certificate is not trusted"),
        (OSError("something else"), "no connection"),
    ],
)
def test_the_deepest_known_cause_is_what_is_said(cause: OSError, words: str) -> None:
    error = httpx.ConnectError("Cannot connect")
    error.__cause__ = cause
    assert connection_words(error) == words


def test_a_host_that_stops_reading_is_given_up_on() -> None:
    async def post() -> None:
        async with host(deaf) as url, client(BRIEF) as sending:
            await sending.post(url, content=bytes(64 << 20))

    with pytest.raises(httpx.WriteTimeout):
        asyncio.run(post())


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    async def post() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        async with client() as sending:
            await sending.post(f"http://127.0.0.1:{port}", json={})

    with pytest.raises(httpx.ConnectError):
        asyncio.run(post())


def test_a_host_that_does_not_speak_tls_means_that_nothing_was_sent() -> None:
    async def not_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def post() -> None:
        async with host(not_tls) as url, client() as sending:
            await sending.post(url.replace("http:", "https:"), json={})

    with pytest.raises(httpx.ConnectError):
        asyncio.run(post())


def test_waiting_for_a_free_connection_means_that_nothing_was_sent() -> None:
    async def post() -> None:
        limits = httpx.Timeout(5.0, pool=0.1)
        async with host(silent) as url, client(limits, connections=1) as sending:
            first = asyncio.create_task(sending.post(url, json={}))
            await asyncio.sleep(0)
            try:
                await sending.post(url, json={})
            finally:
                first.cancel()
                await asyncio.wait([first])

    with pytest.raises(httpx.ConnectTimeout):
        asyncio.run(post())


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http:///x"])
def test_an_address_that_is_none_means_that_nothing_was_sent(url: str) -> None:
    async def post() -> None:
        async with client() as sending:
            await sending.post(url, json={})

    with pytest.raises(httpx.UnsupportedProtocol):
        asyncio.run(post())


@pytest.mark.parametrize("name", ["files..example", "a" * 70 + ".example"])
def test_a_name_that_no_host_can_have_means_that_nothing_was_sent(name: str) -> None:
    async def post() -> None:
        async with client() as sending:
            await sending.post(f"http://{name}/", json={})

    with pytest.raises(httpx.ConnectError):
        asyncio.run(post())


def test_an_answer_that_comes_before_the_whole_request_was_read_is_an_answer() -> None:
    async def too_large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        while await reader.read(1 << 20):
            pass

    async def post() -> int:
        async with host(too_large) as url, client() as sending:
            return (await sending.post(url, content=bytes(8 << 20))).status_code

    assert asyncio.run(post()) == 413


def test_addresses_and_headers_arrive_and_come_back_as_they_were_written() -> None:
    heads: list[bytes] = []
    location = "https://files.example/" + "s" * 12_000

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(
            f"HTTP/1.1 302 Found\r\nlocation: {location}\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"
            "content-encoding: gzip\r\ncontent-length: 0\r\n\r\n".encode()
        )

    async def get() -> httpx.Response:
        async with host(redirect) as url, client() as sending:
            return await sending.get(f"{url}/v1/videos/a%2Fb%20%C3%A9/content?x=%2B", headers={"X-One": "1"})

    answer = asyncio.run(get())
    assert heads[0].startswith(b"GET /v1/videos/a%2Fb%20%C3%A9/content?x=%2B HTTP/1.1\r\n")
    assert b"x-one: 1" in heads[0].lower()
    assert heads[0].lower().count(b"accept-encoding") == 1
    assert answer.headers["location"] == location
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_connections_are_used_again_unless_an_answer_was_left_unread() -> None:
    connections = 0

    async def long_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            head = await read_request(reader)
            body = bytes(1 << 22) if b"/long" in head else b"{}"
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)

    async def get() -> list[int]:
        counts = []
        async with host(long_answers) as url, client() as sending:
            for path in ("/", "/", "/long", "/"):
                async with sending.stream("GET", url + path) as answer:
                    if path == "/":
                        await answer.aread()
                counts.append(connections)
        return counts

    assert asyncio.run(get()) == [1, 1, 1, 2]


def test_a_connection_that_the_host_closed_while_the_program_was_busy_is_not_sent_on() -> None:
    closed = threading.Event()

    def serve(listening: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(OK)
            closed.set()

    async def post(url: str) -> int:
        async with client() as sending:
            await sending.get(url)
            # The loop stands still, as it does while a commit waits for the disk.
            assert closed.wait(5)
            return (await sending.post(url, json={})).status_code

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, args=(listening,), daemon=True)
        serving.start()
        assert asyncio.run(post(f"http://127.0.0.1:{listening.getsockname()[1]}")) == 200
        serving.join(5)


def test_no_more_connections_are_open_than_allowed() -> None:
    now, most = 0, 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            while True:
                await read_request(reader)
                writer.write(OK)
        except asyncio.IncompleteReadError:
            now -= 1

    async def get() -> None:
        async with host(counting) as url, client(connections=3) as sending:
            await asyncio.gather(*(sending.get(url) for _ in range(30)))

    asyncio.run(get())
    assert most == 3


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_a_proxy_is_gone_through(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(OK)

    async def get() -> int:
        async with host(proxy) as url:
            monkeypatch.setenv(name, url)
            async with client() as sending:
                return (await sending.get("http://videos.example/v1/videos")).status_code

    assert asyncio.run(get()) == 200
    assert heads[0].startswith(b"GET http://videos.example/v1/videos HTTP/1.1\r\n")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_name_leads_only_to_addresses_that_were_judged(
    allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[str] = []
    judged: list[tuple[str, list[str]]] = []

    def look_up(name: str, port: int, *args: object, **kwargs: object) -> object:
        lookups.append(name)
        # Whoever asks twice is told something else the second time.
        address = "127.0.0.1" if len(lookups) == 1 else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def judge(name: str, port: int, addresses: list[str]) -> None:
        judged.append((name, addresses))
        if not allowed:
            raise BadDownload("not there")

    served = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        await read_request(reader)
        writer.write(OK)

    async def get() -> int:
        async with host(serve) as url:
            monkeypatch.setattr(socket, "getaddrinfo", look_up)
            named = url.replace("127.0.0.1", "cdn.example")
            async with httpx.AsyncClient(transport=opened(judge), timeout=LIMITS) as sending:
                return (await sending.get(named)).status_code

    if allowed:
        assert asyncio.run(get()) == 200
    else:
        with pytest.raises(BadDownload):
            asyncio.run(get())
    assert (judged, lookups) == ([("cdn.example", ["127.0.0.1"])], ["cdn.example"])
    assert served == allowed
