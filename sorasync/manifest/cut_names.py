"""Names of a cut's events, from its template such as `{cut}_{scene:03}_{shot:04}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

FIELDS: Final = ("cut", "clip", "take", "scene", "shot", "event")
_TEXTS = ("cut", "clip")
_WIDTH = re.compile(r"0?[1-9]?")


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """What is wrong with a template."""

    message: str
    expected: str | None = None


def template_fault(template: str) -> TemplateFault | None:
    """What is wrong with a template, None for a good one."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return TemplateFault("`names` has an unmatched brace")
    for _, name, width, conversion in parts:
        if name is None:
            continue
        if name not in FIELDS:
            return TemplateFault(
                f"`names` has no placeholder {{{name}}}", ", ".join(f"{{{known}}}" for known in FIELDS)
            )
        if conversion or not _WIDTH.fullmatch(width or "") or (width and name in _TEXTS):
            return TemplateFault(f"{{{name}}} in `names` has an unknown format", "a width: {shot:04}")
    return None


def event_name(template: str, values: Mapping[str, str | int]) -> str:
    """The name of an event; `template` has no fault."""
    return template.format_map(values)
