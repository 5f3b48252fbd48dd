"""The reference's prices, in millionths of a dollar for each second of output, or for a picture."""

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

# A picture at low, medium and high quality.
_PICTURES = {
    "1024x1024": (5_900, 52_700, 210_700),
    "1536x1024": (4_700, 41_200, 164_600),
    "1024x1536": (4_700, 41_200, 164_600),
    "1280x720": (3_200, 28_400, 113_600),
    "720x1280": (3_200, 28_400, 113_600),
    "1792x1024": (4_200, 37_300, 151_900),
    "1024x1792": (4_200, 37_300, 151_900),
    "1920x1088": (4_400, 39_800, 159_000),
    "1088x1920": (4_400, 39_800, 159_000),
    "2048x1152": (4_700, 42_400, 169_500),
    "1152x2048": (4_700, 42_400, 169_500),
}
_SENT_IMAGE = 16_000


def picture_price(size: str, quality: str | None, images: int) -> int:
    """Millionths of a dollar for a still made from so many images. Other sizes cost what the dearest does."""
    low, medium, high = _PICTURES.get(size) or max(_PICTURES.values())
    return {"low": low, "medium": medium}.get(quality or "", high) + _SENT_IMAGE * images


def price(model: str, size: str, seconds: int, *, batch: bool = False) -> int:
    """Millionths of a dollar. Models the reference does not know cost what its plain one does."""
    rate = _PRO.get(size, _PRO["1280x720"]) if model.startswith("sora-2-pro") else _HOSTED.get(model, _PLAIN)
    return rate * seconds // (2 if batch else 1)
