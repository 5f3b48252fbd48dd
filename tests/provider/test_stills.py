"""Stills at every host that makes them: what is sent, and the picture in the answer."""

from __future__ import annotations

import asyncio
import base64
import json
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from sorasync.preview.app import PreviewSettings, create_app
from sorasync.preview.media import unique_picture
from sorasync.profile.load import load_profile, profile_names
from sorasync.provider.client import VideosClient
from sorasync.provider.errors import Moderated, NotSupported, OutcomeUnknown, RenderFailed
from sorasync.provider.kept_answers import KeptAnswers
from sorasync.provider.local import in_process
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.wire import Job, JobStatus, StillRequest, Variant

KNOWN = {name: load_profile(name) for name in profile_names() if name != "preview"}
HOSTS = [name for name, known in KNOWN.items() if known.can("stills") and not known.stills_are_jobs]
PICTURE = unique_picture(64, 48, "png", "a")


def request(images: tuple[Path, ...] = (), **params: object) -> StillRequest:
    return StillRequest("A quay.", "gpt-image-2", "1280x720", images, params, "still.quay", "key-1")


async def bytes_of(client: VideosClient, job: Job) -> bytes:
    async with client.download(job, Variant.STILL) as download:
        return b"".join([chunk async for chunk in download.chunks()])


def answering(answer: httpx.Response, tmp_path: Path) -> tuple[VideosClient, list[httpx.Request]]:
    """A client for a host that answers every request so."""
    asked: list[httpx.Request] = []

    def handle(sent: httpx.Request) -> httpx.Response:
        asked.append(sent)
        return answer

    spec = ProviderHost.of(load_profile("preview", base_url="http://host.example/v1"))
    kept = KeptAnswers(tmp_path / "answers")
    return VideosClient(spec, transport=httpx.MockTransport(handle), answers=kept), asked


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("images", [0, 1, 2])
def test_a_host_makes_a_picture_and_keeps_nothing(tmp_path: Path, host: str, images: int) -> None:
    files = tuple(tmp_path / f"{number}.png" for number in range(images))
    for file in files:
        file.write_bytes(PICTURE)

    async def go() -> None:
        app = create_app(PreviewSettings(tmp_path / "server", draw=False, dialect=host))
        spec = ProviderHost.of(load_profile(host))
        kept = KeptAnswers(tmp_path / "answers")
        client = VideosClient(spec, api_key="sk-a", transport=in_process(app), answers=kept)
        try:
            job = await client.still(request(files))
            assert job.status is JobStatus.COMPLETED
            content = await bytes_of(client, job)
            assert content.startswith(b"\x89PNG")
            # A later run has the same picture, from the answer that was kept.
            recalled = client.recall("key-1")
            assert recalled is not None
            assert (recalled.id, await bytes_of(client, await client.get(job.id))) == (job.id, content)
            client.forget("key-1")
            assert client.recall("key-1") is None
        finally:
            await client.aclose()
            await app.state.server.aclose()

    asyncio.run(go())


def test_other_hosts_say_that_they_make_none() -> None:
    spec = ProviderHost.of(load_profile("xai"))
    client = VideosClient(
        spec, api_key="sk-a", transport=httpx.MockTransport(lambda sent: httpx.Response(200))
    )
    with pytest.raises(NotSupported, match="xai has no route for stills"):
        asyncio.run(client.still(request()))


def test_a_picture_in_the_answer_is_better_than_its_address(tmp_path: Path) -> None:
    item = {"url": "https://cdn.example/a.png", "b64_json": base64.b64encode(PICTURE).decode()}
    body = {"created": 1, "data": [item, {"url": "https://cdn.example/b.png"}], "usage": {"cost": 0.04}}
    client, asked = answering(httpx.Response(200, json=body), tmp_path)
    job = asyncio.run(client.still(request(quality="low")))
    assert asyncio.run(bytes_of(client, job)) == PICTURE
    assert job.cost_usd == Decimal("0.04")
    assert json.loads(asked[0].content) == {
        "prompt": "A quay.",
        "model": "gpt-image-2",
        "size": "1280x720",
        "n": 1,
        "quality": "low",
        "label": "still.quay",
    }
    assert asked[0].headers["idempotency-key"] == "key-1"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (httpx.Response(200, json={"created": 1, "data": []}), RenderFailed),
        (httpx.Response(400, json={"error": {"code": "moderation_blocked", "message": "No."}}), Moderated),
        (httpx.Response(200, json={"error": {"code": "moderation_blocked", "message": "No."}}), Moderated),
        (httpx.Response(500, json={"error": {"message": "The model crashed."}}), RenderFailed),
        (httpx.Response(504, json={"error": {"message": "Upstream timed out."}}), OutcomeUnknown),
        (httpx.Response(200, content=b'{"created": 1, "data": [{"b64_json": "iVBO'), OutcomeUnknown),
    ],
)
def test_an_answer_without_a_picture_says_whether_anything_was_made(
    tmp_path: Path, answer: httpx.Response, raised: type[Exception]
) -> None:
    client, asked = answering(answer, tmp_path)
    with pytest.raises(raised):
        asyncio.run(client.still(request()))
    assert len(asked) == 1
