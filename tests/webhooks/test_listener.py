"""The server that webhooks are sent to."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable

import pytest

from sorasync.errors import SorasyncError
from sorasync.provider.webhook import WebhookEvent, signature
from sorasync.provider.webhook_listener import listening
from tests.provider.fakes import FakeClock

SECRET = "whsec_" + base64.b64encode(b"a secret of ours").decode()
BODY = json.dumps({"id": "evt_1", "type": "video.completed", "data": {"id": "video_1"}}).encode()


class Told:
    """What the listener told."""

    def __init__(self) -> None:
        self.heard: list[WebhookEvent] = []
        self.refused: list[str] = []


def run(scene: Callable[[int, Told], Awaitable[None]]) -> Told:
    told = Told()

    async def play() -> None:
        async with listening(
            "127.0.0.1", 0, SECRET, FakeClock(), heard=told.heard.append, refused=told.refused.append
        ) as port:
            await scene(port, told)

    asyncio.run(play())
    return told


async def send(port: int, raw: bytes) -> int:
    """Send bytes; the status of the answer, 0 where there is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]) if answer else 0


def post(
    body: bytes = BODY, *, secret: str = SECRET, at: int = 1_800_000_000, length: str | None = None
) -> bytes:
    lines = [
        "POST /hooks HTTP/1.1",
        f"content-length: {len(body) if length is None else length}",
        "webhook-id: evt_1",
        f"webhook-timestamp: {at}",
        f"webhook-signature: {signature(body, 'evt_1', str(at), secret)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_signed_webhook_is_heard() -> None:
    async def scene(port: int, told: Told) -> None:
        assert await send(port, post()) == 204

    told = run(scene)
    assert [(event.type, event.subject) for event in told.heard] == [("video.completed", "video_1")]


def test_wrong_signatures_get_401_and_are_told_of_once() -> None:
    async def scene(port: int, told: Told) -> None:
        other = "whsec_" + base64.b64encode(b"of somebody else").decode()
        for _ in range(3):
            assert await send(port, post(secret=other)) == 401

    told = run(scene)
    assert told.heard == []
    assert len(told.refused) == 1


def test_an_old_webhook_is_refused_though_its_signature_holds() -> None:
    async def scene(port: int, told: Told) -> None:
        assert await send(port, post(at=1_799_000_000)) == 401

    assert run(scene).heard == []


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nx: " + b"y" * 40_000 + b"\r\n\r\n", 400),
    ],
)
def test_what_is_no_webhook_is_refused_and_nothing_else_happens(raw: bytes, status: int) -> None:
    async def scene(port: int, told: Told) -> None:
        assert await send(port, raw) in (status, 0)
        assert await send(port, post()) == 204

    assert run(scene).refused == []


def test_who_hangs_up_in_the_middle_disturbs_nobody() -> None:
    async def scene(port: int, told: Told) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post()[:-10])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert await send(port, post()) == 204

    assert len(run(scene).heard) == 1


def test_a_secret_that_is_none_is_told_before_anything_is_listened_for() -> None:
    async def scene() -> None:
        async with listening("127.0.0.1", 0, "whsec_!", FakeClock(), heard=print, refused=print):
            raise AssertionError

    with pytest.raises(SorasyncError, match="secret"):
        asyncio.run(scene())


def test_an_address_that_is_taken_is_an_error() -> None:
    async def scene(port: int, told: Told) -> None:
        with pytest.raises(SorasyncError, match="cannot listen"):
            async with listening("127.0.0.1", port, SECRET, FakeClock(), heard=print, refused=print):
                raise AssertionError

    run(scene)
