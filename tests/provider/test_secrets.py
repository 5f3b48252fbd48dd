"""The key is sent to its host and seen nowhere else."""

from __future__ import annotations

import asyncio
import logging
import traceback

import httpx
import pytest

from sorasync.profile import load_profile
from sorasync.provider.errors import AuthFailed, ProviderError
from sorasync.provider.open_provider import open_provider
from sorasync.provider.redact import Secret, clean, may_hold, redact
from sorasync.provider.wire import CreateRequest
from tests.provider.fakes import KEY, FakeClock, FakeHost, client, reply, scripted

REQUEST = CreateRequest("A cat.", "sora-2", "1280x720", 8)


def shown(error: BaseException) -> str:
    """Everything of an error that anybody may print."""
    text = "".join(traceback.format_exception(error)) + repr(error)
    if isinstance(error, ProviderError):
        text += f"{error.message} {error.hint} {error.code} {vars(error)}"
    return text


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, {"error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY}}),
        reply(500, {"detail": f"bad {KEY}"}),
        reply(400, {"detail": [{"loc": [KEY], "msg": KEY}]}),
        reply(200, {KEY: KEY}),
        httpx.ConnectError(f"failed with {KEY}"),
        httpx.ReadError(f"failed with {KEY}"),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"),
    ],
)
def test_no_error_shows_the_key(answer: httpx.Response | Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    host = FakeHost(lambda seen: answer)
    with pytest.raises(ProviderError) as told:
        asyncio.run(client(host).create(REQUEST))
    assert KEY not in shown(told.value)
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        f'{{"detail": "{KEY}"}}'.encode(),
        f'{{"detail": "{KEY}"}}'.encode("utf-16-le"),
        f'{{"detail": "{KEY}"}}'.encode("utf-32"),
        '{{"detail": "{}"}}'.format("".join(f"\\u{ord(letter):04x}" for letter in KEY)).encode(),
        f'{{"detail": "{KEY}"}}'.replace("-", "\\u002d", 1).encode(),
    ],
)
def test_the_key_is_not_shown_however_a_server_writes_it(body: bytes) -> None:
    with pytest.raises(ProviderError) as told:
        asyncio.run(client(scripted(httpx.Response(400, content=body))).create(REQUEST))
    assert "[hidden]" in told.value.message
    assert KEY not in shown(told.value)


def test_a_key_with_a_slash_is_found_behind_its_escape() -> None:
    assert may_hold(rb'{"detail": "a\/b"}', "a/b")
    assert not may_hold(b'{"detail": "ac\\nd"}', "ab/d")


@pytest.mark.parametrize("written", ["sk-a/Z+9=", "SK-A/z+9=", "sk-a%2FZ%2b9%3d", r"sk-a\/Z+9="])
def test_a_key_is_found_in_other_writings(written: str) -> None:
    assert redact(f"key {written}!", "sk-a/Z+9=") == "key [hidden]!"
    assert may_hold(written.encode(), "sk-a/Z+9=")


def test_a_server_that_repeats_the_key_in_a_job_is_not_believed_to_that_point() -> None:
    body = {
        "id": "v",
        "status": "failed",
        "prompt": f"x {KEY}",
        "error": {"code": "c", "message": f"your key {KEY}"},
    }
    found = asyncio.run(client(scripted(reply(200, body))).create(REQUEST))
    assert KEY not in repr(found)


def test_nothing_shows_the_key_when_asked_for_its_representation() -> None:
    speaker = client(scripted())
    assert KEY not in repr(speaker) + repr(Secret(KEY)) + str(speaker.host) + repr(speaker._sender.asked())


@pytest.mark.parametrize("key", ["sk bad", "sk-\nbad", "sk-ü", "“sk”"])
def test_a_key_that_cannot_be_a_header_is_told_without_showing_it(key: str) -> None:
    host = scripted()
    with pytest.raises(AuthFailed) as told:
        asyncio.run(client(host, key=key).create(REQUEST))
    assert key not in shown(told.value) and "OPENAI_API_KEY" in shown(told.value)
    assert host.seen == []


def test_a_missing_key_names_its_variable_before_anything_is_sent() -> None:
    host = scripted()
    speaker = open_provider(
        load_profile("openai"),
        api_key_env="VIDEOS_API_KEY",
        environ={},
        transport=host,
        clock=FakeClock(),
    )
    with pytest.raises(AuthFailed, match="VIDEOS_API_KEY"):
        asyncio.run(speaker.create(REQUEST))
    assert host.seen == []


def test_a_host_that_needs_no_key_gets_none() -> None:
    host = scripted(reply(200, {"id": "v", "status": "queued"}))
    speaker = open_provider(load_profile("vllm-omni"), environ={}, transport=host)
    asyncio.run(speaker.create(REQUEST))
    assert "authorization" not in host.seen[0].headers


def test_a_key_with_a_line_break_at_its_end_is_used_without_it() -> None:
    host = scripted(reply(200, {"id": "v", "status": "queued"}))
    asyncio.run(client(host, key=KEY + "\n").create(REQUEST))
    assert host.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_other_header_form_is_used_where_the_profile_says_so() -> None:
    host = scripted(reply(200, {"id": "v", "status": "queued"}))
    profile = load_profile("openai", overrides={"auth": {"header": "api-key"}})
    asyncio.run(client(host, profile).create(REQUEST))
    assert host.seen[0].headers["api-key"] == KEY and "authorization" not in host.seen[0].headers


def test_text_for_people_is_one_clean_line() -> None:
    assert clean("a\x00b\r\nc\u2028d\u202ee\ud800f") == "a b c d e f"
    assert len(clean("x" * 10_000)) == 500
    assert redact(f"key {KEY}!", KEY) == "key [hidden]!"


@pytest.mark.parametrize("key", ["x", "0", "EMPTY", "none", "video"])
def test_what_stands_in_for_a_key_is_not_looked_for_in_ids_and_sizes(key: str) -> None:
    body = {"id": "video_x0_EMPTY_none", "object": "video", "status": "queued", "size": "1280x720"}
    made = asyncio.run(client(scripted(reply(200, body)), "vllm-omni", key=key).create(REQUEST))
    assert (made.id, made.size) == ("video_x0_EMPTY_none", "1280x720")
