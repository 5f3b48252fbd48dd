from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from sorasync.preview.media import tiny_video
from tests.preview.kit import error_of, preview


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return buffer.getvalue()


def test_a_created_job_is_queued_and_has_every_field_of_the_reference(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            answer = await it.http.post("/videos", data={"prompt": "a pier"})
            assert answer.headers["openai-poll-after-ms"] == "20"
            job = answer.json()
            assert job.pop("id").startswith("video_")
            assert job == {
                "object": "video",
                "model": "sora-2",
                "status": "queued",
                "progress": 0,
                "created_at": 1_800_000_000,
                "completed_at": None,
                "prompt": "a pier",
                "size": "720x1280",
                "seconds": "4",
                "remixed_from_video_id": None,
                "error": None,
            }

    asyncio.run(run())


def test_a_job_goes_from_queued_over_in_progress_to_completed_as_time_passes(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=100) as it:
            job = await it.create()
            seen = []
            for _ in range(12):
                shown = await it.get(job["id"])
                seen.append((shown["status"], shown["progress"]))
                it.clock.time += 10
            assert seen[0] == ("queued", 0)
            assert seen[5] == ("in_progress", 50)
            assert seen[-1] == ("completed", 100)
            assert shown["completed_at"] == 1_800_000_100
            assert shown["expires_at"] == 1_800_003_700

    asyncio.run(run())


@pytest.mark.parametrize("encoding", ["json", "data", "files"])
def test_create_takes_every_encoding(tmp_path: Path, encoding: str) -> None:
    async def run() -> None:
        fields = {"prompt": "a pier", "seconds": "8", "size": "1280x720", "model": "sora-2-pro"}
        sent = {name: (None, value) for name, value in fields.items()} if encoding == "files" else fields
        async with preview(tmp_path) as it:
            answer = await it.http.post("/videos", **{encoding: sent})  # type: ignore[arg-type]
            job = answer.json()
            assert (job["seconds"], job["size"], job["model"]) == ("8", "1280x720", "sora-2-pro")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"prompt": "x", "model": "veo"}, "model"),
        ({"prompt": "x", "seconds": "5"}, "seconds"),
        ({"prompt": "x", "seconds": 8}, "seconds"),
        ({"prompt": "x", "size": "1920x1080"}, "size"),
        ({"prompt": "x", "model": "sora-2-pro", "size": "640x480"}, "size"),
        ({"prompt": "x", "characters": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}, "characters"),
        ({"prompt": "x", "characters": "a"}, "characters"),
        ({"prompt": "x", "seed": 3}, "seed"),
        ({"prompt": "x", "input_reference": {"image_url": "data:,", "file_id": "f"}}, "input_reference"),
        ({"prompt": "x", "input_reference": {"image_url": "https://127.0.0.1/a.png"}}, "input_reference"),
    ],
)
def test_create_refuses_what_the_reference_refuses(
    tmp_path: Path, fields: dict[str, object], param: str
) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            answer = await it.http.post("/videos", json=fields)
            assert answer.status_code == 400
            error = error_of(answer)
            assert error["param"] == param
            assert error["type"] == "invalid_request_error"
            assert (await it.ledger())["count"] == 0

    asyncio.run(run())


