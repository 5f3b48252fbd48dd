"""Reads how long a server asks to wait, in every form that servers use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

# Longest wait that a server can impose at a time, in seconds.
LONGEST = 3600.0

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait before trying again, None where the server does not say. `now` is Unix time.

    `retry-after-ms` is the most exact, then `Retry-After` in seconds or as a date, then
    `x-ratelimit-reset-requests` (`1s`, `6m0s`, `120ms`).
    """
    exact = _positive(headers.get("retry-after-ms"))
    if exact is not None:
        return min(exact / 1000, LONGEST)
    said = headers.get("retry-after")
    if said is not None:
        found = _positive(said)
        # A date is one of the host's own clock.
        return min(found, LONGEST) if found is not None else _until(said, date_of(headers) or now)
    return span(headers.get("x-ratelimit-reset-requests"))


def poll_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the job is worth asking about again; None where the server does not say."""
    exact = _positive(headers.get("openai-poll-after-ms"))
    if exact is not None:
        return min(exact / 1000, LONGEST)
    said = headers.get("retry-after")
    return None if said is None else retry_after({"date": headers.get("date", ""), "retry-after": said}, now)


def span(said: str | None) -> float | None:
    """Seconds of a text such as `6m0s`; a bare number is seconds."""
    if said is None:
        return None
    plain = said.strip().lower()
    found = _positive(plain)
    if found is None:
        parts = _SPAN.findall(plain)
        if not parts or "".join(amount + unit for amount, unit in parts) != plain:
            return None
        found = sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    return min(found, LONGEST)


def _positive(said: str | None) -> float | None:
    try:
        found = float(said) if said is not None else None
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) and found >= 0 else None


def _until(said: str, now: float) -> float | None:
    try:
        at = parsedate_to_datetime(said).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None
    return min(max(0.0, at - now), LONGEST)


# All answers of one second have the same date.
@lru_cache(maxsize=64)
def _unix_time(said: str) -> float:
    return parsedate_to_datetime(said).timestamp()


def date_of(headers: Mapping[str, str]) -> float | None:
    """The Unix time of a `Date` header, the age of an answer out of a cache added; None without one."""
    try:
        said = _unix_time(headers["date"])
        age = headers.get("age", "0").strip()
        return said + (int(age) if age.isdecimal() and len(age) < 10 else 0)
    except (KeyError, ValueError, OverflowError, TypeError):
        return None
