"""A server inside this process behaves as one at the end of a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from sorasync.provider.local import Asgi, in_process

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
START: dict[str, Any] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"video/mp4")],
}


def caller(app: Asgi) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=in_process(app), base_url="http://preview.invalid/v1")


def test_a_body_streams_and_the_server_is_never_far_ahead() -> None:
    sent = 0

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(START)
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
            sent += 1
        await send({"type": "http.response.body", "body": b""})

    async def go() -> int:
        got = 0
        async with caller(app) as client, client.stream("GET", "/x") as response:
            async for chunk in response.aiter_raw():
                got += len(chunk)
                assert sent * 1000 - got <= 20_000
        return got

    assert asyncio.run(go()) == 1_000_000


def test_a_request_s_body_streams_as_well() -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message["body"])
            more = message["more_body"]
        await send(START)
        await send({"type": "http.response.body", "body": str(size).encode()})

    async def body() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    async def go() -> str:
        async with caller(app) as client:
            return (await client.post("/x", content=body())).text

    assert asyncio.run(go()) == "10000"


def test_the_path_keeps_what_is_encoded() -> None:
    seen: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await send(START)
        await send({"type": "http.response.body"})

    async def go() -> None:
        async with caller(app) as client:
            await client.get("/videos/a%2Fb?after=c%3D")

    asyncio.run(go())
    assert (seen[0]["path"], seen[0]["raw_path"], seen[0]["query_string"]) == (
        "/v1/videos/a/b",
        b"/v1/videos/a%2Fb",
        b"after=c%3D",
    )


@pytest.mark.parametrize("error", [httpx.RemoteProtocolError("cut"), httpx.ReadError("cut")])
@pytest.mark.parametrize("page_first", [False, True])
def test_a_break_before_the_answer_breaks_the_connection(
    error: httpx.TransportError, page_first: bool
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if page_first:
            await send(START | {"status": 500})
            await send({"type": "http.response.body", "body": b"Internal Server Error"})
        raise error

    async def go() -> None:
        async with caller(app) as client:
            await client.get("/x")

    with pytest.raises(type(error)):
        asyncio.run(go())


def test_a_break_in_the_middle_of_a_body_comes_after_its_first_bytes() -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        raise httpx.ReadError("cut")

    async def go() -> None:
        got = b""
        async with caller(app) as client, client.stream("GET", "/x") as response:
            with pytest.raises(httpx.ReadError):
                async for chunk in response.aiter_raw():
                    got += chunk
        assert got == b"abc"

    asyncio.run(go())


def test_a_fault_of_the_application_is_a_500() -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        raise KeyError("bug")

    async def go() -> int:
        async with caller(app) as client:
            return (await client.get("/x")).status_code

    assert asyncio.run(go()) == 500


def test_who_hangs_up_stops_the_application() -> None:
    ended = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await send(START)
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
        finally:
            ended.append(True)

    async def go() -> None:
        async with caller(app) as client, client.stream("GET", "/x") as response:
            await anext(response.aiter_raw())
        assert ended == [True]

    asyncio.run(go())


def test_what_an_application_does_after_its_answer_is_not_cut_off() -> None:
    tidied = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"x"})
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tidied.append(True)

    async def go() -> None:
        async with caller(app) as client:
            await client.get("/x")
            for _ in range(5):
                await asyncio.sleep(0)
        assert tidied == [True]

    asyncio.run(go())
