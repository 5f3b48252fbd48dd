"""What a create, an extension and a character upload look like on the wire of each family."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sorasync.profile import load_profile
from sorasync.provider.errors import InvalidRequest, NotFound, NotSupported
from sorasync.provider.wire import CreateRequest, ExtendRequest, Job, JobStatus, Source
from tests.provider.fakes import KEY, FakeHost, Seen, client, job, reply, scripted

URLS = ["https://files.example/1.mp4"]
REQUEST = CreateRequest("A cat.", "sora-2", "1280x720", 8)


def sent(request: CreateRequest | ExtendRequest, profile: str) -> Seen:
    """The one POST that a request becomes."""
    host = FakeHost(lambda seen: reply(200, job("completed", urls=URLS)))
    speaker = client(host, profile)

    async def go() -> Job:
        return await (
            speaker.create(request) if isinstance(request, CreateRequest) else speaker.extend(request)
        )

    assert asyncio.run(go()).id == "video_1"
    posts = [seen for seen in host.seen if seen.method == "POST"]
    assert len(posts) == 1
    return posts[0]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "secret-name.png"
    path.write_bytes(b"\x89PNG bytes")
    return path


def test_the_reference_gets_a_multipart_form_with_seconds_as_text() -> None:
    seen = sent(REQUEST, "openai")
    assert seen.headers["content-type"].startswith("multipart/form-data")
    assert seen.form == {"prompt": "A cat.", "model": "sora-2", "seconds": "8", "size": "1280x720"}
    assert seen.headers["authorization"].startswith("Bearer ")


def test_characters_travel_as_json() -> None:
    seen = sent(CreateRequest("Mossy.", "sora-2", "1280x720", 4, characters=("char_1", "char_2")), "openai")
    assert seen.json["characters"] == [{"id": "char_1"}, {"id": "char_2"}]
    assert seen.json["seconds"] == "4"


def test_an_image_is_a_file_part_named_by_its_field(image: Path) -> None:
    seen = sent(CreateRequest("A cat.", "sora-2", "1280x720", 8, image=image), "openai")
    assert seen.form["input_reference"] == "\ufffdPNG bytes"
    assert b"image/png" in seen.body and b"secret-name" not in seen.body


def test_an_image_with_characters_is_a_data_url(image: Path) -> None:
    request = CreateRequest("A cat.", "sora-2", "1280x720", 8, characters=("c",), image=image)
    reference = sent(request, "openai").json["input_reference"]
    assert isinstance(reference, dict) and reference["image_url"].startswith("data:image/png;base64,")


def test_an_image_that_cannot_be_read_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    host = scripted()
    for characters in ((), ("c",)):
        request = CreateRequest("A cat.", "sora-2", "1280x720", 8, characters, tmp_path / "none.png")
        with pytest.raises(InvalidRequest, match=r"none\.png"):
            asyncio.run(client(host).create(request))
    assert host.seen == []


def test_sglang_gets_whole_seconds_and_vllm_omni_a_form() -> None:
    assert sent(REQUEST, "sglang").form["seconds"] == "8"
    assert sent(REQUEST, "vllm-omni").headers["content-type"].startswith("multipart/form-data")


def test_openrouter_gets_a_duration_a_resolution_and_a_shape(image: Path) -> None:
    seen = sent(
        CreateRequest("A cat.", "some/model", "1280x720", 8, image=image, params={"seed": 7}), "openrouter"
    )
    frames = seen.json["frame_images"]
    assert seen.json | {"frame_images": None} == {
        "seed": 7,
        "prompt": "A cat.",
        "model": "some/model",
        "duration": 8,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "frame_images": None,
    }
    assert isinstance(frames, list) and frames[0]["frame_type"] == "first_frame"


def test_a_size_that_no_resolution_stands_for_goes_to_openrouter_as_it_is() -> None:
    seen = sent(CreateRequest("A cat.", "some/model", "1024x1792", 8), "openrouter")
    assert seen.json["size"] == "1024x1792" and "resolution" not in seen.json


@pytest.mark.parametrize(
    ("size", "ratio"),
    [("1280x720", "16:9"), ("854x480", "16:9"), ("720x720", "1:1"), ("1680x720", "21:9"), ("832x480", None)],
)
def test_a_shape_goes_as_a_ratio_only_where_hosts_know_it(size: str, ratio: str | None) -> None:
    seen = sent(CreateRequest("A cat.", "some/model", size, 8), "openrouter")
    assert seen.json.get("aspect_ratio") == ratio
    assert seen.json.get("size") == (None if ratio else size)


def test_xai_has_a_create_route_of_its_own() -> None:
    seen = sent(CreateRequest("A cat.", "grok-imagine-video", "854x480", 8), "xai")
    assert seen.path == "/v1/videos/generations"
    assert (seen.json["resolution"], seen.json["aspect_ratio"], seen.json["duration"]) == ("480p", "16:9", 8)


def test_dynamo_gets_whole_seconds_a_first_frame_as_text_and_is_asked_for_the_video_itself(
    image: Path,
) -> None:
    params = {"nvext": {"seed": 7, "fps": 24}}
    seen = sent(CreateRequest("A cat.", "wan", "832x480", 4, image=image, params=params), "dynamo")
    reference = seen.json["input_reference"]
    assert isinstance(reference, str) and reference.startswith("data:image/png;base64,")
    assert seen.json | {"input_reference": None} == {
        "prompt": "A cat.",
        "model": "wan",
        "seconds": 4,
        "size": "832x480",
        "response_format": "b64_json",
        "nvext": {"seed": 7, "fps": 24},
        "input_reference": None,
    }
    by_url = CreateRequest("A cat.", "wan", "832x480", 4, params={"response_format": "url"})
    assert sent(by_url, "dynamo").json["response_format"] == "url"


def test_rapid_mlx_is_given_the_source_itself_and_the_added_length_in_frames(tmp_path: Path) -> None:
    file = tmp_path / "kept.mp4"
    file.write_bytes(b"mp4 bytes")
    source = Source("video_0", file, model="ltx-2.5-mlx-q8", size="768x512", seconds=2)
    seen = sent(ExtendRequest(source, "Go on.", 2, {"seed": 7}), "rapid-mlx")
    assert seen.path == "/v1/videos/extend"
    assert seen.form == {
        "prompt": "Go on.",
        "model": "ltx-2.5-mlx-q8",
        "extend_frames": "48",
        "seed": "7",
        "input_video": "mp4 bytes",
    }
    with pytest.raises(InvalidRequest, match="no local file"):
        asyncio.run(client(scripted(), "rapid-mlx").extend(ExtendRequest(Source("video_0"), "Go on.", 2)))


@pytest.mark.parametrize("profile", ["sglang", "fastvideo", "litellm", "new-api", "openai"])
def test_parameters_that_are_tables_or_lists_go_as_json_where_that_is_read(profile: str) -> None:
    params = {"extra_body": {"lora": [{"path": "film", "weight": 0.5}]}}
    seen = sent(CreateRequest("A cat.", "sora-2", "1280x720", 8, params=params), profile)
    assert seen.json["extra_body"] == params["extra_body"]


def test_a_form_holds_tables_and_lists_as_json() -> None:
    params = {"lora": {"path": "film"}, "extra_params": {"steps": [1, 2]}}
    form = sent(CreateRequest("A cat.", "wan", "1280x720", 8, params=params), "vllm-omni").form
    assert (form["lora"], form["extra_params"]) == ('{"path":"film"}', '{"steps":[1,2]}')


@pytest.mark.parametrize("profile", ["dynamo", "rapid-mlx"])
def test_a_server_that_is_not_ready_has_accepted_nothing_and_is_asked_again(profile: str) -> None:
    host = scripted(reply(503, {"message": "not ready"}), reply(503), reply(200, job("completed", urls=URLS)))
    asyncio.run(client(host, profile).create(CreateRequest("A cat.", "wan", "832x512", 1)))
    assert len(host.seen) == 3


def test_free_parameters_cannot_take_the_place_of_a_field() -> None:
    seen = sent(
        CreateRequest("A cat.", "sora-2", "1280x720", 8, params={"prompt": "no", "seed": 3}), "openai"
    )
    assert (seen.form["prompt"], seen.form["seed"]) == ("A cat.", "3")


def test_a_parameter_that_json_cannot_hold_is_told_before_anything_is_sent() -> None:
    host = scripted()
    request = CreateRequest("A cat.", "m", "1280x720", 8, params={"seed": object()})
    with pytest.raises(InvalidRequest):
        asyncio.run(client(host, "openrouter").create(request))
    assert host.seen == []


def test_an_idempotency_key_is_sent_where_one_is_given() -> None:
    request = CreateRequest("A cat.", "sora-2", "1280x720", 8, idempotency_key="k1")
    assert sent(request, "openai").headers["idempotency-key"] == "k1"
    assert "idempotency-key" not in sent(REQUEST, "openai").headers


def test_a_label_goes_where_the_host_has_a_place_for_it() -> None:
    request = CreateRequest("A cat.", "wan", "1280x720", 8, label="clip.market")
    assert sent(request, "vllm-omni").form["user"] == "clip.market"
    assert b"clip.market" not in sent(request, "openai").body


def test_an_extension_names_its_source_in_each_host_s_way() -> None:
    request = ExtendRequest(Source("video_1", model="m"), "Go on.", 8)
    assert sent(request, "openai").json == {"prompt": "Go on.", "seconds": "8", "video": {"id": "video_1"}}
    router = sent(request, "openrouter").json
    assert (router["previous_job_id"], router["duration"], router["model"]) == ("video_1", 8, "m")
    assert sent(request, "xai").json["video"] == {"url": "https://files.example/1.mp4"}


def test_a_file_as_source_is_uploaded_where_the_host_takes_one(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"mp4 bytes")
    request = ExtendRequest(Source(None, file, model="sora-2"), "Go on.", 8)
    assert sent(request, "openai").form == {
        "prompt": "Go on.",
        "seconds": "8",
        "model": "sora-2",
        "video": "mp4 bytes",
    }
    with pytest.raises(NotSupported):
        asyncio.run(client(scripted(), "litellm").extend(request))


def test_a_missing_source_is_not_taken_for_a_missing_route() -> None:
    request = ExtendRequest(Source("gone"), "Go on.", 8)
    both_missing = FakeHost(lambda seen: reply(404, {"detail": "Not Found"}))
    with pytest.raises(NotFound):
        asyncio.run(client(both_missing).extend(request))
    no_route = FakeHost(
        lambda seen: (
            reply(200, job("completed")) if seen.method == "GET" else reply(404, {"detail": "Not Found"})
        )
    )
    with pytest.raises(NotSupported):
        asyncio.run(client(no_route).extend(request))


def test_a_source_whose_file_has_run_out_is_not_taken_for_a_missing_route() -> None:
    expired = job("completed", completed_at=1_799_990_000, expires_at=1_799_993_600)
    host = FakeHost(lambda seen: reply(200, expired) if seen.method == "GET" else reply(404, {"detail": "x"}))
    with pytest.raises(NotFound):
        asyncio.run(client(host).extend(ExtendRequest(Source("video_1"), "Go on.", 8)))


def test_what_a_profile_has_no_route_for_is_never_sent() -> None:
    host = scripted()
    with pytest.raises(NotSupported):
        asyncio.run(client(host, "vllm-omni").extend(ExtendRequest(Source("v"), "Go on.", 8)))
    with pytest.raises(NotSupported):
        asyncio.run(client(host, "litellm").page())
    with pytest.raises(NotSupported):
        asyncio.run(client(host, "litellm").delete("v"))
    assert host.seen == []


def test_a_character_is_uploaded_as_a_form_and_asked_for_by_its_id(tmp_path: Path) -> None:
    clip = tmp_path / "mossy.mp4"
    clip.write_bytes(b"mp4 bytes")
    host = scripted(
        reply(200, {"id": "char_1", "name": "Mossy"}), reply(200, {"id": "char_1"}), reply(404, {})
    )
    speaker = client(host)

    async def go() -> tuple[str, bool, bool]:
        made = await speaker.upload_character("Mossy", clip)
        return made, await speaker.character_exists(made), await speaker.character_exists("a/b")

    assert asyncio.run(go()) == ("char_1", True, False)
    assert host.seen[0].form == {"name": "Mossy", "video": "mp4 bytes"}
    assert host.seen[2].path == "/v1/videos/characters/a%2Fb"


def test_a_gateway_is_told_which_model_uses_a_character(tmp_path: Path) -> None:
    clip = tmp_path / "mossy.mp4"
    clip.write_bytes(b"mp4 bytes")
    host = scripted(*[reply(200, {"id": "character_1"})] * 3)
    for profile, model in (("litellm", "sora-2"), ("litellm", None), ("openai", "sora-2")):
        speaker = client(host, profile)
        assert asyncio.run(speaker.upload_character("Mossy", clip, model=model)) == "character_1"
    fields = [set(seen.form) for seen in host.seen]
    assert fields == [{"name", "video", "target_model_names"}, {"name", "video"}, {"name", "video"}]
    assert host.seen[0].form["target_model_names"] == "sora-2"


def test_an_unknown_model_behind_a_404_is_a_fault_of_the_request() -> None:
    host = scripted(reply(404, {"error": {"message": "no", "code": "model_not_found"}}))
    with pytest.raises(InvalidRequest):
        asyncio.run(client(host).create(REQUEST))


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_relay_without_a_channel_for_the_model_refuses_the_request(status: int) -> None:
    host = scripted(reply(status, {"error": {"message": "no channel", "code": "model_not_found"}}))
    with pytest.raises(InvalidRequest, match="no channel"):
        asyncio.run(client(host, "new-api").create(REQUEST))


def test_a_model_that_was_retired_is_told_in_the_host_s_words() -> None:
    host = scripted(reply(410, {"error": {"message": "sora-2 was retired", "code": "410"}}))
    with pytest.raises(InvalidRequest, match="was retired"):
        asyncio.run(client(host).create(REQUEST))


def test_a_missing_route_is_told_with_the_host_s_words() -> None:
    host = scripted(reply(404, {"detail": "Not Found here"}))
    with pytest.raises(NotSupported, match="Not Found here"):
        asyncio.run(client(host).create(REQUEST))


def test_a_key_may_stand_in_any_header_beside_others_of_the_profile() -> None:
    overrides = {"auth": {"header": "X-Api-Key"}, "headers": {"OpenAI-Project": "proj_1"}}
    host = scripted(reply(200, job()))
    asyncio.run(client(host, load_profile("openai", overrides=overrides)).create(REQUEST))
    headers = host.seen[0].headers
    assert (headers["x-api-key"], headers["openai-project"]) == (KEY, "proj_1")
    assert "authorization" not in headers


def test_a_created_job_that_failed_at_once_is_a_job() -> None:
    host = scripted(reply(500, job("failed", error={"code": 500, "message": "x"})))
    made = asyncio.run(client(host, "vllm-omni").create(REQUEST))
    assert made.status is JobStatus.FAILED
    assert len(host.seen) == 1


@pytest.mark.parametrize("entry", [{"url": "http://files.example/1.mp4"}, {"b64_json": "AAAA"}])
def test_an_answer_that_is_the_video_needs_no_status_where_the_host_keeps_no_jobs(
    entry: dict[str, str],
) -> None:
    body = {"id": "v", "created": 1, "data": [entry]}
    profile = load_profile("openai", overrides={"routes": {"get": ""}})
    found = asyncio.run(client(scripted(reply(200, body)), profile).create(REQUEST))
    assert found.status is JobStatus.COMPLETED and len(found.urls) == 1
    kept = asyncio.run(client(scripted(reply(200, body))).create(REQUEST))
    assert kept.status is JobStatus.QUEUED
