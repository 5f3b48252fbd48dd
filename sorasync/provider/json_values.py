"""Reads single values from JSON that may contain anything."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Unix times above this (the year 5138 in seconds) are milliseconds.
_MILLISECONDS_FROM = 1e11


def parse(content: bytes) -> object:
    """The JSON value of a body, None where it is no JSON.

    Half characters, which JSON may hold where a text was cut and UTF-8 may not, are left out.
    """
    try:
        found = json.loads(content)
        return _whole_number(found) if b"\\u" in content else found
    except (ValueError, RecursionError):
        return None


_HALF = re.compile(r"[\ud800-\udfff]")


def _whole_number(value: object) -> object:
    if isinstance(value, str):
        return _HALF.sub("", value)
    if isinstance(value, list):
        return [_whole_number(one) for one in value]
    if isinstance(value, dict):
        return {
            _HALF.sub("", name): one if _names_an_id(name) else _whole_number(one)
            for name, one in value.items()
        }
    return value


def _names_an_id(name: str) -> bool:
    """An id that is left as it came is refused; one with characters left out may be another job's."""
    return name == "id" or name.endswith("_id")


def table(value: object) -> Mapping[str, object]:
    """The value if it is an object, an empty one otherwise."""
    # A check for any mapping takes its time, and nearly every object is a dict.
    return value if isinstance(value, (dict, Mapping)) else {}


def items(value: object) -> list[object]:
    """The value if it is a list, an empty one otherwise."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """The value if it is a text with something in it."""
    return value if isinstance(value, str) and value.strip() else None


def word(value: object) -> str | None:
    """A code or name: a text, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return str(value)
    return text(value)


def number(value: object) -> float | None:
    """A finite number of zero or more, also from a text like `"8"` or `"8s"`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip().removesuffix("%").removesuffix("s")
    if not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def moment(value: object) -> float | None:
    """A Unix time in seconds, from seconds, milliseconds or an ISO 8601 text."""
    found = number(value)
    if found is not None:
        return found / 1000 if found > _MILLISECONDS_FROM else found
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def first(*values: object) -> object:
    """The first value that is not None."""
    return next((value for value in values if value is not None), None)
