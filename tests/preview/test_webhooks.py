from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sorasync.clock import SystemClock
from tests.preview.kit import preview, until

KEY = b"a key of the test"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A receiver of events: its address, and what came."""
    came: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", came
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("rule", "kind"), [(None, "video.completed"), ("fail", "video.failed")])
def test_an_event_is_sent_signed_although_nobody_polls(tmp_path: Path, rule: str | None, kind: str) -> None:
    async def run(url: str) -> str:
        clock = SystemClock()
        async with preview(
            tmp_path, webhook_url=url, webhook_secret=SECRET, clock=clock, render_seconds=0.05
        ) as it:
            if rule is not None:
                await it.faults({"route": "create", "do": rule})
            job = await it.create()
            await until(arrived)
            return str(job["id"])

    async def arrived() -> bool:
        return bool(came)

    with listening() as (url, came):
        job_id = asyncio.run(run(url))
    (headers, body) = came[0]
    event = json.loads(body)
    assert event["type"] == kind
    assert event["data"] == {"id": job_id}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["webhook-id"] == event["id"]
    assert len(came) == 1


def test_an_address_that_does_not_answer_harms_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, webhook_url="http://127.0.0.1:9/hook") as it:
            assert (await it.completed())["status"] == "completed"

    asyncio.run(run())
