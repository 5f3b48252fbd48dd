"""Reads an upstream's answer inside a gateway's error: LiteLLM puts it as JSON into the message."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sorasync.provider.http_response import complaint
from sorasync.provider.read import is_job

_MOST_TRIES = 20


def embedded(body: object) -> Mapping[str, object] | None:
    """The first JSON object in the message that is a job or an error body; None where there is none."""
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
        if is_job(found) or isinstance(found.get("error"), Mapping):
            return dict(found)
    return None
