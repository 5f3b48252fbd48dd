"""Converts a picture to a valid first frame."""

from __future__ import annotations

from pathlib import Path

from sorasync.preflight.facts import ImageFacts
from sorasync.preflight.place import put_new
from sorasync.preflight.rules import pixels

_PAPER = (255, 255, 255)


def fix_image(source: Path, facts: ImageFacts, out: Path, size: str) -> list[str]:
    """Write a PNG of exactly that size and say what was done. Raises OSError, FileExistsError among them."""
    import io

    from PIL import Image, ImageOps

    target = pixels(size)
    done = _change_words(facts, target)
    with Image.open(source) as image:
        image.seek(0) if facts.animated else image.load()
        upright = ImageOps.exif_transpose(image)
        if facts.alpha:
            whole = upright.convert("RGBA")
            flat = Image.new("RGBA", whole.size, (*_PAPER, 255))
            flat.alpha_composite(whole)
            picture = flat.convert("RGB")
        else:
            picture = upright.convert("RGB")
        buffer = io.BytesIO()
        ImageOps.fit(picture, target, Image.Resampling.LANCZOS).save(buffer, "PNG")
    put_new(out, buffer.getvalue())
    return done


def _change_words(facts: ImageFacts, target: tuple[int, int]) -> list[str]:
    width, height = target
    done = []
    if facts.animated:
        done.append("kept the first picture")
    if facts.orientation != 1:
        done.append("turned it upright")
    if facts.alpha:
        done.append("made transparent parts white")
    kept = min(facts.width / width, facts.height / height)
    crop = (round(kept * width), round(kept * height))
    if crop != (facts.width, facts.height):
        done.append(f"cropped to the middle {crop[0]}x{crop[1]}")
    if crop != target:
        done.append(f"resized to {width}x{height}")
    if facts.format != "PNG":
        done.append(f"saved as PNG, was {facts.format}")
    return done
