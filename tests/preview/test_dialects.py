from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sorasync.errors import SorasyncError
from sorasync.preview.dialects import NAMES, dialect_of
from sorasync.preview.dialects.shapes import size_of
from sorasync.preview.media import tiny_video
from sorasync.preview.refusal import RefusedError
from tests.preview.kit import preview

OPENROUTER_MODEL = {
    "id",
    "canonical_slug",
    "name",
    "created",
    "supported_sizes",
    "supported_durations",
    "supported_resolutions",
    "supported_aspect_ratios",
    "supported_frame_images",
    "generate_audio",
    "seed",
    "creativity",
    "upscale_factor",
    "allowed_passthrough_parameters",
    "pricing_skus",
}
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


def test_openrouter_names_an_address_to_poll_and_says_of_its_models_what_its_clients_read(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="openrouter") as it:
            made = (await it.http.post("/videos", json={"model": "m", "prompt": "x", "duration": 5})).json()
            assert (await it.http.get(made["polling_url"])).json()["id"] == made["id"]
            models = (await it.http.get("/videos/models")).json()["data"]
            for model in models:
                assert model.keys() >= OPENROUTER_MODEL
                assert "1280x720" in model["supported_sizes"] and 4 in model["supported_durations"]
                assert {"720p"} <= set(model["supported_resolutions"]) <= {"720p", "1080p"}
                assert all(isinstance(price, str) for price in model["pricing_skus"].values())

    asyncio.run(run())


def test_fastvideo_lists_without_cursors_and_fails_at_the_content_route(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="fastvideo", render_seconds=10) as it:
            await it.faults({"route": "create", "do": "fail", "nth": 3})
            form = {name: (None, value) for name, value in FORM.items()}
            extra = {"extra_body": (None, '{"num_frames": 17}')}
            first = (await it.http.post("/videos", files=form | extra)).json()
            assert first["id"].isalnum() and not {"prompt", "expires_at"} & first.keys()
            second = (await it.http.post("/videos", json=FORM | {"seconds": 4})).json()
            it.clock.time += 5
            assert (await it.get(first["id"]))["status"] == "queued"
            page = (await it.http.get("/videos", params={"limit": 1})).json()
            assert page.keys() == {"data", "object"} and page["data"][0]["id"] == second["id"]
            rest = (await it.http.get("/videos", params={"after": second["id"]})).json()["data"]
            assert [job["id"] for job in rest] == [first["id"]]
            failed = (await it.http.post("/videos", json=FORM)).json()
            early = await it.http.get(f"/videos/{failed['id']}/content")
            assert (early.status_code, early.json()) == (404, {"detail": "Video still being generated"})
            it.clock.time += 11
            assert (await it.get(failed["id"]))["error"] == {"message": "Video generation failed."}
            assert (await it.http.get(f"/videos/{failed['id']}/content")).status_code == 500
            path = f"/videos/{first['id']}/content"
            assert (await it.http.get(path, params={"variant": "thumbnail"})).status_code == 200

    asyncio.run(run())


def test_rapid_mlx_answers_409_while_it_renders_and_410_for_a_file_that_is_gone(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="rapid-mlx", render_seconds=10, api_key="k") as it:
            assert (await it.http.get("/videos")).json() == {"detail": "Invalid API key"}
            it.http.headers["x-api-key"] = "k"
            made = (await it.http.post("/videos", data={"prompt": "x", "size": "512x512"})).json()
            path = f"/videos/{made['id']}"
            it.clock.time += 5
            assert (await it.http.get(f"{path}/content")).status_code == 409
            assert (await it.http.delete(path)).json() == {"detail": "video generation is in progress"}
            it.clock.time += 6
            assert (await it.http.get(f"{path}/content")).status_code == 200
            it.clock.time += 7200
            gone = await it.http.get(f"{path}/content")
            assert (gone.status_code, gone.json()) == (410, {"detail": "video content has expired"})
            assert "expires_at" not in await it.get(made["id"])
            deleted = (await it.http.delete(path)).json()
            assert (deleted["deleted"], deleted["status"]) == (True, "completed")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 200),
        ({"seconds": "21"}, 400),
        ({"size": "500x500"}, 400),
        ({"size": "1280x720", "seconds": "1"}, 200),
        ({"size": "1280x720", "seconds": "2"}, 400),
        ({"prompt": "x" * 4097}, 422),
    ],
)
def test_rapid_mlx_has_limits_of_its_own(tmp_path: Path, fields: dict[str, str], status: int) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="rapid-mlx") as it:
            answer = await it.http.post("/videos", data={"prompt": "x"} | fields)
            assert answer.status_code == status
            assert status == 200 or "detail" in answer.json()
            assert (await it.http.post("/videos", json={"prompt": "x"})).status_code == 422

    asyncio.run(run())


