"""No paid request is sent twice: what is retried, what is not, and what is left open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from sorasync.profile import load_profile
from sorasync.provider.errors import (
    AuthFailed,
    InvalidRequest,
    Moderated,
    NotFound,
    NotSent,
    NotTheApi,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerError,
)
from sorasync.provider.wire import CreateRequest, Job, JobStatus
from tests.provider.fakes import FakeClock, FakeHost, client, job, reply, scripted

REQUEST = CreateRequest("A cat.", "sora-2", "1280x720", 8)


def network(error: type[httpx.TransportError]) -> httpx.TransportError:
    return error("network", request=httpx.Request("POST", "http://h/"))


@pytest.mark.parametrize(
    "error",
    [httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.WriteTimeout, httpx.RemoteProtocolError],
)
def test_a_connection_that_breaks_after_sending_leaves_the_outcome_open(
    error: type[httpx.TransportError],
) -> None:
    host = scripted(network(error))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(host).create(REQUEST))
    assert len(host.seen) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_what_never_left_is_sent_again(error: type[httpx.TransportError]) -> None:
    host = scripted(network(error), network(error), reply(200, job()))
    assert asyncio.run(client(host).create(REQUEST)).id == "video_1"
    assert len(host.seen) == 3


def test_a_host_that_is_not_there_is_given_up_on() -> None:
    host = FakeHost(lambda seen: network(httpx.ConnectError))
    clock = FakeClock()
    with pytest.raises(NotSent):
        asyncio.run(client(host, clock=clock).create(REQUEST))
    assert 1 < len(host.seen) <= 10 and sum(clock.slept) <= 120


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_a_server_s_failure_on_a_paid_request_is_not_answered_by_another(status: int) -> None:
    host = scripted(reply(status, {"detail": "x"}))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(host).create(REQUEST))
    assert len(host.seen) == 1


@pytest.mark.parametrize("content", [b"", b"<html>ok</html>", b"[]", b'{"ok": true}', b'{"id": ""}', b"\xff"])
def test_a_success_that_names_no_job_leaves_the_outcome_open(content: bytes) -> None:
    host = scripted(httpx.Response(200, content=content))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(host).create(REQUEST))
    assert len(host.seen) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "no such size", "code": "busy"}}, InvalidRequest),
        ({"error": "no such size"}, InvalidRequest),
        ({"code": 400, "msg": "no such size", "data": None}, InvalidRequest),
        ({"code": 1201, "message": "no such size"}, InvalidRequest),
        ({"code": "InvalidParameter", "message": "no such size", "request_id": "r-1"}, InvalidRequest),
        ({"success": False, "message": "no such size"}, InvalidRequest),
        ({"detail": "no such size"}, InvalidRequest),
        ({"code": 402, "msg": "no such size", "data": None}, QuotaExhausted),
        ({"code": 401, "msg": "no such size"}, AuthFailed),
        ({"error": {"message": "no such size", "code": "moderation_blocked"}}, Moderated),
        ({"code": 500, "msg": "no such size"}, OutcomeUnknown),
        ({"error": {"message": "no such size", "code": 503}}, OutcomeUnknown),
    ],
)
def test_a_refusal_inside_a_success_is_read_like_one_and_told_in_its_words(
    body: object, kind: type[ProviderError]
) -> None:
    host = scripted(reply(200, body))
    with pytest.raises(ProviderError, match="no such size") as raised:
        asyncio.run(client(host).create(REQUEST))
    assert type(raised.value) is kind
    assert len(host.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "message": "success", "data": None},
        {"code": "success", "msg": "", "data": {}},
        {"message": "it will be with you soon"},
        {"status": "ok", "msg": "it will be with you soon"},
        {"code": 1201},
    ],
)
def test_a_success_without_a_job_that_refuses_nothing_leaves_the_outcome_open(body: object) -> None:
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(scripted(reply(200, body))).create(REQUEST))


@pytest.mark.parametrize("status", [200, 201, 404, 405])
def test_where_every_answer_is_a_web_page_there_is_no_api(status: int) -> None:
    host = FakeHost(lambda seen: httpx.Response(status, html="<html>Welcome</html>"))
    with pytest.raises(NotTheApi, match="web page") as raised:
        asyncio.run(client(host).create(REQUEST))
    assert "/v1 included" in (raised.value.hint or "")
    assert [seen.method for seen in host.seen].count("POST") == 1


def test_a_page_in_the_place_of_one_answer_leaves_the_outcome_open() -> None:
    host = scripted(httpx.Response(200, html="<html>Sorry</html>"), reply(200, {"data": []}))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(host).create(REQUEST))


@pytest.mark.parametrize(("status", "kind"), [(413, InvalidRequest), (502, OutcomeUnknown)])
def test_an_error_page_of_a_proxy_says_what_its_status_says(status: int, kind: type[ProviderError]) -> None:
    host = scripted(httpx.Response(status, html="<html>Bad Gateway</html>"))
    with pytest.raises(ProviderError) as raised:
        asyncio.run(client(host).create(REQUEST))
    assert type(raised.value) is kind


def test_a_job_that_a_success_does_not_know_is_not_found() -> None:
    host = scripted(reply(200, {"code": 404, "msg": "no such task"}))
    with pytest.raises(NotFound, match="no such task"):
        asyncio.run(client(host).get("video_1"))


def test_a_lost_answer_is_asked_for_again_only_where_the_host_knows_one_request_by_its_key() -> None:
    keyed = replace(REQUEST, idempotency_key="one-intent")
    profile = load_profile("openai", overrides={"abilities": {"idempotency": True}})
    host = scripted(network(httpx.ReadError), reply(502), reply(200, job()))
    assert asyncio.run(client(host, profile).create(keyed)).id == "video_1"
    assert [seen.headers["idempotency-key"] for seen in host.seen] == ["one-intent"] * 3
    for plain, request in ((profile, REQUEST), (load_profile("openai"), keyed)):
        host = scripted(network(httpx.ReadError))
        with pytest.raises(OutcomeUnknown):
            asyncio.run(client(host, plain).create(request))


@pytest.mark.parametrize(
    "then",
    [
        reply(409, {"error": {"code": "idempotency_key_in_use", "message": "under way"}}),
        reply(400, {"error": {"code": "moderation_blocked", "message": "no"}}),
        reply(401),
        reply(404),
        reply(429, {"error": {"code": "insufficient_quota", "message": "no"}}),
        reply(429, {}, {"retry-after": "900"}),
        httpx.ConnectError("away"),
    ],
)
def test_a_refusal_of_the_second_request_by_one_key_does_not_settle_what_became_of_the_first(
    then: httpx.Response | httpx.TransportError,
) -> None:
    profile = load_profile("openai", overrides={"abilities": {"idempotency": True}})
    host = scripted(network(httpx.ReadError), *[then] * 5)
    with pytest.raises(OutcomeUnknown, match="the connection was lost"):
        asyncio.run(client(host, profile).create(replace(REQUEST, idempotency_key="one-intent")))


def test_a_redirect_of_a_paid_request_is_not_followed() -> None:
    host = scripted(reply(307, None, {"location": "https://elsewhere.example/v1/videos"}))
    with pytest.raises(ProviderError):
        asyncio.run(client(host).create(REQUEST))
    assert len(host.seen) == 1


def test_a_refusal_for_the_rate_waits_as_long_as_the_server_says() -> None:
    clock = FakeClock()
    host = scripted(reply(429, {}, {"retry-after": "7"}), reply(200, job()))
    asyncio.run(client(host, clock=clock).create(REQUEST))
    assert len(host.seen) == 2 and sum(clock.slept) >= 7


def test_a_wait_beyond_patience_is_left_to_the_caller() -> None:
    clock = FakeClock()
    host = scripted(reply(429, {}, {"retry-after": "900"}))
    with pytest.raises(RateLimited) as refused:
        asyncio.run(client(host, clock=clock).create(REQUEST))
    assert refused.value.retry_after == 900 and clock.slept == []


def test_no_credit_is_not_waited_for() -> None:
    host = scripted(reply(429, {"error": {"message": "x", "code": "insufficient_quota"}}))
    with pytest.raises(QuotaExhausted):
        asyncio.run(client(host).create(REQUEST))


def test_a_free_request_is_sent_again_after_any_failure() -> None:
    clock = FakeClock()
    host = scripted(reply(500), network(httpx.ReadError), reply(429), reply(200, job("in_progress")))
    assert asyncio.run(client(host, clock=clock).get("video_1")).status is JobStatus.IN_PROGRESS
    assert len(host.seen) == 4 and len(clock.slept) == 3


def test_a_free_request_gives_up_in_the_end() -> None:
    host = FakeHost(lambda seen: reply(500))
    with pytest.raises(ServerError):
        asyncio.run(client(host).get("video_1"))
    assert len(host.seen) == 5


def test_a_failed_job_behind_an_error_status_is_a_job_and_not_asked_for_again() -> None:
    host = scripted(reply(500, job("failed", error={"code": 500, "message": "out of memory"})))
    found = asyncio.run(client(host, "vllm-omni").get("video_1"))
    assert found.status is JobStatus.FAILED and len(host.seen) == 1


def test_an_accepted_answer_without_a_body_means_pending() -> None:
    host = scripted(reply(202))
    found = asyncio.run(client(host, "xai").get("r/1"))
    assert (found.id, found.status) == ("r/1", JobStatus.QUEUED)


def test_a_job_in_the_text_of_a_gateway_s_error_is_a_job() -> None:
    text = 'litellm: {"id": "up_1", "object": "video", "status": "failed", "error": {"message": "x"}}'
    host = scripted(reply(500, {"error": {"message": text, "code": "500"}}))
    found = asyncio.run(client(host, "litellm").get("mine"))
    assert (found.id, found.status) == ("mine", JobStatus.FAILED)


def test_a_job_in_the_text_of_a_create_s_error_is_not_taken_for_ours() -> None:
    text = 'litellm: {"id": "up_1", "object": "video", "status": "failed"}'
    host = scripted(reply(500, {"error": {"message": text, "code": "500"}}))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(client(host, "litellm").create(REQUEST))


def test_a_refusal_that_a_gateway_wraps_is_read_from_inside() -> None:
    text = 'litellm.BadRequestError: - {"error": {"message": "no", "code": "moderation_blocked"}}'
    host = scripted(reply(400, {"error": {"message": text, "code": "400"}}))
    with pytest.raises(Moderated):
        asyncio.run(client(host, "litellm").create(REQUEST))


def test_a_wait_that_a_gateway_passes_on_under_its_prefix_holds() -> None:
    host = scripted(reply(429, {}, {"llm_provider-retry-after": "900"}))
    with pytest.raises(RateLimited) as refused:
        asyncio.run(client(host, "litellm").create(REQUEST))
    assert refused.value.retry_after == 900


def test_a_job_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        asyncio.run(client(scripted(reply(404, {"detail": "x"}))).get("video_1"))


def test_a_task_that_new_api_no_longer_has_is_not_found() -> None:
    gone = reply(400, {"code": "task_not_exist", "message": "task_not_exist", "data": None})
    with pytest.raises(NotFound):
        asyncio.run(client(scripted(gone), "new-api").get("task_1"))


def test_a_host_that_answers_when_all_is_done_keeps_no_jobs() -> None:
    body = {"id": "v1", "object": "video", "status": "completed", "data": [{"b64_json": "AAAA"}]}
    profile = load_profile("openai", overrides={"routes": {"get": ""}, "abilities": {"body_urls": True}})
    host = scripted(reply(200, body))
    speaker = client(host, profile)
    made = asyncio.run(speaker.create(REQUEST))
    assert made.status is JobStatus.COMPLETED and made.urls
    with pytest.raises(NotFound):
        asyncio.run(speaker.get(made.id))
    assert len(host.seen) == 1


def test_deleting_tells_whether_there_was_anything() -> None:
    host = scripted(reply(200, job("deleted")), reply(404, {}))
    speaker = client(host)

    async def go() -> tuple[bool, bool]:
        return await speaker.delete("video_1"), await speaker.delete("video_1")

    assert asyncio.run(go()) == (True, False)


Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def against(serving: Serving) -> Job:
    """Create against a real socket."""
    server = await asyncio.start_server(serving, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        speaker = client(None, "openai", base_url=f"http://127.0.0.1:{port}/v1")
        try:
            return await speaker.create(REQUEST)
        finally:
            await speaker.aclose()


async def _read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)


@pytest.mark.parametrize(
    "answer",
    [b"", b'HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{"id": "vid', b"HTTP/1.1 2", b"nonsense\r\n\r\n"],
)
def test_a_server_that_hangs_up_in_the_middle_leaves_the_outcome_open(answer: bytes) -> None:
    hits = []

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _read_request(reader)
        hits.append(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    with pytest.raises(OutcomeUnknown):
        asyncio.run(against(serving))
    assert hits == [1]


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal() -> None:
    hits = []

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _read_request(reader)
        hits.append(1)
        writer.write(b"HTTP/1.1 402 Payment Required\r\ncontent-length: 400\r\n\r\n{")
        await writer.drain()
        writer.close()

    with pytest.raises(QuotaExhausted):
        asyncio.run(against(serving))
    assert hits == [1]