def test_broken_json_is_refused_in_the_reference_form(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            answer = await it.http.post("/videos", content=b"{", headers={"content-type": "application/json"})
            assert answer.status_code == 400
            assert "JSON" in error_of(answer)["message"]

    asyncio.run(run())


def test_a_first_frame_must_have_exactly_the_size_asked_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            for image, status in ((picture(720, 1280), 200), (picture(720, 720), 400), (b"no image", 400)):
                answer = await it.http.post(
                    "/videos", data={"prompt": "x"}, files={"input_reference": ("a.png", image)}
                )
                assert answer.status_code == status, answer.text

    asyncio.run(run())


def test_a_first_frame_may_come_as_a_data_url_or_a_stored_file(tmp_path: Path) -> None:
    async def run() -> None:
        import base64

        url = "data:image/webp;base64," + base64.b64encode(picture(720, 1280, "WEBP")).decode()
        async with preview(tmp_path) as it:
            await it.create(input_reference={"image_url": url})
            stored = await it.http.post(
                "/files", data={"purpose": "vision"}, files={"file": ("a.png", picture(720, 1280))}
            )
            job = await it.create(input_reference={"file_id": stored.json()["id"]})
            kept = it.server.jobs.get(job["id"])
            assert kept is not None and kept.image is not None

    asyncio.run(run())


def test_pages_of_the_list_hold_every_job_once_newest_first(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            made = [(await it.create(f"p{number}"))["id"] for number in range(7)]
            seen: list[str] = []
            after: dict[str, str] = {}
            more = True
            while more:
                page = (await it.http.get("/videos", params={"limit": 3, **after})).json()
                seen += [job["id"] for job in page["data"]]
                assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
                after, more = {"after": page["last_id"]}, page["has_more"]
            assert seen == made[::-1]
            rising = (await it.http.get("/videos", params={"order": "asc"})).json()
            assert [job["id"] for job in rising["data"]] == made
            assert (await it.http.get("/videos", params={"limit": 101})).status_code == 400
            nothing = (await it.http.get("/videos", params={"limit": 0})).json()
            assert nothing["data"] == [] and nothing["has_more"] is True

    asyncio.run(run())


def test_a_new_job_stays_out_of_a_lagging_list(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, list_lag=30) as it:
            await it.create()
            assert (await it.http.get("/videos")).json()["data"] == []
            it.clock.time += 31
            assert len((await it.http.get("/videos")).json()["data"]) == 1

    asyncio.run(run())


def test_a_deleted_video_is_gone_with_its_files(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            await it.http.get(f"/videos/{job['id']}/content")
            assert list((tmp_path / "videos").iterdir())
            answer = await it.http.delete(f"/videos/{job['id']}")
            assert answer.json() == {"id": job["id"], "object": "video.deleted", "deleted": True}
            assert not list((tmp_path / "videos").iterdir())
            for method in ("GET", "DELETE"):
                assert (await it.http.request(method, f"/videos/{job['id']}")).status_code == 404

    asyncio.run(run())


def test_an_extension_is_one_stitched_video_billed_for_what_it_adds(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed(seconds="8", size="1280x720", model="sora-2-pro")
            body = {"video": {"id": job["id"]}, "prompt": "on", "seconds": "12"}
            longer = (await it.http.post("/videos/extensions", json=body)).json()
            assert (longer["seconds"], longer["size"], longer["model"]) == ("20", "1280x720", "sora-2-pro")
            row = (await it.ledger())["rows"][-1]
            assert (row["kind"], row["seconds"], row["amount_usd"]) == ("extend", 12, "3.60")

    asyncio.run(run())


@pytest.mark.parametrize("form", [{"video[id]": "ID"}, {"video": '{"id": "ID"}'}])
def test_an_extension_may_name_its_source_in_a_form(tmp_path: Path, form: dict[str, str]) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            sent = {name: value.replace("ID", job["id"]) for name, value in form.items()}
            answer = await it.http.post("/videos/extensions", data=sent | {"prompt": "on", "seconds": "4"})
            assert answer.json()["seconds"] == "8"

    asyncio.run(run())


def test_six_extensions_and_120_seconds_are_the_most(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            for seconds, wanted in (("4", [200] * 6 + [400]), ("20", [200] * 5 + [400])):
                job = await it.completed(seconds=seconds)
                got = []
                for _ in wanted:
                    body = {"video": {"id": job["id"]}, "prompt": "on", "seconds": seconds}
                    answer = await it.http.post("/videos/extensions", json=body)
                    got.append(answer.status_code)
                    if answer.status_code == 200:
                        job = await it.get(answer.json()["id"])
                assert got == wanted

    asyncio.run(run())


@pytest.mark.parametrize("extra", [{"characters": [{"id": "char_x"}]}, {"input_reference": {"file_id": "f"}}])
def test_an_extension_takes_neither_characters_nor_an_image(tmp_path: Path, extra: dict[str, object]) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            body = {"video": {"id": job["id"]}, "prompt": "on", "seconds": "4", **extra}
            assert (await it.http.post("/videos/extensions", json=body)).status_code == 400

    asyncio.run(run())


def test_flat_nested_and_old_edits_all_make_a_new_video_of_the_same_length(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed(seconds="8")
            flat = {"video": {"id": job["id"]}, "prompt": "teal"}
            answers = [
                await it.http.post("/videos/edits", json=flat),
                await it.http.post(f"/videos/{job['id']}/edits", json={"prompt": "teal"}),
                await it.http.post(f"/videos/{job['id']}/remix", json={"prompt": "teal"}),
            ]
            for answer in answers:
                assert answer.json()["remixed_from_video_id"] == job["id"]
                assert answer.json()["seconds"] == "8"
            assert [row["seconds"] for row in (await it.ledger())["rows"]] == [8, 8, 8, 8]

    asyncio.run(run())


def test_an_uploaded_source_may_leave_its_model_out_and_gives_its_own_shape(tmp_path: Path) -> None:
    async def run() -> None:
        clip = {"video": ("a.mp4", tiny_video(1280, 720, 6, "x"))}
        async with preview(tmp_path) as it:
            for model in ({}, {"model": "sora-2-pro"}):
                given = {"prompt": "teal"} | model
                job = (await it.http.post("/videos/edits", data=given, files=clip)).json()
                assert (job["seconds"], job["size"], job["remixed_from_video_id"]) == ("6", "1280x720", None)
                assert job["model"] == model.get("model", "sora-2")
            more = {"prompt": "on", "seconds": "4"}
            assert (await it.http.post("/videos/extensions", data=more, files=clip)).json()["seconds"] == "10"
            broken = {"video": ("a.mp4", b"not a video")}
            answer = await it.http.post("/videos/extensions", data=more, files=broken)
            assert error_of(answer)["code"] == "invalid_video"

    asyncio.run(run())


def test_a_source_must_be_completed_and_still_held(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=10) as it:
            job = await it.create()
            body = {"video": {"id": job["id"]}, "prompt": "on", "seconds": "4"}
            for tick, status in ((0, 400), (11, 200), (3601, 404)):
                it.clock.time += tick
                assert (await it.http.post("/videos/extensions", json=body)).status_code == status
            absent = body | {"video": {"id": "video_absent"}}
            assert (await it.http.post("/videos/extensions", json=absent)).status_code == 404

    asyncio.run(run())


def test_a_character_is_uploaded_once_and_used_in_json_and_forms(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            made = (
                await it.http.post(
                    "/videos/characters", data={"name": "Mossy"}, files={"video": ("m.mp4", b"clip")}
                )
            ).json()
            assert made == {"id": made["id"], "name": "Mossy", "created_at": 1_800_000_000}
            assert (await it.http.get(f"/videos/characters/{made['id']}")).json() == made
            assert (await it.http.get("/videos/characters/char_none")).status_code == 404
            in_json = await it.create("Mossy runs", characters=[{"id": made["id"]}])
            in_form = await it.http.post(
                "/videos", data={"prompt": "Mossy runs", "characters[][id]": made["id"]}
            )
            for job_id in (in_json["id"], in_form.json()["id"]):
                kept = it.server.jobs.get(job_id)
                assert kept is not None and kept.characters == (made["id"],)
            answer = await it.http.post("/videos", json={"prompt": "x", "characters": [{"id": "char_none"}]})
            assert answer.status_code == 404
            row = (await it.ledger())["rows"][0]
            assert (row["kind"], row["amount_usd"], row["job"]) == ("character", "0.00", made["id"])

    asyncio.run(run())


@pytest.mark.parametrize("name", ["", "x" * 81])
def test_a_character_name_has_1_to_80_characters(tmp_path: Path, name: str) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            answer = await it.http.post(
                "/videos/characters", data={"name": name}, files={"video": ("m.mp4", b"clip")}
            )
            assert error_of(answer)["param"] == "name"

    asyncio.run(run())


def test_a_key_is_asked_for_when_one_is_set(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, api_key="right") as it:
            for headers, status in (
                ({}, 401),
                ({"authorization": "Bearer wrong"}, 401),
                ({"authorization": "Bearer right"}, 200),
                ({"api-key": "right"}, 200),
            ):
                assert (await it.http.get("/videos", headers=headers)).status_code == status
            assert (await it.http.get("http://preview/healthz")).status_code == 200

    asyncio.run(run())


def test_too_many_unfinished_jobs_are_refused_with_429(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, max_in_flight=2, render_seconds=10) as it:
            await it.create()
            await it.create()
            answer = await it.http.post("/videos", json={"prompt": "x"})
            assert answer.status_code == 429
            assert answer.headers["retry-after"] == "5"
            it.clock.time += 11
            await it.create()

    asyncio.run(run())


def test_unknown_routes_and_methods_have_the_reference_error(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            assert error_of(await it.http.get("/nothing"))["type"] == "invalid_request_error"
            wrong = await it.http.put("/videos")
            assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
            assert (await it.http.post("/videos/x")).headers["allow"] == "DELETE, GET"

    asyncio.run(run())


def test_requests_are_counted_by_route(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            await it.http.get("/videos")
            await it.http.get(f"/videos/{job['id']}/content")
            counts = (await it.http.get("http://preview/preview/requests")).json()
            assert counts == {"content": 1, "create": 1, "get": 1, "list": 1}

    asyncio.run(run())


def test_models_are_listed(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            data = (await it.http.get("/models")).json()["data"]
            assert [model["id"] for model in data] == ["sora-2", "sora-2-pro"]

    asyncio.run(run())


def test_uploads_of_refused_requests_are_not_kept(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            wrong = {"input_reference": ("a.png", picture(64, 64))}
            assert (await it.http.post("/videos", data={"prompt": "x"}, files=wrong)).status_code == 400
            broken = {"video": ("a.mp4", b"not a video")}
            body = {"prompt": "x", "model": "sora-2"}
            assert (await it.http.post("/videos/edits", data=body, files=broken)).status_code == 400
            assert list((tmp_path / "uploads").iterdir()) == []

    asyncio.run(run())
