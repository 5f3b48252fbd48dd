"""The last look before a paid request leaves, over real sockets."""

from __future__ import annotations

import asyncio
import errno
import os

import httpx
import pytest

from sorasync.clock import SystemClock
from sorasync.provider.errors import Exhausted, NotSent, OutcomeUnknown, Withheld
from sorasync.provider.http_request import Outgoing
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.sender import Sender
from sorasync.provider.transport import opened
from sorasync.provider.wire import CreateRequest
from tests.provider.fakes import KEY, FakeHost, Seen, client
from tests.provider.test_transport import OK, host, read_request

POST = Outgoing("/videos", "json", {"prompt": "A cat."})


def sender_to(url: str, whole: float | None = None) -> Sender:
    """A sender with a single connection."""
    spec = client(None, base_url=url).host
    return Sender(spec, KEY, SystemClock(), opened(lambda *_: None, 1), whole=whole)


class Closing(PaymentGate):
    """A gate that a test shuts, and that says when it was asked and when the request left."""

    def __init__(self) -> None:
        self.asked, self.gone = asyncio.Event(), asyncio.Event()
        self.shut = False

    def check(self) -> None:
        self.asked.set()
        if self.shut:
            raise Withheld("not started")

    def leave(self) -> None:
        super().leave()
        self.gone.set()


@pytest.mark.parametrize("proxied", [False, True])
def test_a_request_that_waits_for_a_connection_is_kept_back(
    proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only connection is busy when the gate shuts: then it is free, and nothing may go out on it."""
    if proxied:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    seen: list[bytes] = []
    free = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append(await read_request(reader))
            await free.wait()
            writer.write(OK)
            await writer.drain()

    async def go() -> None:
        async with host(serve) as url:
            sender = sender_to(url)
            first, second = Closing(), Closing()
            one = asyncio.create_task(sender.post("create", POST, first))
            await first.gone.wait()
            two = asyncio.create_task(sender.post("create", POST, second))
            await second.asked.wait()
            second.shut = True
            free.set()
            assert (await one).ok
            with pytest.raises(Withheld):
                await two
            assert (first.left, second.left) == (True, False)
            await sender.aclose()

    asyncio.run(go())
    assert len(seen) == 1


def test_an_answer_that_comes_in_drops_ends_with_an_open_outcome() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def go() -> None:
        async with host(drip) as url:
            sender = sender_to(url, 0.2)
            with pytest.raises(OutcomeUnknown):
                await sender.post("create", POST, PaymentGate())
            await sender.aclose()

    asyncio.run(go())


def test_a_request_that_found_no_connection_in_its_time_was_not_sent() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def go() -> None:
        async with host(silent) as url:
            sender = sender_to(url)
            first = Closing()
            one = asyncio.create_task(sender.post("create", POST, first))
            await first.gone.wait()
            sender._whole_paid = 0.1
            with pytest.raises(NotSent):
                await sender.post("create", POST, PaymentGate())
            one.cancel()
            await asyncio.wait([one])
            await sender.aclose()

    asyncio.run(go())


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_this_machine_s_fault_and_mean_that_nothing_was_sent(number: int) -> None:
    def refuse(seen: Seen) -> Exception:
        error = httpx.ConnectError("no connection")
        error.__cause__ = OSError(number, os.strerror(number))
        return error

    away = FakeHost(refuse)
    with pytest.raises(Exhausted, match="too many open files"):
        asyncio.run(client(away).create(CreateRequest("A cat.", "sora-2", "1280x720", 4)))
    assert len(away.seen) == 1, "it is not tried again"
