"""Webhooks are believed only with a good signature and a fresh time."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.provider.webhook import WebhookRefused, check_secret, openrouter_signature, signature, verify

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
NOW = 1_800_000_000.0
BODY = json.dumps(
    {"id": "evt_1", "type": "video.completed", "created_at": 5, "data": {"id": "video_1"}}
).encode()


def headers(body: bytes = BODY, stamp: int = int(NOW), secret: str = SECRET) -> dict[str, str]:
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(stamp),
        "Webhook-Signature": signature(body, "msg_1", str(stamp), secret),
    }


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = signature(body, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", secret)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_good_webhook_tells_what_happened() -> None:
    event = verify(BODY, headers(), SECRET, NOW)
    assert (event.id, event.type, event.subject, event.created_at) == (
        "evt_1",
        "video.completed",
        "video_1",
        5.0,
    )


def test_one_good_signature_of_several_is_enough() -> None:
    given_headers = headers()
    good = given_headers["Webhook-Signature"]
    given_headers["Webhook-Signature"] = f"v1,AAAA v2,BBBB {good}"
    assert verify(BODY, given_headers, SECRET, NOW).subject == "video_1"


@pytest.mark.parametrize("off", [-301, 301])
def test_a_webhook_from_another_time_is_refused(off: int) -> None:
    with pytest.raises(WebhookRefused):
        verify(BODY, headers(stamp=int(NOW) + off), SECRET, NOW)
    assert verify(BODY, headers(stamp=int(NOW) + off - (1 if off > 0 else -1)), SECRET, NOW)


@given(st.binary(max_size=40))
def test_any_other_body_is_refused(body: bytes) -> None:
    if body != BODY:
        with pytest.raises(WebhookRefused):
            verify(body, headers(), SECRET, NOW)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_any_other_headers_are_refused(given_headers: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused):
        verify(BODY, given_headers, SECRET, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "ünicode"])
def test_a_secret_that_is_none_is_told(secret: str) -> None:
    with pytest.raises(WebhookRefused):
        verify(BODY, headers(), secret, NOW)


def test_another_secret_is_refused() -> None:
    other = "whsec_" + base64.b64encode(b"another").decode()
    with pytest.raises(WebhookRefused):
        verify(BODY, headers(secret=other), SECRET, NOW)


OPENROUTER = b'{"type":"video.generation.completed","data":{"id":"gen-vid-1","status":"completed"}}'


def openrouter_headers(
    body: bytes = OPENROUTER, stamp: int = int(NOW), secret: str = "plain"
) -> dict[str, str]:
    return {
        "X-OpenRouter-Signature": openrouter_signature(body, str(stamp), secret),
        "X-OpenRouter-Idempotency-Key": "delivery-1",
    }


def test_openrouter_signs_time_and_body_with_the_secret_as_it_is() -> None:
    known = "b7fd02c9b376aec4761ba949b1b62634e5ee9bbae798210f0fd0d17864031f37"
    assert openrouter_signature(b"{}", "1700000000", "s3cret") == f"t=1700000000,v1={known}"
    event = verify(OPENROUTER, openrouter_headers(), "plain", NOW)
    assert (event.id, event.type, event.subject) == ("delivery-1", "video.generation.completed", "gen-vid-1")


@pytest.mark.parametrize(
    ("body", "secret", "stamp"),
    [
        (OPENROUTER + b" ", "plain", int(NOW)),
        (OPENROUTER, "other", int(NOW)),
        (OPENROUTER, "plain", int(NOW) - 301),
    ],
)
def test_another_body_secret_or_time_is_refused_from_openrouter_too(
    body: bytes, secret: str, stamp: int
) -> None:
    with pytest.raises(WebhookRefused):
        verify(body, openrouter_headers(stamp=stamp), secret, NOW)


@given(st.text())
def test_any_other_signature_of_openrouter_is_refused(said: str) -> None:
    with pytest.raises(WebhookRefused):
        verify(OPENROUTER, {"x-openrouter-signature": said}, "plain", NOW)


@pytest.mark.parametrize("secret", ["", " ", "whsec_", "whsec_!!"])
def test_a_secret_that_can_be_none_is_told_beforehand(secret: str) -> None:
    with pytest.raises(WebhookRefused, match="secret"):
        check_secret(secret)
    check_secret("any words will do at OpenRouter")
