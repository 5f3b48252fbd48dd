"""The reference's own client, over a socket, with every method it has for videos, files and batches."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from sorasync.preview.media import tiny_video
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    data = tmp_path_factory.mktemp("preview")
    with (
        running(PreviewSettings(data, draw=False, api_key="k")) as server,
        openai.OpenAI(api_key="k", base_url=server.url, max_retries=0) as made,
    ):
        yield made


def clip() -> tuple[str, bytes, str]:
    return ("a.mp4", tiny_video(720, 1280, 4, "x"), "video/mp4")


def test_create_and_poll_follows_a_job_to_its_end(client: openai.OpenAI) -> None:
    job = client.videos.create_and_poll(prompt="a pier", seconds="8", size="1280x720", model="sora-2")
    assert (job.status, job.seconds, job.size, job.progress) == ("completed", "8", "1280x720", 100)


def test_create_sends_an_image_as_a_file(client: openai.OpenAI) -> None:
    from tests.preview.test_videos import picture

    image = ("a.png", picture(720, 1280), "image/png")
    assert client.videos.create(prompt="a pier", input_reference=image).status == "queued"


def test_retrieve_list_and_delete(client: openai.OpenAI) -> None:
    made = [client.videos.create(prompt=f"p{number}").id for number in range(5)]
    assert client.videos.retrieve(made[0]).prompt == "p0"
    listed = [job.id for job in client.videos.list(limit=2, order="desc")]
    assert listed[:5] == made[::-1]
    gone = client.videos.delete(made[0])
    assert (gone.id, gone.deleted) == (made[0], True)
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(made[0])


def test_download_content_of_every_variant(client: openai.OpenAI, tmp_path: Path) -> None:
    job = client.videos.create_and_poll(prompt="a pier")
    for variant, start in (("video", b"\0\0\0 ftyp"), ("thumbnail", b"RIFF"), ("spritesheet", b"\xff\xd8")):
        body = client.videos.download_content(job.id, variant=variant)  # type: ignore[arg-type]
        body.write_to_file(tmp_path / variant)
        assert (tmp_path / variant).read_bytes().startswith(start)


def test_characters(client: openai.OpenAI) -> None:
    made = client.videos.create_character(name="Mossy", video=clip())
    assert made.id is not None
    assert client.videos.get_character(made.id).name == "Mossy"
    job = client.videos.create(prompt="Mossy runs", extra_body={"characters": [{"id": made.id}]})
    assert job.status == "queued"


def test_extensions_and_edits_by_upload_and_by_id(client: openai.OpenAI) -> None:
    longer = client.videos.extend(prompt="on", seconds="4", video=clip())
    assert longer.seconds == "8"
    edit = client.videos.edit(prompt="teal", video=clip(), extra_body={"model": "sora-2"})
    assert edit.seconds == "4"
    job = client.videos.create_and_poll(prompt="a pier")
    by_id = {"video": {"id": job.id}, "prompt": "on", "seconds": "4"}
    answer = client.post("/videos/extensions", cast_to=openai.types.Video, body=by_id)
    assert answer.seconds == "8"
    remix = client.videos.remix(job.id, prompt="teal")
    assert remix.remixed_from_video_id == job.id


def test_files(client: openai.OpenAI) -> None:
    made = client.files.create(file=("a.bin", b"abc"), purpose="user_data")
    assert client.files.retrieve(made.id).bytes == 3
    assert client.files.wait_for_processing(made.id).status == "processed"
    assert client.files.content(made.id).read() == b"abc"
    assert client.files.retrieve_content(made.id) == "abc"
    assert made.id in [file.id for file in client.files.list()]
    assert client.files.delete(made.id).deleted is True


def test_batches(client: openai.OpenAI) -> None:
    lines = [
        {"custom_id": f"c{n}", "method": "POST", "url": "/v1/videos", "body": {"prompt": f"p{n}"}}
        for n in range(3)
    ]
    content = io.BytesIO("\n".join(map(json.dumps, lines)).encode())
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/videos",
        completion_window="24h",
        metadata={"run": "1"},
    )
    for _ in range(1000):
        batch = client.batches.retrieve(batch.id)
        if batch.status == "completed":
            break
    assert batch.output_file_id is not None
    rows = [json.loads(text) for text in client.files.content(batch.output_file_id).text.splitlines()]
    assert {row["custom_id"] for row in rows} == {"c0", "c1", "c2"}
    assert batch.id in [item.id for item in client.batches.list()]
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_errors_are_the_ones_the_client_knows(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="a pier", seconds="5")  # type: ignore[arg-type]
    assert caught.value.param == "seconds"
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").videos.retrieve("video_x")
