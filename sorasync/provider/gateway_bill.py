"""Reads a gateway's headers: the price it booked, and how often it resent a request.

LiteLLM says both in headers. It sends creates again by itself unless `num_retries` is 0 there, and each of
them may be a job of its own. Observed by running it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from sorasync.provider.json_values import number
from sorasync.provider.wire import Job

_BOOKED, _RETRIES = "x-litellm-response-cost", "x-litellm-attempted-retries"
_HIGHEST_COST, _MOST_RETRIES = 10**6, 1000


def with_bill(job: Job, headers: Mapping[str, str]) -> Job:
    """The job with what the headers say of its price and its resends.

    A price in the body takes precedence. A booked price of 0 means that the gateway knows none.
    """
    booked = number(headers.get(_BOOKED))
    if job.cost_usd is None and booked and booked < _HIGHEST_COST:
        job = replace(job, cost_usd=Decimal(str(booked)))
    retries = int(number(headers.get(_RETRIES)) or 0)
    return replace(job, resends=min(retries, _MOST_RETRIES)) if retries else job
