"""The files that the page is served."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Scope

from sorasync.review.media import file_response


@pytest.mark.parametrize("given_up_at", ["http.response.start", "http.response.body"])
def test_a_file_is_closed_when_the_browser_gives_up_while_it_is_sent(
    tmp_path: Path, given_up_at: str
) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(bytes(1_000_000))
    file = path.open("rb")
    scope: Scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}}

    async def receive() -> Message:
        raise AssertionError("nothing is read of a request without a body")

    async def send(message: Message) -> None:
        if message["type"] == given_up_at:
            raise OSError("the connection is closed")

    with pytest.raises(ClientDisconnect):
        asyncio.run(file_response(file, None, "video/mp4")(scope, receive, send))

    assert file.closed
