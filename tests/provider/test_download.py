"""Where files come from, where the key goes, and what is not taken for a file."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from sorasync.profile import load_profile
from sorasync.provider.client import VideosClient
from sorasync.provider.errors import (
    AuthFailed,
    BadDownload,
    NotFound,
    NotReady,
    NotSupported,
    ProviderError,
    RateLimited,
    ServerError,
)
from sorasync.provider.links import LinkPolicy
from sorasync.provider.wire import Job, JobStatus, Variant
from tests.provider.fakes import KEY, FakeClock, FakeHost, Seen, client, job, reply, scripted

DONE = Job("video_1", JobStatus.COMPLETED)
MP4 = {"content-type": "video/mp4"}


def video(status: int = 200, content: bytes = b"mp4 bytes", **headers: str) -> httpx.Response:
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=content, headers=MP4 | extra)


async def fetch(
    speaker: VideosClient, of: Job = DONE, variant: Variant = Variant.VIDEO, offset: int = 0
) -> tuple[bytes, int, int | None]:
    async with speaker.download(of, variant, offset) as found:
        content = b"".join([chunk async for chunk in found.chunks()])
        return content, found.offset, found.length


def keyed(host: FakeHost) -> list[str]:
    """The addresses that got the key."""
    return [seen.url for seen in host.seen if KEY in str(list(seen.headers.raw))]


def test_the_content_route_is_asked_without_a_variant_for_the_video() -> None:
    host = scripted(video())
    assert asyncio.run(fetch(client(host))) == (b"mp4 bytes", 0, 9)
    assert (host.seen[0].path, host.seen[0].query) == ("/v1/videos/video_1/content", {})
    assert host.seen[0].headers["accept-encoding"] == "identity"


def test_a_thumbnail_that_is_a_video_is_refused() -> None:
    host = scripted(video(), httpx.Response(200, content=b"x", headers={"content-type": "image/webp"}))
    speaker = client(host)
    with pytest.raises(BadDownload):
        asyncio.run(fetch(speaker, variant=Variant.THUMBNAIL))
    assert asyncio.run(fetch(speaker, variant=Variant.THUMBNAIL))[0] == b"x"
    assert host.seen[0].query == {"variant": "thumbnail"}


def test_a_variant_that_a_host_does_not_serve_is_not_asked_for() -> None:
    host = scripted()
    with pytest.raises(NotSupported):
        asyncio.run(fetch(client(host, "sglang"), variant=Variant.THUMBNAIL))
    assert host.seen == []


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "image/png"])
def test_a_page_is_no_video(kind: str) -> None:
    host = scripted(httpx.Response(200, content=b"x", headers={"content-type": kind}))
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(host)))


@pytest.mark.parametrize("kind", ["video/mp4", "application/octet-stream", "application/json", "text/html"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"error": {"message": "the link has expired"}}', "the link has expired"),
        (b' {"detail": "the link has expired"}', "the link has expired"),
        (b'{"state": "expired"}', '{"state": "expired"}'),
        (b"<html><head><style>a{}</style></head><h1>Bad&nbsp;Gateway</h1></html>", "Bad Gateway"),
        (b'{"error": "no file for sk-canary-0123456789"}', "no file for [hidden]"),
    ],
)
def test_a_text_in_the_place_of_a_file_is_refused_in_its_own_words(
    kind: str, content: bytes, words: str
) -> None:
    host = scripted(httpx.Response(200, content=content, headers={"content-type": kind}))
    with pytest.raises(BadDownload) as refused:
        asyncio.run(fetch(client(host)))
    assert refused.value.message.endswith(f"instead of the video: {words}")


def test_an_empty_file_is_no_video() -> None:
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(scripted(video(content=b"", content_length="0")))))


def test_a_file_that_ends_before_its_announced_length_is_refused() -> None:
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(scripted(video(content_length="10")))))
    partial = video(206, b"byte", content_range="bytes 4-8/9", content_length="4")
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(scripted(partial)), offset=4))


def test_a_download_goes_on_from_an_offset() -> None:
    host = scripted(video(206, b"bytes", content_range="bytes 4-8/9"))
    assert asyncio.run(fetch(client(host), offset=4)) == (b"bytes", 4, 9)
    assert host.seen[0].headers["range"] == "bytes=4-"


def test_a_server_that_ignores_the_range_starts_at_zero() -> None:
    assert asyncio.run(fetch(client(scripted(video())), offset=4)) == (b"mp4 bytes", 0, 9)


def test_a_range_beyond_the_end_starts_over() -> None:
    host = scripted(reply(416), video())
    assert asyncio.run(fetch(client(host), offset=99)) == (b"mp4 bytes", 0, 9)


@pytest.mark.parametrize("given", ["bytes 0-8/9", "bytes x", "", "items 4-8/9"])
def test_another_part_than_the_one_asked_for_is_refused(given: str) -> None:
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(scripted(video(206, b"x", content_range=given))), offset=4))


def test_the_key_does_not_follow_a_redirect_to_another_host() -> None:
    host = scripted(reply(302, None, {"location": "https://cdn.example/f.mp4?sig=1"}), video())
    assert asyncio.run(fetch(client(host)))[0] == b"mp4 bytes"
    assert keyed(host) == ["https://api.openai.com/v1/videos/video_1/content"]


@pytest.mark.parametrize(
    "location",
    [
        "http://api.openai.com/v1/x",
        "https://api.openai.com:8443/v1/x",
        "https://api.openai.com.evil.example/x",
    ],
)
def test_the_key_goes_to_the_very_same_origin_only(location: str) -> None:
    host = scripted(reply(302, None, {"location": location}), video())
    asyncio.run(fetch(client(host)))
    assert len(host.seen) == 2 and len(keyed(host)) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/x",
        "http://127.1/x",
        "http://2130706433/x",
        "http://0x7f.1/x",
        "http://localhost:9/x",
        "http://[::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/x",
        "file:///etc/passwd",
        "ftp://cdn.example/x",
        "https://user:pass@cdn.example/x",
        "javascript:1",
        "http://[::1",
    ],
)
def test_a_server_cannot_lead_to_places_inside(location: str) -> None:
    by_redirect = FakeHost(lambda seen: reply(302, None, {"location": location}))
    with pytest.raises((BadDownload, ServerError)):
        asyncio.run(fetch(client(by_redirect)))
    assert {seen.url for seen in by_redirect.seen} == {"https://api.openai.com/v1/videos/video_1/content"}
    by_body = scripted()
    with pytest.raises(ProviderError):
        asyncio.run(fetch(client(by_body, "xai"), Job("r", JobStatus.COMPLETED, urls=(location,))))
    assert by_body.seen == []


def test_a_name_that_resolves_to_a_private_address_is_refused() -> None:
    policy = LinkPolicy("https://api.example/v1")
    policy.judge("cdn.example", 443, ["93.184.216.34"])
    with pytest.raises(BadDownload):
        policy.judge("inside.example", 443, ["93.184.216.34", "192.168.0.7"])


def test_the_user_s_own_host_may_be_anywhere_and_others_can_be_allowed() -> None:
    policy = LinkPolicy("http://127.0.0.1:8091/v1", ("10.0.0.6:9000",))
    policy.check("http://127.0.0.1:9000/file")
    policy.check("http://10.0.0.6:9000/file")
    with pytest.raises(BadDownload):
        policy.check("http://10.0.0.6:9001/file")


def test_endless_redirects_end() -> None:
    host = FakeHost(lambda seen: reply(302, None, {"location": "https://cdn.example/again"}))
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(host)))
    assert len(host.seen) < 10


def test_links_in_the_body_are_used_where_there_is_no_content_route() -> None:
    host = scripted(video())
    found = Job("r", JobStatus.COMPLETED, urls=("https://v.x.ai/1.mp4",))
    assert asyncio.run(fetch(client(host, "xai"), found))[0] == b"mp4 bytes"
    assert keyed(host) == []


def inline(content: bytes, head: str = "data:video/mp4;base64,") -> Job:
    return Job("r", JobStatus.COMPLETED, urls=(head + base64.b64encode(content).decode(),))


@pytest.mark.parametrize("content", [b"m", b"mp4 bytes", bytes(3_000_001)], ids=["one", "few", "many"])
def test_a_file_in_the_answer_itself_needs_no_request(content: bytes) -> None:
    host = scripted()
    assert asyncio.run(fetch(client(host, "xai"), inline(content))) == (content, 0, len(content))
    assert host.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "data:video/mp4;base64,",
        "data:video/mp4;base64,AA",
        "data:video/mp4;base64,A A=",
        "data:video/mp4;base64,AAA\u00e9",
        "data:video/mp4,plain",
        "data:text/html;base64,AAAA",
    ],
)
def test_text_that_is_no_file_is_not_taken_for_one(url: str) -> None:
    with pytest.raises(BadDownload):
        asyncio.run(fetch(client(scripted(), "xai"), Job("r", JobStatus.COMPLETED, urls=(url,))))


def test_a_content_route_with_a_query_of_its_own_keeps_it() -> None:
    overrides = {"routes": {"content": "/videos/{id}/content?provider=openai"}}
    image = httpx.Response(200, content=b"x", headers={"content-type": "image/webp"})
    host = scripted(video(), image)
    speaker = client(host, load_profile("openai", overrides=overrides))
    asyncio.run(fetch(speaker))
    asyncio.run(fetch(speaker, variant=Variant.THUMBNAIL))
    assert [seen.query for seen in host.seen] == [
        {"provider": "openai"},
        {"provider": "openai", "variant": "thumbnail"},
    ]


def test_a_relative_link_is_the_host_s_own() -> None:
    host = scripted(video())
    found = Job("r", JobStatus.COMPLETED, urls=("/v1/files/1.mp4",))
    asyncio.run(fetch(client(host, "xai"), found))
    assert keyed(host) == ["https://api.x.ai/v1/files/1.mp4"]


def test_links_in_the_body_help_where_the_content_route_refuses() -> None:
    host = scripted(reply(400, {"detail": "see https://s3.example/1.mp4"}), video())
    found = Job("u", JobStatus.COMPLETED, urls=("https://s3.example/1.mp4",))
    assert asyncio.run(fetch(client(host, "sglang"), found))[0] == b"mp4 bytes"
    assert host.seen[1].url == "https://s3.example/1.mp4"


def test_a_link_that_has_run_out_is_asked_for_anew() -> None:
    fresh = {"status": "done", "video": {"url": "https://v.x.ai/2.mp4"}}
    host = scripted(reply(403), reply(200, fresh), video())
    found = Job("r", JobStatus.COMPLETED, urls=("https://v.x.ai/1.mp4",))
    assert asyncio.run(fetch(client(host, "xai"), found))[0] == b"mp4 bytes"


def test_a_link_that_has_run_out_for_good_says_nothing_about_the_key() -> None:
    same = {"status": "done", "video": {"url": "https://v.x.ai/1.mp4"}}
    host = scripted(reply(403), reply(200, same))
    with pytest.raises(NotFound):
        asyncio.run(fetch(client(host, "xai"), Job("r", JobStatus.COMPLETED, urls=("https://v.x.ai/1.mp4",))))


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (reply(200, job("in_progress")), NotReady),
        (reply(200, job("completed", completed_at=1_800_000_000 - 5)), NotReady),
        (reply(200, job("completed", completed_at=1_800_000_000 - 5, expires_at=1_800_000_000)), NotFound),
        (reply(200, job("completed", completed_at=1_000_000_000)), NotFound),
        (reply(200, job("expired")), NotFound),
        (reply(404, {}), NotFound),
    ],
)
@pytest.mark.parametrize("refusal", [404, 400, 409, 422, 202])
def test_a_missing_file_is_gone_or_not_there_yet(now: httpx.Response, kind: type, refusal: int) -> None:
    host = scripted(reply(refusal, {"detail": "Generation is still in-progress"}), now)
    with pytest.raises(ProviderError) as told:
        asyncio.run(fetch(client(host)))
    assert type(told.value) is kind


def test_the_key_s_refusal_by_the_host_itself_stops_everything() -> None:
    with pytest.raises(AuthFailed):
        asyncio.run(fetch(client(scripted(reply(401, {})))))


@pytest.mark.parametrize(
    ("answer", "raised"),
    [(reply(502), ServerError), (reply(429, None, {"retry-after": "315360000"}), RateLimited)],
)
def test_a_file_is_asked_for_once_and_whoever_wants_it_asks_again(
    answer: httpx.Response, raised: type[Exception]
) -> None:
    host, clock = scripted(answer), FakeClock()
    with pytest.raises(raised):
        asyncio.run(fetch(client(host, clock=clock)))
    assert len(host.seen) == 1
    assert not clock.slept


class Breaking(httpx.AsyncByteStream):
    """A stream that breaks off after its first bytes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"mp4"
        raise httpx.ReadError("gone")


def test_a_stream_that_breaks_is_a_server_error() -> None:
    host = FakeHost(lambda seen: httpx.Response(200, stream=Breaking(), headers=MP4))
    with pytest.raises(ServerError):
        asyncio.run(fetch(client(host)))


def test_a_length_that_is_none_is_not_believed() -> None:
    def answering(seen: Seen) -> httpx.Response:
        return httpx.Response(
            200, content=b"x", headers=[("content-type", "video/mp4"), ("content-length", "-5")]
        )

    assert asyncio.run(fetch(client(FakeHost(answering))))[2] is None


def test_hosts_for_downloads_come_from_the_profile() -> None:
    profile = load_profile("xai", overrides={"download": {"hosts": ["10.0.0.6"]}})
    host = scripted(video())
    found = Job("r", JobStatus.COMPLETED, urls=("http://10.0.0.6/1.mp4",))
    assert asyncio.run(fetch(client(host, profile), found))[0] == b"mp4 bytes"
