"""Faults that change an answer."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Scope, Send

from sorasync.preview.faults.cut import cut
from sorasync.preview.faults.rule import FaultRule

Sleep = Callable[[float], Awaitable[None]]
_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True)
class Whole:
    """An answer that was held back until it was complete."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Spoiler:
    """Stands in for `send`: holds the answer back, spoils it as the rules say, sends it at the end."""

    def __init__(self, scope: Scope, send: Send, rules: list[FaultRule], sleep: Sleep) -> None:
        self._scope = scope
        self._send = send
        self._rules = rules
        self._sleep = sleep
        self._whole = Whole(200, {}, b"")
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        if message["type"] == "http.response.start":
            self._whole.status = message["status"]
            self._whole.headers = dict(message.get("headers", []))
            return
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self._whole.body = b"".join(self._parts)
            await self._finish()

    async def _finish(self) -> None:
        for rule in self._rules:
            if rule.do == "cut_after":
                raise await cut(self._scope, answering=False)
            spoil(rule, self._whole)
        for rule in self._rules:
            if rule.do in ("cut_body", "wrong_length", "slow"):
                await self._send_badly(rule)
                return
        await self._start(len(self._whole.body))
        await self._piece(self._whole.body, more=False)

    async def _send_badly(self, rule: FaultRule) -> None:
        body = self._whole.body
        if rule.do == "cut_body":
            await self._start(len(body))
            await self._piece(body[: int(len(body) * rule.at)], more=True)
            await self._sleep(0)
            raise await cut(self._scope, answering=True)
        if rule.do == "wrong_length":
            await self._start(max(0, len(body) + rule.by))
            await self._piece(body, more=False)
            return
        await self._start(len(body))
        for start in range(0, len(body), rule.chunk):
            await self._piece(body[start : start + rule.chunk], more=True)
            await self._sleep(rule.delay)
        await self._piece(b"", more=False)

    async def _start(self, length: int) -> None:
        headers = self._whole.headers | {b"content-length": str(length).encode()}
        await self._send(
            {"type": "http.response.start", "status": self._whole.status, "headers": list(headers.items())}
        )

    async def _piece(self, body: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def spoil(rule: FaultRule, whole: Whole) -> None:
    """Change an answer in place, for the rules that change what it says."""
    match rule.do:
        case "empty":
            whole.body = b""
        case "truncate":
            whole.body = whole.body[: int(len(whole.body) * rule.at)]
        case "content_type":
            whole.headers[b"content-type"] = rule.type.encode()
        case "file" if rule.file is not None:
            kind = mimetypes.guess_type(rule.file.name)[0] or "application/octet-stream"
            whole.headers[b"content-type"] = kind.encode()
            whole.body = rule.file.read_bytes()
        case "html":
            whole.headers[b"content-type"] = b"text/html"
            whole.body = _PAGE
        case "drop_fields" | "status_word" | "progress":
            whole.body = _change_jobs(whole.body, rule)


def _change_jobs(body: bytes, rule: FaultRule) -> bytes:
    try:
        data = json.loads(body)
    except ValueError:
        return body
    if not isinstance(data, dict):
        return body
    listed = data.get("data")
    for job in listed if isinstance(listed, list) else [data]:
        if isinstance(job, dict) and "status" in job:
            _change(job, rule)
    return json.dumps(data).encode()


def _change(job: dict[str, Any], rule: FaultRule) -> None:
    match rule.do:
        case "drop_fields":
            for name in rule.fields:
                job.pop(name, None)
        case "status_word":
            job["status"] = rule.word
        case "progress" if "progress" in job:
            job["progress"] = rule.value
