"""Plain messages for errors in a fault plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sorasync.text import close_match

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_QUOTED = re.compile(r"'([^']*)'")
# `rules`, the number of one, its key: what pydantic says below is the branch of a union that it tried.
_DEEP = 3


def plain_faults(error: ValidationError, rule: type[BaseModel]) -> list[str]:
    """One sentence for each key that is wrong, rules counted from 1; `rule` is the model of one."""
    first: dict[tuple[int | str, ...], ErrorDetails] = {}
    for found in error.errors(include_url=False):
        first.setdefault(found["loc"][:_DEEP], found)
    return [_fault_sentence(loc, found, rule) for loc, found in first.items()]


def _fault_sentence(loc: tuple[int | str, ...], found: ErrorDetails, rule: type[BaseModel]) -> str:
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc)
    place = place.removeprefix(".") or "the plan"
    if found["type"] == "extra_forbidden":
        known = list(rule.model_fields) if len(loc) == _DEEP else ["seed", "rules"]
        return f"{place} is not a known key{_meant(str(loc[-1]), known)}"
    if found["type"] == "missing":
        return f"{place} is missing"
    message, given = found["msg"], found["input"]
    if found["type"] in ("json_invalid", "value_error"):
        return f"{place}: {message}"
    words = message.removeprefix("Input should be ").partition(", unable to parse")[0]
    fix = _meant(given, _QUOTED.findall(words)) if isinstance(given, str) else ""
    return f"{place} should be {words}, not {given!r}{fix}"


def _meant(word: str, known: list[str]) -> str:
    near = close_match(word, known)
    return f'; did you mean "{near}"?' if near else ""
