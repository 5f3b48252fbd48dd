"""Files, batches and their lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sorasync.profile import load_profile
from sorasync.provider.batch import BatchStatus, batch_line, read_batch, read_batch_line
from sorasync.provider.errors import NotFound, NotSupported, OutcomeUnknown
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.wire import CreateRequest, JobStatus
from tests.provider.fakes import client, reply, scripted

SPEC = ProviderHost.of(load_profile("openai"))
KEY = "k" * 64


def test_a_line_says_what_a_direct_create_would_say() -> None:
    request = CreateRequest("Mossy läuft.\nWeiter.", "sora-2", "1280x720", 8, characters=("char_1",))
    line = batch_line(SPEC, KEY, request)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.loads(line) == {
        "custom_id": KEY,
        "method": "POST",
        "url": "/v1/videos",
        "body": {
            "prompt": "Mossy läuft.\nWeiter.",
            "model": "sora-2",
            "seconds": "8",
            "size": "1280x720",
            "characters": [{"id": "char_1"}],
        },
    }


def test_an_image_has_to_be_uploaded_first() -> None:
    request = CreateRequest("A cat.", "sora-2", "1280x720", 8, image=Path("a.png"))
    with pytest.raises(NotSupported):
        batch_line(SPEC, KEY, request)
    line = json.loads(batch_line(SPEC, KEY, request, image_id="file_1"))
    assert line["body"]["input_reference"] == {"file_id": "file_1"}


def test_output_lines_carry_jobs_that_have_ended() -> None:
    body = {"id": "video_1", "object": "video", "status": "completed", "seconds": "8"}
    line = {"id": "b", "custom_id": KEY, "response": {"status_code": 200, "body": body}, "error": None}
    found = read_batch_line(json.dumps(line))
    assert found is not None and found.job is not None and found.error is None
    assert (found.custom_id, found.job.id, found.job.status, found.status) == (
        KEY,
        "video_1",
        JobStatus.COMPLETED,
        200,
    )


@pytest.mark.parametrize(
    ("line", "code", "moderated"),
    [
        ({"response": None, "error": {"code": "batch_expired", "message": "x"}}, "batch_expired", False),
        (
            {
                "response": {
                    "status_code": 400,
                    "body": {"error": {"code": "moderation_blocked", "message": "x"}},
                }
            },
            "moderation_blocked",
            True,
        ),
        ({"response": None, "error": None}, None, False),
        ({"response": {"status_code": 500, "body": "oops"}}, None, False),
    ],
)
def test_error_lines_say_why_there_is_no_job(
    line: dict[str, object], code: str | None, moderated: bool
) -> None:
    found = read_batch_line(json.dumps({"custom_id": KEY, **line}))
    assert found is not None and found.job is None and found.error is not None
    assert (found.error.code, found.error.moderated) == (code, moderated)


@pytest.mark.parametrize("line", [b"", b"\n", b"{", b"[1]", b'{"custom_id": null}', b"\xff\xfe"])
def test_a_line_that_names_no_request_is_none(line: bytes) -> None:
    assert read_batch_line(line) is None


def test_a_batch_is_read_with_its_counts_and_files() -> None:
    body = {
        "id": "batch_1",
        "status": "completed",
        "output_file_id": "file_o",
        "error_file_id": "file_e",
        "request_counts": {"total": 3, "completed": 2, "failed": 1},
        "created_at": 1000,
    }
    found = read_batch(body)
    assert found is not None and found.status is BatchStatus.COMPLETED and found.status.terminal
    assert (found.total, found.done, found.failed) == (3, 2, 1)
    assert (found.output_file_id, found.error_file_id) == ("file_o", "file_e")


def test_an_unknown_word_for_a_batch_is_not_an_end() -> None:
    found = read_batch({"id": "b", "status": "pondering"})
    assert found is not None and found.status is BatchStatus.UNKNOWN and not found.status.terminal


def test_a_batch_goes_from_its_file_to_its_lines() -> None:
    host = scripted(
        reply(200, {"id": "file_1"}),
        reply(200, {"id": "batch_1", "status": "validating"}),
        reply(200, {"id": "batch_1", "status": "completed", "output_file_id": "file_o"}),
        reply(200, {"no": "matter"}),
    )
    speaker = client(host)

    async def go() -> bytes:
        batches = speaker.batches
        file = await batches.upload_file("batch", b'{"custom_id": "k"}\n')
        made = await batches.create_batch(file, {"library": "demo"})
        assert (await batches.batch(made.id)).output_file_id == "file_o"
        async with batches.file_content("file_o") as content:
            return b"".join([chunk async for chunk in content.chunks()])

    assert asyncio.run(go()) == b'{"no": "matter"}'
    assert host.seen[0].form == {"purpose": "batch", "file": '{"custom_id": "k"}'}
    assert host.seen[1].json == {
        "input_file_id": "file_1",
        "endpoint": "/v1/videos",
        "completion_window": "24h",
        "metadata": {"library": "demo"},
    }
    assert [seen.path for seen in host.seen[2:]] == [
        "/v1/batches/batch_1",
        "/v1/files/file_o/content",
    ]


def test_a_batch_whose_answer_is_lost_is_not_made_again() -> None:
    host = scripted(reply(502, {}))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(host).batches.create_batch("file_1"))
    assert len(host.seen) == 1


def test_a_batch_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        asyncio.run(client(scripted(reply(404, {}))).batches.batch("b"))
