"""What a result depends on besides the video: its check's settings, and what was asked for."""

from __future__ import annotations

import hashlib
import json

from sorasync.checks.check_result import VERSION
from sorasync.checks.measure_request import VideoToCheck
from sorasync.manifest.check_schema import CheckTable, CommandCheckModel

_DIGITS = 16


def settings_digest(name: str, table: CheckTable, video: VideoToCheck) -> str:
    """The digest under which a result is kept, and found again as long as all of it is the same."""
    facts: dict[str, object] = {"version": VERSION, "settings": table.model_dump()}
    if name == "size":
        facts |= {"size": video.size, "tolerance_pct": video.tolerance_pct}
    elif name == "seconds":
        facts |= {"seconds": video.seconds, "tolerance_pct": video.tolerance_pct}
    elif name == "same_as":
        facts |= {"kind": video.kind, "source": video.source and video.source.stem}
    elif isinstance(table, CommandCheckModel) and "{prompt}" in table.run:
        facts["prompt"] = video.prompt
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
