"""What LiteLLM adds to the Videos API: prices in headers, ids of its own, answers of its upstream in errors.

It sends creates again by itself unless `num_retries` is 0 there, and each of them may be a job of its own.
An id is `video_` and the base64 of `litellm:custom_llm_provider:openai;model_id:sora-2;video_id:video_…`.
LiteLLM 1.106 leaves `model_id` empty in the answers to extensions and edits; such an id leads to another
host, so it is completed from the id of the job's source. All of it was observed by running it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from sorasync.provider.http_response import complaint
from sorasync.provider.json_values import number
from sorasync.provider.read import is_job
from sorasync.provider.wire import Job

_BOOKED, _RETRIES = "x-litellm-response-cost", "x-litellm-attempted-retries"
_HIGHEST_COST, _MOST_RETRIES = 10**6, 1000
_PREFIX, _SIGN = "video_", "litellm:"
# Objects in an error's message that are looked at.
_MOST_TRIES = 20


def with_bill(job: Job, headers: Mapping[str, str]) -> Job:
    """The job with what the headers say of its price and its resends.

    A price in the body takes precedence. A booked price of 0 means that the gateway knows none.
    """
    booked = number(headers.get(_BOOKED))
    if job.cost_usd is None and booked and booked < _HIGHEST_COST:
        job = replace(job, cost_usd=Decimal(str(booked)))
    retries = int(number(headers.get(_RETRIES)) or 0)
    return replace(job, resends=min(retries, _MOST_RETRIES)) if retries else job


def complete_id(job_id: str, source_id: str | None) -> str:
    """Add the source id's `model_id` if the gateway left it out; other ids are unchanged."""
    own, source = _fields(job_id), _fields(source_id or "")
    if not own or not source or own.get("model_id") or not source.get("model_id"):
        return job_id
    fields = source | {"video_id": own.get("video_id", "")}
    text = _SIGN + ";".join(f"{name}:{value}" for name, value in fields.items())
    return _PREFIX + base64.b64encode(text.encode()).decode("ascii")


def _fields(packed: str) -> dict[str, str]:
    """The fields of such an id in their order; none for any other id."""
    if not packed.startswith(_PREFIX):
        return {}
    body = packed.removeprefix(_PREFIX)
    try:
        text = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    if not text.startswith(_SIGN):
        return {}
    pairs = (part.partition(":") for part in text.removeprefix(_SIGN).split(";"))
    return {name: value for name, colon, value in pairs if colon}


def job_or_error_inside(body: object) -> Mapping[str, object] | None:
    """The first JSON object in an error message that is a job or an error body, or None."""
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
