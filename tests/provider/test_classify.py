"""Which error an answer becomes: status and code decide, and the reaction follows."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.provider.classify import Asked, fault
from sorasync.provider.errors import (
    AuthFailed,
    InvalidRequest,
    Moderated,
    NotFound,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    Overloaded,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerError,
)
from sorasync.provider.http_response import HttpResponse
from sorasync.provider.retry_after import poll_after, retry_after, span
from sorasync.provider.wire import CreateRequest
from tests.provider.fakes import client, scripted

REQUEST = CreateRequest("A cat.", "sora-2", "1280x720", 8)
NOW = 1_800_000_000.0
SAFE_AFTER_A_PAID_POST = (
    RateLimited,
    QuotaExhausted,
    AuthFailed,
    InvalidRequest,
    NotFound,
    NotSupported,
    NotReady,
)


def told(
    status: int, code: object = None, *, paid: bool = False, headers: dict[str, str] | None = None
) -> ProviderError:
    body = {"error": {"message": "words", "code": code}} if code is not None else {"detail": "words"}
    return fault(HttpResponse(status, headers or {}, body), Asked("host", "HOST_KEY", paid), NOW)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_value", InvalidRequest),
        (400, "moderation_blocked", Moderated),
        (400, "content_policy_violation", Moderated),
        (403, "sentinel_block", Moderated),
        (400, "ContentPolicyViolationError", Moderated),
        (401, None, AuthFailed),
        (403, None, AuthFailed),
        (403, "model_not_found", InvalidRequest),
        (403, "insufficient_user_quota", QuotaExhausted),
        (402, None, QuotaExhausted),
        (451, None, Moderated),
        (404, None, NotFound),
        (410, None, NotFound),
        (405, None, NotSupported),
        (501, None, NotSupported),
        (409, None, InvalidRequest),
        (413, None, InvalidRequest),
        (422, None, InvalidRequest),
        (429, "rate_limit_exceeded", RateLimited),
        (429, "slow_down", RateLimited),
        (429, "insufficient_quota", QuotaExhausted),
        (429, "billing_hard_limit_reached", QuotaExhausted),
        (503, "server_is_overloaded", Overloaded),
        (500, None, OutcomeUnknown),
        (502, None, OutcomeUnknown),
        (503, None, OutcomeUnknown),
        (504, None, OutcomeUnknown),
        (408, None, OutcomeUnknown),
        (302, None, InvalidRequest),
    ],
)
def test_what_an_answer_to_a_paid_request_means(status: int, code: str | None, kind: type) -> None:
    assert type(told(status, code, paid=True)) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (408, ServerError),
        (409, NotReady),
        (425, NotReady),
    ],
)
def test_what_an_answer_to_a_free_request_means(status: int, kind: type) -> None:
    assert type(told(status)) is kind


@given(st.integers(500, 599), st.text(max_size=30) | st.none() | st.integers())
def test_a_paid_request_is_never_sent_again_after_a_5xx_that_does_not_refuse(
    status: int, code: object
) -> None:
    found = told(status, code, paid=True)
    assert isinstance(found, (OutcomeUnknown, *SAFE_AFTER_A_PAID_POST))
    if not isinstance(found, OutcomeUnknown):
        assert status == 501 or isinstance(code, str)


def test_a_5xx_is_overload_only_with_a_code_or_a_wait() -> None:
    assert isinstance(told(503, paid=True, headers={"retry-after": "3"}), Overloaded)
    assert isinstance(told(500, paid=True, headers={"retry-after": "3"}), OutcomeUnknown)


def test_what_openrouter_flags_blocks_one_clip_and_not_the_key() -> None:
    metadata = {"reasons": ["violence"], "flagged_input": "A fi…"}
    body = {"error": {"code": 403, "message": "Your input was flagged", "metadata": metadata}}
    assert type(fault(HttpResponse(403, {}, body), Asked("h", "K", True), NOW)) is Moderated


def test_a_missing_key_is_told_by_the_variable_s_name() -> None:
    assert "HOST_KEY" in (told(401).hint or "")


def test_the_words_of_a_message_decide_nothing() -> None:
    body = {"error": {"message": "moderation_blocked insufficient_quota rate_limit_exceeded"}}
    assert type(fault(HttpResponse(400, {}, body), Asked("h", "K"), NOW)) is InvalidRequest


def test_control_characters_and_length_are_kept_from_people() -> None:
    body = {"error": {"message": "a\x1b[31mred\u202e\n" + "x" * 9000}}
    message = fault(HttpResponse(400, {}, body), Asked("h", "K"), NOW).message
    assert "\x1b" not in message and "\u202e" not in message and "\n" not in message and len(message) < 600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 15 Jan 2010 08:00:30 GMT"}, 0.0),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-reset-requests": "1s"}, 1.0),
        ({"retry-after": "999999999"}, 3600.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_waits_are_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_the_polling_hint_is_in_milliseconds() -> None:
    assert poll_after({"openai-poll-after-ms": "10000"}, NOW) == 10.0
    assert poll_after({"retry-after": "2"}, NOW) == 2.0
    assert poll_after({"x-ratelimit-reset-requests": "1s"}, NOW) is None


@given(st.text())
def test_any_text_for_a_span_is_read_or_left(said: str) -> None:
    found = span(said)
    assert found is None or 0 <= found <= 3600


@pytest.mark.parametrize(("status", "code"), [(402, None), (429, "insufficient_quota"), (405, None)])
def test_what_waiting_cannot_mend_says_what_would(status: int, code: str | None) -> None:
    assert told(status, code, paid=True).hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><title>502 Bad Gateway</title><body>nginx</body></html>", "502 Bad Gateway nginx"),
        (b"upstream connect error\n", "upstream connect error"),
        (b'{"unheard": "of"}', '{"unheard": "of"}'),
        (b'{"message": {"text": "why"}}', '{"message": {"text": "why"}}'),
        (b"\x89PNG\r\n\x1a\n\x00", ""),
        (b"", ""),
    ],
)
def test_what_a_server_says_is_shown_whatever_its_form(content: bytes, words: str) -> None:
    speaker = client(scripted(*[httpx.Response(500, content=content)] * 20))
    for paid in (True, False):
        with pytest.raises((OutcomeUnknown, ServerError)) as failed:
            asyncio.run(speaker.create(REQUEST) if paid else speaker.get("video_1"))
        assert failed.value.message == "openai answered 500" + (f": {words}" if words else "")


@pytest.mark.parametrize("code", ["server_error", "internal_server_error", "upstream_timeout"])
def test_a_success_that_says_that_the_server_failed_may_have_made_a_job(code: str) -> None:
    body = {"error": {"message": "upstream timeout", "code": code}}
    assert type(fault(HttpResponse(200, {}, body), Asked("h", "K", True), NOW)) is OutcomeUnknown
    assert type(fault(HttpResponse(200, {}, body), Asked("h", "K"), NOW)) is ServerError


def test_a_success_that_refuses_what_was_asked_for_has_made_nothing() -> None:
    body = {"error": {"message": "no such size", "code": "invalid_size"}}
    assert type(fault(HttpResponse(200, {}, body), Asked("h", "K", True), NOW)) is InvalidRequest
