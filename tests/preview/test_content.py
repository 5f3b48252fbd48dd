from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
from PIL import Image

from tests.preview.kit import error_of, preview


def test_content_is_a_valid_video_of_the_length_and_size_asked_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            first, second = await it.completed(seconds="12"), await it.completed(seconds="12")
            bodies = [(await it.http.get(f"/videos/{job['id']}/content")).content for job in (first, second)]
            assert bodies[0] != bodies[1]
            with av.open(io.BytesIO(bodies[0]), "r") as container:
                assert container.duration == 12 * av.time_base
                assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 1280)

    asyncio.run(run())


def test_content_has_three_variants_of_the_right_type(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            wanted = {"video": "video/mp4", "thumbnail": "image/webp", "spritesheet": "image/jpeg"}
            for variant, kind in wanted.items():
                answer = await it.http.get(f"/videos/{job['id']}/content", params={"variant": variant})
                assert answer.headers["content-type"] == kind
                if variant != "video":
                    assert Image.open(io.BytesIO(answer.content)).get_format_mimetype() == kind
            answer = await it.http.get(f"/videos/{job['id']}/content", params={"variant": "gif"})
            assert answer.status_code == 400

    asyncio.run(run())


def test_content_can_be_fetched_in_parts_and_revalidated(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            path = f"/videos/{(await it.completed())['id']}/content"
            whole = await it.http.get(path)
            part = await it.http.get(path, headers={"range": "bytes=100-"})
            assert part.status_code == 206
            assert whole.content[:100] + part.content == whole.content
            assert part.headers["content-range"].startswith("bytes 100-")
            same = await it.http.get(path, headers={"if-none-match": whole.headers["etag"]})
            assert same.status_code == 304
            beyond = await it.http.get(path, headers={"range": "bytes=99999999-"})
            assert beyond.status_code == 416

    asyncio.run(run())


def test_content_is_refused_before_completion_and_after_expiry(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=10) as it:
            path = f"/videos/{(await it.create())['id']}/content"
            codes = []
            for tick in (0, 11, 3601):
                it.clock.time += tick
                answer = await it.http.get(path)
                codes.append(answer.status_code if answer.is_success else error_of(answer)["code"])
            assert codes == ["video_not_ready", 200, "asset_expired"]

    asyncio.run(run())
