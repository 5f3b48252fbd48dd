"""Hosts unlike any family: one answers when the video is done, one keeps its files elsewhere."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("av")

from sorasync.preview.media import tiny_video
from tests.cli.kit import Film, make

Answer = tuple[int, bytes, str]
CLIP = '[clips.pier]\nprompt = "A pier at dusk, warm lamps, a slow dolly."\n'
CONFIG = """\
[provider]
profile = "./odd.toml"
base_url = "{url}"
[defaults]
model = "wan"
size = "1280x720"
seconds = 4
[prices.wan]
"1280x720" = 0.1
"""


@contextmanager
def host(answering: Callable[[str, str], Answer]) -> Iterator[str]:
    """A server whose answers a function makes of method and path; its base address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body, kind = answering(self.command, self.path)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def said(body: object, status: int = 200) -> Answer:
    return status, json.dumps(body).encode(), "application/json"


def library(root: Path, capsys: pytest.CaptureFixture[str], url: str, profile: str) -> Film:
    film = make(root / "film", capsys, CLIP)
    film.write("sorasync.toml", CONFIG.format(url=url))
    film.write("odd.toml", profile)
    return film


def test_a_host_that_answers_with_the_video_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, asked = tiny_video(1280, 720, 4, "x"), list[str]()

    def answering(method: str, path: str) -> Answer:
        asked.append(f"{method} {path}")
        if method == "GET":
            return said({"message": "no route", "type": "Not Found", "code": 404}, 404)
        data = [{"b64_json": base64.b64encode(video).decode(), "output_format": "mp4", "fps": 16}]
        job = {"id": "v-1", "object": "video", "status": "completed", "progress": 100, "created": 5}
        return said(job | {"data": data, "error": None})

    profile = """\
extends = "sglang"
[routes]
get = ""
list = ""
delete = ""
content = ""
models = ""
[encodings]
create = ["json"]
[abilities]
body_urls = true
"""
    with host(answering) as url:
        film = library(tmp_path, capsys, url, profile)
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert (film.root / "assets" / "pier.mp4").read_bytes() == video
        assert asked == ["POST /v1/videos"]
        (film.root / "assets" / "pier.mp4").unlink()
        shown = film.run("doctor")
        assert "POST" not in "".join(asked[1:]) and "reachable" in shown.out


def test_a_host_that_refuses_content_and_names_another_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, own = tiny_video(1280, 720, 4, "x"), list[str]()

    def answering(method: str, path: str) -> Answer:
        if path.endswith("/content"):
            return said({"detail": f"Video is in the bucket, download it from {own[0]}/bucket/1.mp4"}, 400)
        if path.startswith("/v1/bucket/"):
            return 200, video, "application/octet-stream"
        job = {"id": "6e1f", "object": "video", "status": "queued" if method == "POST" else "completed"}
        return said(job | ({} if method == "POST" else {"url": f"{own[0]}/bucket/1.mp4"}))

    with host(answering) as url:
        own.append(url)
        film = library(tmp_path, capsys, url, 'extends = "sglang"\n[routes]\nlist = ""\n')
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert (film.root / "assets" / "pier.mp4").read_bytes() == video
