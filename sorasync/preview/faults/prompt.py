"""Looking for a text in the prompt of a request that nobody has parsed yet."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

from starlette.types import Message, Receive


class Heard:
    """A request's body, read once and given again to whoever asks."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body: bytes | None = None

    async def listen(self) -> None:
        """Read the whole body, once."""
        if self._body is not None:
            return
        parts = []
        more = True
        while more:
            message = await self._receive()
            parts.append(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        self._body = b"".join(parts)
        self._given = False

    async def receive(self) -> Message:
        """The body in one piece, then whatever comes."""
        if self._body is None or self._given:
            return await self._receive()
        self._given = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    def holds(self, text: str) -> bool:
        """Whether the body contains the text, in any of the encodings a body may have."""
        body = self._body or b""
        forms = {
            text,
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            quote_plus(text),
            quote(text),
        }
        return any(form.encode() in body for form in forms)
