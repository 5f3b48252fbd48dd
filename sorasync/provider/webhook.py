"""Signatures of webhooks, in the two forms that hosts use. Pure.

As Standard Webhooks describes them: headers `webhook-id`, `webhook-timestamp` and `webhook-signature`; the
signature is `v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`, with the base64 secret that
follows `whsec_`. As OpenRouter's guide describes them: the header `x-openrouter-signature` is
`t=SECONDS,v1=HEX`, the HMAC-SHA256 over `SECONDS,body` with the secret as it is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sorasync.errors import SorasyncError
from sorasync.provider.json_values import moment, parse, table, text

# Seconds by which a webhook's time may differ from ours.
TOLERANCE = 300.0

_PREFIX = "whsec_"
_OPENROUTER = "x-openrouter-signature"


class WebhookRefused(SorasyncError):
    """The webhook was not signed with our secret, or is too old."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What happened: `type` such as `video.completed`, `subject` the id of the video or batch."""

    id: str
    type: str
    subject: str | None
    created_at: float | None


def check_secret(secret: str) -> None:
    """Raises `WebhookRefused` for a secret that cannot be one: nothing, or no base64 after `whsec_`."""
    if not secret.strip() or secret.strip().startswith(_PREFIX):
        _signing_key(secret)


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> WebhookEvent:
    """The event in a webhook whose signature holds. `now` is Unix time. Raises `WebhookRefused`."""
    found = {name.lower(): value.strip() for name, value in headers.items()}
    if _OPENROUTER in found:
        return _openrouter(body, found, secret, now)
    sent_id, stamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not sent_id:
        raise WebhookRefused("the webhook lacks its id")
    _check_time(stamp, now)
    expected = signature(body, sent_id, stamp, secret)
    if not _any_matches(found.get("webhook-signature", "").split(), expected):
        raise WebhookRefused("the webhook's signature does not match")
    return _event_of_body(body, sent_id)


def _openrouter(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> WebhookEvent:
    parts = [part.strip().partition("=") for part in headers[_OPENROUTER].split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    _check_time(stamp, now)
    expected = openrouter_signature(body, stamp, secret).rpartition("=")[2]
    if not _any_matches([value for name, _, value in parts if name == "v1"], expected):
        raise WebhookRefused("the webhook's signature does not match")
    return _event_of_body(body, headers.get("x-openrouter-idempotency-key", ""))


def _check_time(stamp: str, now: float) -> None:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise WebhookRefused("the webhook lacks its time")
    if abs(now - int(stamp)) > TOLERANCE:
        raise WebhookRefused("the webhook's time is more than five minutes off")


def signature(body: bytes, sent_id: str, stamp: str, secret: str) -> str:
    """The signature for a body, with its `v1,`. Raises `WebhookRefused` for a secret that is not base64."""
    signed = f"{sent_id}.{stamp}.".encode() + body
    digest = hmac.new(_signing_key(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


def openrouter_signature(body: bytes, stamp: str, secret: str) -> str:
    """OpenRouter's signature for a body. Raises `WebhookRefused` for an empty secret."""
    if not secret.strip():
        raise WebhookRefused("the webhook secret is empty")
    digest = hmac.new(secret.strip().encode(), f"{stamp},".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={digest.hexdigest()}"


def _signing_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise WebhookRefused("the webhook secret is not base64 after whsec_")
    return key


def _any_matches(given: Iterable[str], expected: str) -> bool:
    """Whether one of the signatures is right; all are compared, in constant time."""
    matches = [hmac.compare_digest(one.encode(), expected.encode()) for one in given]
    return any(matches)


def _event_of_body(body: bytes, sent_id: str) -> WebhookEvent:
    data = table(parse(body))
    subject = text(table(data.get("data")).get("id"))
    kind = text(data.get("type")) or ""
    return WebhookEvent(text(data.get("id")) or sent_id, kind, subject, moment(data.get("created_at")))
