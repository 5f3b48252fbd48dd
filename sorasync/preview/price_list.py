"""The reference's prices, in millionths of a dollar for each second of output."""

from __future__ import annotations

_PLAIN = 100_000
_PRO = {
    "720x1280": 300_000,
    "1280x720": 300_000,
    "1024x1792": 500_000,
    "1792x1024": 500_000,
    "1080x1920": 700_000,
    "1920x1080": 700_000,
}
# Models of other hosts, with sound.
_HOSTED = {"fal-ai/veo3/fast": 150_000}


def price(model: str, size: str, seconds: int, *, batch: bool = False) -> int:
    """Millionths of a dollar. Models the reference does not know cost what its plain one does."""
    rate = _PRO.get(size, _PRO["1280x720"]) if model.startswith("sora-2-pro") else _HOSTED.get(model, _PLAIN)
    return rate * seconds // (2 if batch else 1)
