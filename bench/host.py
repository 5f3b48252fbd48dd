"""Hosts to measure against, each in a process of its own: `python -m bench.host render|file …`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from pathlib import Path

from sorasync.preview.media import tiny_video
from sorasync.preview.serve import serve
from sorasync.preview.settings import PreviewSettings

_CHUNK = bytes(1 << 20)


def _announce(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


class BigFile:
    """A host whose only video is complete at once and has that many bytes: a small one with a `free` box."""

    def __init__(self, size: int) -> None:
        self._head = tiny_video(1280, 720, 4, "big")
        self._rest = max(8, size - len(self._head))
        self._head += self._rest.to_bytes(4, "big") + b"free"
        self._rest -= 8

    async def run(self) -> None:
        """Serve until cancelled."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        _announce(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                if "transfer-encoding: chunked" in head:
                    await reader.readuntil(b"0\r\n\r\n")
                length = next(
                    (part for part in head.split("\r\n") if part.startswith("content-length:")), ":0"
                )
                await reader.readexactly(int(length.partition(":")[2]))
                await self._answer(head.split(" ")[1], writer)
        writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if "variant=" in path and "variant=video" not in path:
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        elif "/content" in path:
            length = len(self._head) + self._rest
            writer.write(
                f"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: {length}\r\n\r\n".encode()
            )
            writer.write(self._head)
            left = self._rest
            while left:
                part = min(left, len(_CHUNK))
                writer.write(_CHUNK[:part])
                await writer.drain()
                left -= part
        else:
            body = json.dumps({"id": "video_1", "object": "video", "status": "completed"}).encode()
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()


def main() -> None:
    """Serve what the command line asks for; the port is the first line of the output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["render", "file"])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--in-flight", type=int)
    parser.add_argument("--bytes", type=int, default=0)
    parser.add_argument("--dialect", default="openai")
    given = parser.parse_args()
    if given.kind == "file":
        asyncio.run(BigFile(given.bytes).run())
        return
    settings = PreviewSettings(
        given.data,
        draw=False,
        render_seconds=given.seconds,
        max_in_flight=given.in_flight,
        dialect=given.dialect,
    )
    serve(settings, "127.0.0.1", 0, _announce)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
