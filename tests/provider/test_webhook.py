"""Webhooks are believed only with a good signature and a fresh time."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.provider.webhook import WebhookRefused, signature, verify

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
