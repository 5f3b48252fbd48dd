"""Compares a video with its request: length, size, and a first frame that can be decoded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sorasync.assets.mp4 import Mp4Facts

# Tolerance for rounding: models count frames, not seconds.
_LEAST_SECONDS = 0.5
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")


def mismatch(
    path: Path, facts: Mp4Facts, seconds: float | None, size: str | None, tolerance_pct: int
) -> str | None:
    """How a video differs from its request, as a clause; None if it matches.

    `seconds` and `size` (`1280x720`) are what was requested, None if unknown; up to
    `tolerance_pct` percent of each are no difference.
    """
    found = [
        length_difference(facts, seconds, tolerance_pct),
        size_difference(facts, size, tolerance_pct),
        _frame(path),
    ]
    return "; ".join(one for one in found if one) or None


def length_difference(facts: Mp4Facts, seconds: float | None, tolerance_pct: int) -> str | None:
    """How the length differs from the one that was asked for, None if it does not or nothing is known."""
    if not seconds:
        return None
    if not facts.duration_seconds:
        # Fragments may leave the length to be found by playing them.
        return None if facts.fragmented else f"its file has no length, {seconds:g} s were requested"
    slack = max(_LEAST_SECONDS, seconds * tolerance_pct / 100)
    if abs(facts.duration_seconds - seconds) <= slack:
        return None
    return f"its file lasts {facts.duration_seconds:.3g} s, {seconds:g} s were requested"


def shown_size(facts: Mp4Facts) -> tuple[int, int]:
    """Width and height as players show them, 0 where unknown."""
    return (facts.height, facts.width) if facts.quarter_turned else (facts.width, facts.height)


def size_difference(facts: Mp4Facts, size: str | None, tolerance_pct: int) -> str | None:
    """How the size differs from the one that was asked for, None if it does not or nothing is known."""
    asked = _SIZE.fullmatch(size or "")
    if asked is None or not facts.width or not facts.height:
        return None
    wanted = int(asked[1]), int(asked[2])
    shown = shown_size(facts)
    pairs = zip(shown, wanted, strict=True)
    if all(abs(there - want) <= want * tolerance_pct / 100 for there, want in pairs):
        return None
    return f"it is {shown[0]}x{shown[1]} instead of {size}"


def _frame(path: Path) -> str | None:
    """Whether its first frame can be decoded, where PyAV is installed."""
    try:
        import av
    except ImportError:
        return None
    try:
        # No decoder is to be tried while the file is opened: the frame is decoded below, once.
        options = {"codec_whitelist": "none"}
        # PyAV before 19 fails at metadata that is not UTF-8 unless told; later ones know no such argument.
        lenient: dict[str, Any] = (
            {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}
        )
        with av.open(str(path), options=options, **lenient) as container:
            stream = next((one for one in container.streams if one.type == "video"), None)
            if stream is not None:
                # Threads would be made for one frame, which costs more than they save.
                stream.codec_context.thread_count = 1
            if stream is not None and next(iter(container.decode(stream)), None) is not None:
                return None
    except (av.FFmpegError, OSError, ValueError):
        pass
    return "no frame of it can be decoded"
