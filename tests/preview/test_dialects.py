from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sorasync.errors import SorasyncError
from sorasync.preview.dialects import NAMES, dialect_of
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.refusal import RefusedError
from tests.preview.kit import preview

FORM = {"prompt": "a pier", "seconds": "4", "size": "1280x720"}


@pytest.mark.parametrize("name", ["vllm-omni", "sglang"])
def test_the_engines_lack_edits_extensions_and_characters(tmp_path: Path, name: str) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect=name) as it:
            for path in ("edits", "extensions", "characters"):
                answer = await it.http.post(f"/videos/{path}", json={})
                assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
            answer = await it.http.post("/videos/x/remix", json={})
            assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    asyncio.run(run())


def test_vllm_omni_reads_forms_only_and_ignores_variants(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="vllm-omni", api_key="k") as it:
            assert (await it.http.get("/videos")).json() == {"error": "Unauthorized"}
            it.http.headers["authorization"] = "Bearer k"
            answer = await it.http.post("/videos", json=FORM)
            assert answer.status_code == 400
            assert answer.json()["error"]["code"] == 400
            job = (await it.http.post("/videos", data=FORM | {"seed": "3", "model": "wan"})).json()
            assert job["id"].startswith("video_gen_")
            job = await it.get(job["id"])
            assert (job["status"], job["progress"], job["expires_at"]) == ("completed", 100, None)
            answer = await it.http.get(f"/videos/{job['id']}/content", params={"variant": "thumbnail"})
            assert answer.headers["content-type"] == "video/mp4"
            assert (await it.http.get("/videos", params={"after": "unknown"})).json()["data"] == []
            odd = await it.http.post("/videos", data=FORM | {"seconds": "4.5"})
            assert odd.status_code == 400

    asyncio.run(run())


@pytest.mark.parametrize(("do", "status"), [("fail", 500), ("fail_moderated", 400)])
def test_a_failed_job_of_vllm_omni_is_an_http_error_with_the_job_inside(
    tmp_path: Path, do: str, status: int
) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="vllm-omni") as it:
            await it.faults({"route": "create", "do": do})
            job = (await it.http.post("/videos", data=FORM)).json()
            answer = await it.http.get(f"/videos/{job['id']}")
            assert answer.status_code == status
            assert answer.json()["object"] == "video"
            assert answer.json()["status"] == "failed"
            assert answer.json()["error"]["code"] == status
            assert (await it.http.get(f"/videos/{job['id']}/content")).status_code == 422

    asyncio.run(run())


def test_sglang_knows_outputs_by_index_and_errors_under_detail(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="sglang") as it:
            job = (await it.http.post("/videos", json=FORM | {"extra_body": {"seed": 3}})).json()
            assert "_" not in job["id"] and "prompt" not in job
            job = await it.get(job["id"])
            path = f"/videos/{job['id']}/content"
            codes = [
                (await it.http.get(path, params={"variant": asked} if asked else {})).status_code
                for asked in ("", "0", "video", "thumbnail")
            ]
            assert codes == [200, 200, 404, 404]
            assert (await it.http.post("/videos", data=FORM)).status_code == 400
            multipart = {name: (None, value) for name, value in FORM.items()}
            assert (await it.http.post("/videos", files=multipart)).status_code == 200
            half = await it.http.post("/videos", json=FORM | {"seconds": "4.5"})
            assert half.json() == {"detail": "Input should be a valid integer"}
            image = await it.http.post("/videos", json=FORM | {"input_reference": {"image_url": "x"}})
            assert image.status_code == 400
            assert (await it.http.get("/videos", params={"limit": 0})).status_code == 422
            gone = (await it.http.delete(f"/videos/{job['id']}")).json()
            assert (gone["object"], gone["status"]) == ("video", "deleted")

    asyncio.run(run())


def test_a_failed_job_of_sglang_has_an_error_without_a_code(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="sglang") as it:
            await it.faults({"route": "create", "do": "fail"})
            job = (await it.http.post("/videos", json=FORM)).json()
            assert (await it.get(job["id"]))["error"] == {"message": "Video generation failed."}

    asyncio.run(run())


