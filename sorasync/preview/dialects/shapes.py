"""Sizes from the words that other schemas use."""

from __future__ import annotations

from sorasync.preview.refusal import bad

_SHORT = {"480p": 480, "540p": 540, "720p": 720, "768p": 768, "1080p": 1080, "2k": 1440, "4k": 2160}


def size_of(resolution: object, aspect_ratio: object) -> str:
    """`WIDTHxHEIGHT` of a resolution (default 720p) and an aspect ratio (default 16:9), in even numbers."""
    short = _SHORT.get(str(resolution or "720p").lower())
    if short is None:
        raise bad(f"Invalid resolution '{resolution}'.", "resolution")
    across, _, down = str(aspect_ratio or "16:9").partition(":")
    if not (across.isdecimal() and down.isdecimal() and int(across) and int(down)):
        raise bad(f"Invalid aspect_ratio '{aspect_ratio}'.", "aspect_ratio")
    ratio = int(across) / int(down)
    long = 2 * round(short * max(ratio, 1 / ratio) / 2)
    return f"{long}x{short}" if ratio >= 1 else f"{short}x{long}"
