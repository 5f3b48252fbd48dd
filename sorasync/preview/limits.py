"""What the reference accepts, as numbers and lists."""

from __future__ import annotations

import re

PROMPT_MAX = 32_000
NAME_MAX = 80
SECONDS = ("4", "8", "12", "16", "20")
CHARACTERS_MAX = 2
EXTENSIONS_MAX = 6
LENGTH_MAX = 120
BATCH_LINES_MAX = 50_000
BATCH_BYTES_MAX = 200 * 1024 * 1024
DEFAULT_MODEL = "sora-2"
DEFAULT_SECONDS = "4"
DEFAULT_SIZE = "720x1280"
IMAGE_TYPES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}

_MODEL = re.compile(r"(sora-2|sora-2-pro)(-\d{4}-\d{2}-\d{2})?")
_SIZES = {
    "sora-2": ("720x1280", "1280x720"),
    "sora-2-pro": ("720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080"),
}


def sizes_of(model: str) -> tuple[str, ...] | None:
    """The sizes of a reference model or one of its dated snapshots; None for a model it does not know."""
    match = _MODEL.fullmatch(model)
    return _SIZES[match[1]] if match else None
