"""JSON in which nothing is left that a terminal acts on."""

from __future__ import annotations

import json
import re
import sys

_ACTED_ON = re.compile(
    r"[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def json_text(data: object, indent: int | None = 2) -> str:
    """The data as JSON; signs that control a terminal or turn the direction of writing are escaped."""
    text = json.dumps(data, indent=indent, ensure_ascii=not _unicode_output())
    return text if text.isascii() else _ACTED_ON.sub(_escaped, text)


def _unicode_output() -> bool:
    """Whether standard output can hold every sign; where not, JSON writes it in ASCII, losing nothing."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