def test_litellm_wraps_ids_drops_fields_and_has_neither_list_nor_delete(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="litellm") as it:
            job = (await it.http.post("/videos", json=FORM | {"seconds": 8})).json()
            assert len(job["id"]) > 200
            assert not {"prompt", "quality"} & job.keys()
            assert job["usage"] == {"duration_seconds": 8.0}
            path = f"/videos/{quote(job['id'], safe='')}"
            assert (await it.http.get(path)).json()["id"] == job["id"]
            whole = await it.http.get(f"{path}/content", headers={"range": "bytes=5-9"})
            assert whole.status_code == 200 and len(whole.content) > 100
            thumb = await it.http.get(f"{path}/content", params={"variant": "thumbnail"})
            assert thumb.headers["content-type"] == "video/mp4"
            assert (await it.http.delete(path)).status_code == 405
            assert (await it.http.get("/videos")).status_code == 400
            assert (await it.http.post(f"{path}/edits", json={"prompt": "x"})).status_code == 404
            edit = await it.http.post("/videos/edits", json={"prompt": "x", "video": {"id": job["id"]}})
            raw = edit.json()["remixed_from_video_id"]
            assert raw.startswith("video_") and len(raw) < 50
            assert (await it.http.get(f"/videos/{raw}")).status_code == 500
            error = (await it.http.post("/videos", json=FORM | {"size": "1x1"})).json()["error"]
            assert error["code"] == "400" and error["message"].startswith("litellm.BadRequestError")

    asyncio.run(run())


def test_litellm_wraps_character_ids(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="litellm") as it:
            clip = {"video": ("m.mp4", b"clip")}
            made = (await it.http.post("/videos/characters", data={"name": "Mossy"}, files=clip)).json()
            assert made["id"].startswith("character_")
            path = f"/videos/characters/{quote(made['id'], safe='')}"
            assert (await it.http.get(path)).json() == made
            job = await it.http.post("/videos", json=FORM | {"characters": [{"id": made["id"]}]})
            assert job.status_code == 200

    asyncio.run(run())


def test_new_api_has_few_routes_and_errors_without_a_wrapper(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="new-api", render_seconds=10) as it:
            job = (await it.http.post("/videos", json=FORM)).json()
            assert job["id"] == job["task_id"] and job["id"].startswith("task_")
            assert (await it.http.get("/videos")).status_code == 405
            assert (await it.http.delete(f"/videos/{job['id']}")).status_code == 405
            assert (await it.http.get("/videos/none")).json().keys() == {"code", "message", "data"}
            early = await it.http.get(f"/videos/{job['id']}/content")
            assert early.status_code == 400
            assert early.json()["error"]["message"].startswith("Task is not completed yet")
            it.clock.time += 11
            done = await it.get(job["id"])
            assert (await it.http.get(done["metadata"]["url"])).status_code == 200
            remix = await it.http.post(f"/videos/{job['id']}/remix", json={"prompt": "x"})
            assert remix.status_code == 200

    asyncio.run(run())


def test_openrouter_speaks_its_own_schema(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="openrouter", render_seconds=10) as it:
            body: dict[str, Any] = {"model": "m/v", "prompt": "x", "duration": 5, "resolution": "1080p"}
            answer = await it.http.post("/videos", json=body)
            assert answer.status_code == 202
            job = answer.json()
            assert job["status"] == "pending"
            assert "object" not in job and "created_at" not in job
            it.clock.time += 11
            done = await it.get(job["id"])
            assert (done["status"], done["usage"]["cost"]) == ("completed", 0.5)
            assert (await it.http.get(done["unsigned_urls"][0])).headers["content-type"] == "video/mp4"
            kept = it.server.jobs.get(job["id"])
            assert kept is not None and (kept.size, kept.seconds) == ("1920x1080", 5)
            longer = (await it.http.post("/videos", json=body | {"previous_job_id": job["id"]})).json()
            kept = it.server.jobs.get(longer["id"])
            assert kept is not None and (kept.kind, kept.seconds) == ("extend", 10)
            del body["duration"]
            edit = (await it.http.post("/videos", json=body | {"previous_job_id": job["id"]})).json()
            kept = it.server.jobs.get(edit["id"])
            assert kept is not None and (kept.kind, kept.seconds) == ("edit", 5)
            assert (await it.http.post("/videos", json=body | {"duration": "5"})).status_code == 400
            assert (await it.http.post("/videos", data={"prompt": "x"})).status_code == 400
            assert (await it.http.get("/videos/models")).status_code == 200

    asyncio.run(run())


