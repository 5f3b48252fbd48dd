"""Files that stand in the answer itself, as base64: NVIDIA Dynamo and LocalAI send them so when asked to."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator

from sorasync.provider.errors import BadDownload

SCHEME = "data:"
_MARK = ";base64,"
_PIECE = 1 << 20
"""Characters of base64 that are decoded at a time; a multiple of four."""


def inlined(content: str, content_type: str = "video/mp4") -> str:
    """Base64 as an address that holds its own content (RFC 2397)."""
    return f"{SCHEME}{content_type}{_MARK}{content}"


class Inline:
    """An open file out of such an address; see `sorasync.provider.base.Download`. Raises `BadDownload`."""

    def __init__(self, url: str) -> None:
        head, mark, self._text = url.partition(_MARK)
        if not mark or not head.startswith(SCHEME):
            raise BadDownload("the server sent a file in a form that is not base64")
        self.content_type = head.removeprefix(SCHEME).partition(";")[0].strip().lower()
        self.offset = 0
        self.length: int | None = len(self._text) * 3 // 4 - self._text[-2:].count("=")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, a piece at a time. `BadDownload` where the text is no base64."""
        for start in range(0, len(self._text), _PIECE):
            try:
                yield base64.b64decode(self._text[start : start + _PIECE], validate=True)
            except (binascii.Error, ValueError):
                raise BadDownload("the server sent a file that is not base64") from None
