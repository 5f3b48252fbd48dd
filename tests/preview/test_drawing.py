from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import av
from PIL import Image

from sorasync.preview.media import tiny_video
from tests.preview.kit import Preview, preview, until


async def finished(it: Preview, job: dict[str, Any]) -> dict[str, Any]:
    await until(lambda: it.finished(job["id"]))
    return await it.get(job["id"])


async def shape(it: Preview, job: dict[str, Any]) -> tuple[int, int, int]:
    content = (await it.http.get(f"/videos/{job['id']}/content")).content
    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        assert container.duration is not None
        return stream.width, stream.height, round(container.duration / av.time_base)


def test_a_render_its_extension_and_its_edit_are_drawn(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, draw=True) as it:
            clip = {"video": ("m.mp4", tiny_video(1280, 720, 2, "x"))}
            character = await it.http.post("/videos/characters", data={"name": "Mossy"}, files=clip)
            job = await it.create(
                "Mossy runs", size="1280x720", characters=[{"id": character.json()["id"]}], label="clip.a#1"
            )
            assert job["status"] == "queued"
            job = await finished(it, job)
            assert job["status"] == "completed", job
            assert await shape(it, job) == (1280, 720, 4)

            body = {"video": {"id": job["id"]}, "prompt": "on", "seconds": "4"}
            longer = await finished(it, (await it.http.post("/videos/extensions", json=body)).json())
            assert await shape(it, longer) == (1280, 720, 8)

            edit = await finished(
                it, (await it.http.post(f"/videos/{job['id']}/edits", json={"prompt": "teal"})).json()
            )
            assert await shape(it, edit) == (1280, 720, 4)

            for variant in ("thumbnail", "spritesheet"):
                answer = await it.http.get(f"/videos/{job['id']}/content", params={"variant": variant})
                assert Image.open(io.BytesIO(answer.content)).width > 0

    asyncio.run(run())


def test_a_job_that_cannot_be_drawn_fails_unbilled_and_the_others_go_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, draw=True, workers=1) as it:
            source = await finished(it, await it.create())
            (tmp_path / "videos" / f"{source['id']}.mp4").write_bytes(b"broken")
            edit = (await it.http.post(f"/videos/{source['id']}/edits", json={"prompt": "teal"})).json()
            after = await it.create("after")
            failed = await finished(it, edit)
            assert (failed["status"], failed["error"]["code"]) == ("failed", "generation_failed")
            assert (await finished(it, after))["status"] == "completed"
            assert {row["job"] for row in (await it.ledger())["rows"]} == {source["id"], after["id"]}

    asyncio.run(run())


def test_a_character_clip_that_is_no_video_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, draw=True) as it:
            answer = await it.http.post(
                "/videos/characters", data={"name": "Mossy"}, files={"video": ("m.mp4", b"text")}
            )
            assert answer.status_code == 400

    asyncio.run(run())


def test_a_job_deleted_while_it_is_drawn_leaves_no_file(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, draw=True, workers=1) as it:
            job = await it.create(seconds="8")
            after = await it.create("after")
            await until(it.draws)
            assert (await it.http.delete(f"/videos/{job['id']}")).status_code == 200
            await until(lambda: it.finished(after["id"]))
            assert [path.stem for path in (tmp_path / "videos").iterdir()] == [after["id"]]

    asyncio.run(run())


def test_what_was_made_without_drawing_can_be_continued_with_drawing(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            source = await it.completed()
        async with preview(tmp_path, draw=True) as it:
            body = {"video": {"id": source["id"]}, "prompt": "on", "seconds": "4"}
            longer = await finished(it, (await it.http.post("/videos/extensions", json=body)).json())
            assert longer["status"] == "completed", longer
            assert (await shape(it, longer))[2] == 8

    asyncio.run(run())