def test_rapid_mlx_lists_the_newest_and_drops_the_oldest_of_more_than_a_hundred(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="rapid-mlx") as it:
            made = []
            for number in range(101):
                answer = await it.http.post("/videos", data={"prompt": f"cat {number}", "size": "256x256"})
                made.append(answer.json()["id"])
            page = (await it.http.get("/videos", params={"limit": 100, "after": made[-1]})).json()
            assert page.keys() == {"object", "data"}
            assert [job["id"] for job in page["data"]] == made[:0:-1]
            assert (await it.http.get(f"/videos/{made[0]}")).status_code == 404

    asyncio.run(run())


def test_rapid_mlx_goes_on_from_a_file_by_frames(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="rapid-mlx") as it:
            clip = {"input_video": ("a.mp4", tiny_video(512, 512, 2, "x"))}
            for frames, status in (("48", 200), ("50", 400), ("7", 400)):
                given = {"prompt": "on", "extend_frames": frames}
                answer = await it.http.post("/videos/extend", data=given, files=clip)
                assert answer.status_code == status
            assert len((await it.ledger())["rows"]) == 1
            assert (await it.http.post("/videos/extend", data={"prompt": "on"})).status_code == 422

    asyncio.run(run())


def test_dynamo_answers_when_the_video_is_done_and_keeps_no_job(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, dialect="dynamo", render_seconds=10) as it:
            body: dict[str, Any] = {"prompt": "x", "model": "wan", "seconds": 4, "size": "832x480"}
            begun = it.clock.time
            done = (await it.http.post("/videos", json=body)).json()
            assert it.clock.time - begun >= 10
            assert (done["status"], done["error"], done["created"]) == ("completed", None, int(begun))
            assert (await it.http.get(done["data"][0]["url"])).headers["content-type"] == "video/mp4"
            inside = (await it.http.post("/videos", json=body | {"response_format": "b64_json"})).json()
            assert base64.b64decode(inside["data"][0]["b64_json"])[4:8] == b"ftyp"
            for odd in ({"seconds": "4"}, {"input_reference": {"image_url": "x"}}, {"model": None}):
                refused = await it.http.post("/videos", json=body | odd)
                assert (refused.status_code, refused.json().keys()) == (400, {"message", "type", "code"})
            asked = await it.http.get("/videos")
            assert (asked.status_code, asked.headers["allow"]) == (405, "POST")
            await it.faults({"route": "create", "do": "fail"})
            failed = await it.http.post("/videos", json=body)
            assert (failed.status_code, failed.json()["status"]) == (200, "failed")
            assert (failed.json()["error"], failed.json()["data"]) == ("Video generation failed.", [])

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
            wrapped = {"openai", "vllm-omni", "litellm", "openrouter", "comfyui"}
            wrapped |= {"vertex", "ark", "minimax", "comfy-api"}
            assert isinstance(answer.json().get("error"), dict) == (name in wrapped)

    asyncio.run(run())


def test_an_unknown_dialect_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(SorasyncError) as caught:
        dialect_of("bling")
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
