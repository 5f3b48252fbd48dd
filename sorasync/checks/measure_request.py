"""What a worker is asked, and what it answers: one line of JSON each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sorasync.checks.check_result import CheckResult
from sorasync.manifest.check_schema import ChecksModel


@dataclass(frozen=True, slots=True)
class VideoToCheck:
    """A file, what was asked for, and which checks are wanted of it.

    `size` and `seconds` are None where it is not known what was requested. `tolerance_pct` is that of
    `[assets]`, for the checks that have none of their own. `kind` is `create`, `extend` or `edit`, `source`
    the video that it was made from. `prompt` is for commands.
    """

    path: Path
    checks: ChecksModel
    names: tuple[str, ...]
    size: str | None = None
    seconds: float | None = None
    tolerance_pct: int = 10
    kind: str = "create"
    source: Path | None = None
    prompt: str = ""


def to_line(video: VideoToCheck) -> bytes:
    """A video as a line for a worker."""
    fields = {
        "path": str(video.path),
        "checks": video.checks.model_dump(exclude_unset=True),
        "names": video.names,
        "size": video.size,
        "seconds": video.seconds,
        "tolerance_pct": video.tolerance_pct,
        "kind": video.kind,
        "source": None if video.source is None else str(video.source),
    }
    return json.dumps(fields).encode() + b"\n"


def results_in(line: bytes) -> list[CheckResult]:
    """The results in a worker's answer. Raises `ValueError` for a line that is none."""
    try:
        return [CheckResult.of_fields(fields) for fields in json.loads(line)]
    except (KeyError, TypeError) as error:
        raise ValueError("not an answer") from error


def video_in(line: bytes) -> VideoToCheck:
    """The video in such a line."""
    fields = json.loads(line)
    return VideoToCheck(
        **{
            **fields,
            "path": Path(fields["path"]),
            "source": Path(fields["source"]) if fields["source"] else None,
            "checks": ChecksModel.model_validate(fields["checks"]),
            "names": tuple(fields["names"]),
        }
    )
