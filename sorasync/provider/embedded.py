"""A job inside an error's message: LiteLLM wraps what its upstream answered for a failed job as text."""

from __future__ import annotations

import json

from sorasync.provider.answer import complaint
from sorasync.provider.read import is_job

_MOST_TRIES = 20


def embedded_job(body: object) -> dict[str, object] | None:
    """The first JSON object in the message that is a job; None where there is none."""
    message, at = complaint(body).message, -1
    decoder = json.JSONDecoder()
    for _ in range(_MOST_TRIES):
        at = message.find("{", at + 1)
        if at < 0:
            return None
        try:
            found, _end = decoder.raw_decode(message, at)
        except (ValueError, RecursionError):
            continue
        if is_job(found):
            return dict(found)
    return None
