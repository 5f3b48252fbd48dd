"""Signatures of webhooks, as Standard Webhooks describes them. Pure.

Headers `webhook-id`, `webhook-timestamp` and `webhook-signature`; the signature is `v1,` and the base64 of
the HMAC-SHA256 over `id.timestamp.body`, with the base64 secret that follows `whsec_`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sorasync.errors import SorasyncError
from sorasync.provider.values import moment, parse, table, text

TOLERANCE = 300.0
"""Seconds that a webhook's time may lie before or after ours."""

_PREFIX = "whsec_"


class WebhookRefused(SorasyncError):
    """The webhook was not signed with our secret, or is too old."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: `type` such as `video.completed`, `subject` the id of the video or batch."""

    id: str
    type: str
    subject: str | None
    created_at: float | None


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> Event:
    """The event in a webhook whose signature holds. `now` is Unix time. Raises `WebhookRefused`."""
    found = {name.lower(): value.strip() for name, value in headers.items()}
    sent_id, stamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not sent_id or not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise WebhookRefused("the webhook lacks its id or its time")
    if abs(now - int(stamp)) > TOLERANCE:
        raise WebhookRefused("the webhook's time is more than five minutes off")
    expected = signature(body, sent_id, stamp, secret)
    if not _any_matches(found.get("webhook-signature", ""), expected):
        raise WebhookRefused("the webhook's signature does not match")
    return _event(body, sent_id)


def signature(body: bytes, sent_id: str, stamp: str, secret: str) -> str:
    """The signature for a body, with its `v1,`. Raises `WebhookRefused` for a secret that is not base64."""
    signed = f"{sent_id}.{stamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise WebhookRefused("the webhook secret is not base64 after whsec_")
    return key


def _any_matches(given: str, expected: str) -> bool:
    """Whether one of the signatures is right; all are compared, in constant time."""
    matches = [hmac.compare_digest(one.encode(), expected.encode()) for one in given.split()]
    return any(matches)


def _event(body: bytes, sent_id: str) -> Event:
    data = table(parse(body))
    subject = text(table(data.get("data")).get("id"))
    kind = text(data.get("type")) or ""
    return Event(text(data.get("id")) or sent_id, kind, subject, moment(data.get("created_at")))
