"""The files that the page is served."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Scope

from sorasync.assets.store import AssetStore
from sorasync.review.clip_view import with_rates
from sorasync.review.media import Media, file_response
from tests.assets.helpers import make_hdr, put


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


def test_a_clip_says_what_range_its_videos_have(tmp_path: Path) -> None:
    store = AssetStore(tmp_path / "assets")
    media = Media(tmp_path, store)
    plain = put(store, make_hdr(tmp_path / "plain.mp4", "mp4", "libx264", 1).read_bytes())
    wide = put(store, make_hdr(tmp_path / "wide.mp4", "mp4", "libx264", 18).read_bytes())
    media.known = {plain, wide}
    takes: list[dict[str, Any]] = [
        {"video": video, "picture": False, "facts": []} for video in (plain, wide, None)
    ]
    with_rates({"takes": takes, "steps": [], "revisions": []}, media)
    assert [take["facts"] for take in takes] == [[], [["range", "HDR (HLG)"]], []]
