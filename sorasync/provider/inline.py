"""Files inside an answer, as base64: NVIDIA Dynamo and LocalAI send them when asked to."""

from __future__ import annotations

import binascii
from collections.abc import AsyncIterator
from pathlib import Path

from sorasync.library_file import open_file
from sorasync.provider.errors import BadDownload

SCHEME = "data:"
_MARK = ";base64,"
# Characters of base64, or bytes of a file, per piece.
_PIECE = 1 << 20
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def inlined(content: str, content_type: str = "video/mp4") -> str:
    """Base64 as an address that holds its own content (RFC 2397); one that is such an address stays it."""
    if content[: len(SCHEME)].lower() == SCHEME:
        return content
    return f"{SCHEME}{content_type}{_MARK}{content}"


def is_inline(url: str) -> bool:
    """Whether an address holds its own content."""
    return url[: len(SCHEME)].lower() == SCHEME


class Base64:
    """Decodes a text that comes in parts. Raises `BadDownload` where it is none."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, text: bytes) -> bytes:
        """What the next part adds."""
        text = self._rest + text
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        return self._decoded(text[:whole])

    def end(self) -> bytes:
        """What is left."""
        rest, self._rest = self._rest, b""
        return self._decoded(rest)

    def _decoded(self, text: bytes) -> bytes:
        try:
            return binascii.a2b_base64(text.translate(_URL_SAFE), strict_mode=True)
        except ValueError:
            raise BadDownload("the server sent a file that is not base64") from None


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
        decoder = Base64()
        for start in range(0, len(self._text), _PIECE):
            yield decoder.feed(self._text[start : start + _PIECE].encode("ascii", "replace"))
        yield decoder.end()


class OnDisk:
    """An open file that came with the answer and was put on this machine's disk as it came."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.content_type = "video/mp4"
        self.offset = 0
        try:
            self.length: int | None = path.stat().st_size
        except OSError:
            raise BadDownload("the file that came with the answer is no longer here") from None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, a piece at a time."""
        try:
            with open_file(self._path, within=self._path.parent) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as error:
            raise BadDownload(
                f"the file that came with the answer cannot be read: {error.strerror}"
            ) from error
