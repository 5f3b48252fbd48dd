"""Signed events to an address of the user, as Standard Webhooks describes them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable

from sorasync.preview.jobs import Jobs
from sorasync.preview.settings import PreviewSettings

_TIMEOUT = 10.0


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class WebhookSender:
    """Sends events when an address is set. A delivery that fails is not repeated."""

    def __init__(self, settings: PreviewSettings, jobs: Jobs) -> None:
        self._settings = settings
        self._jobs = jobs
        self._tasks: set[asyncio.Task[None]] = set()
        self._watcher: asyncio.Task[None] | None = None

    def tell_job(self, job_id: str, state: str, now: float) -> None:
        """A job has ended."""
        self.tell(f"video.{'completed' if state == 'completed' else 'failed'}", job_id, now)

    def tell(self, kind: str, about: str, now: float) -> None:
        """Send one event in the background."""
        if self._settings.webhook_url is None:
            return
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "created_at": int(now),
            "type": kind,
            "data": {"id": about},
        }
        task = asyncio.create_task(self._send(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def watch(self, settle: Callable[[], None]) -> None:
        """See to it that jobs settle in time although nobody asks. Only done when there is an address."""
        if self._settings.webhook_url is None:
            return
        loop = asyncio.get_running_loop()
        if self._watcher is None or self._watcher.done() or self._watcher.get_loop() is not loop:
            self._watcher = asyncio.create_task(self._watch(settle))

    async def aclose(self) -> None:
        """Wait for what is on its way."""
        if self._watcher is not None:
            self._watcher.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, settle: Callable[[], None]) -> None:
        while self._jobs.in_flight():
            due = self._jobs.next_due()
            wait = 0.1 if due is None else max(0.01, due - self._settings.clock.now())
            await self._settings.clock.sleep(wait)
            settle()

    async def _send(self, event: dict[str, object]) -> None:
        body = json.dumps(event).encode()
        stamp = int(self._settings.clock.now())
        headers = {
            "content-type": "application/json",
            "webhook-id": str(event["id"]),
            "webhook-timestamp": str(stamp),
        }
        if self._settings.webhook_secret is not None:
            headers["webhook-signature"] = sign(self._settings.webhook_secret, str(event["id"]), stamp, body)
        request = urllib.request.Request(self._settings.webhook_url or "", body, headers, method="POST")
        await asyncio.to_thread(_post, request)


def _post(request: urllib.request.Request) -> None:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            answer.read()
    except (urllib.error.URLError, OSError):
        return