def test_a_failed_job_of_openrouter_has_its_error_as_text(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="openrouter") as it:
            await it.faults({"route": "create", "do": "fail"})
            job = (await it.http.post("/videos", json={"model": "m", "prompt": "x", "duration": 5})).json()
            assert (await it.get(job["id"]))["error"] == "Video generation failed."

    asyncio.run(run())


def test_xai_answers_with_nothing_while_pending_and_an_address_when_done(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="xai", render_seconds=10, api_key="k") as it:
            it.http.headers["authorization"] = "Bearer k"
            body = {"model": "grok-imagine-video", "prompt": "x", "duration": 6}
            asked = (await it.http.post("/videos/generations", json=body)).json()
            assert asked.keys() == {"request_id"}
            path = f"/videos/{asked['request_id']}"
            first = await it.http.get(path)
            assert (first.status_code, first.content) == (202, b"")
            it.clock.time += 5
            second = await it.http.get(path)
            assert (second.status_code, second.json()["status"]) == (202, "pending")
            it.clock.time += 6
            done = (await it.http.get(path)).json()
            assert done["status"] == "done"
            assert done["video"]["duration"] == 6 and done["video"]["respect_moderation"] is True
            assert done["usage"]["cost_in_usd_ticks"] == 6_000_000_000
            del it.http.headers["authorization"]
            assert (await it.http.get(done["video"]["url"])).headers["content-type"] == "video/mp4"
            it.http.headers["authorization"] = "Bearer k"
            source = {"video": {"url": done["video"]["url"]}, "prompt": "on"}
            longer = (await it.http.post("/videos/extensions", json=source)).json()
            edit = (await it.http.post("/videos/edits", json=source)).json()
            for made, kind, seconds in ((longer, "extend", 12), (edit, "edit", 6)):
                kept = it.server.jobs.get(made["request_id"])
                assert kept is not None and (kept.kind, kept.seconds) == (kind, seconds)
            refused = await it.http.post("/videos/generations", json=body | {"duration": 16})
            assert (refused.status_code, refused.json().keys()) == (400, {"code", "error"})

    asyncio.run(run())


def test_what_xai_blocks_is_done_without_respect_for_moderation(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="xai") as it:
            await it.faults({"route": "create", "do": "fail_moderated"})
            asked = (await it.http.post("/videos/generations", json={"prompt": "x"})).json()
            done = (await it.http.get(f"/videos/{asked['request_id']}")).json()
            assert (done["status"], done["video"]["respect_moderation"]) == ("done", False)
            assert done["video"]["url"] is None

    asyncio.run(run())


@pytest.mark.parametrize("name", NAMES)
def test_fault_refusals_have_the_form_of_the_family(tmp_path: Path, name: str) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect=name) as it:
            await it.faults({"do": "rate_limit", "message": "slower please"})
            path = "/videos/generations" if name == "xai" else "/videos"
            answer = await it.http.post(path, json=FORM)
            assert answer.status_code == 429
            assert "slower please" in answer.text
            wrapped = {"openai", "vllm-omni", "litellm", "openrouter"}
            assert isinstance(answer.json().get("error"), dict) == (name in wrapped)

    asyncio.run(run())


def test_an_unknown_dialect_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(SorasyncError) as caught:
        dialect_of("kling")
    assert caught.value.hint is not None and "sglang" in caught.value.hint


@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [
        (None, None, "1280x720"),
        ("1080p", "16:9", "1920x1080"),
        ("480p", "9:16", "480x854"),
        ("720p", "1:1", "720x720"),
    ],
)
def test_sizes_come_from_resolution_and_ratio(resolution: str | None, ratio: str | None, size: str) -> None:
    assert size_of(resolution, ratio) == size


@pytest.mark.parametrize(("resolution", "ratio"), [("8k", None), (None, "16x9"), (None, "0:1")])
def test_a_shape_that_means_nothing_is_refused(resolution: str | None, ratio: str | None) -> None:
    with pytest.raises(RefusedError):
        size_of(resolution, ratio)
