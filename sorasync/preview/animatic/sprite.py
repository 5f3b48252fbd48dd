"""Characters as they appear on stage: the subject of their clip cut out, or a framed card of the clip."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from sorasync.preview.animatic.anatomy import Anatomy, read_outline
from sorasync.preview.animatic.cutout import cut_out
from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.scene import BadMedia, Cast
from sorasync.preview.animatic.video import reading

# How long each of a sprite's frames is shown, and how far apart they are in the clip.
SECONDS_A_FRAME = 0.2

_FRAMES = 4
_LONGEST = 800
_TALLEST = 480
_SAVED_TALLEST = 300
_CARD = 420


@dataclass(frozen=True, slots=True)
class Sprite:
    """A character's frames in one size; `card` if they are framed pictures and not a cut-out.

    `anatomy` says where its head is; `still` is the first frame as WebP in base64, for files that
    remember who was on stage.
    """

    name: str
    frames: tuple[Patch, ...]
    card: bool
    still: str
    anatomy: Anatomy

    @property
    def shape(self) -> float:
        """Width through height."""
        return self.frames[0].width / self.frames[0].height


def make_sprites(cast: Sequence[Cast]) -> tuple[Sprite, ...]:
    """A sprite for each character; `BadMedia` when a clip cannot be decoded."""
    return tuple(_make_sprite(character) for character in cast)


def _make_sprite(character: Cast) -> Sprite:
    try:
        facts = character.video.stat()
    except OSError as error:
        raise BadMedia(f"{character.video.name}: {error.strerror}") from error
    return _from_clip(character.name, character.video, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=12)
def _from_clip(name: str, video: Path, _changed: int, _size: int) -> Sprite:
    """The sprite of a clip; the same file is read once, since one character plays in many videos."""
    pictures = _pictures(name, video)
    found = cut_out(pictures)
    frames = found.frames if found else tuple(_framed(picture) for picture in pictures)
    share = min(1.0, _TALLEST / frames[0].height)
    size = round(frames[0].width * share), round(frames[0].height * share)
    frames = tuple(frame.resize(size) if share < 1 else frame for frame in frames)
    patches = tuple(make_patch(frame) for frame in frames)
    return Sprite(name, patches, found is None, _packed(frames[0]), _anatomy(patches[0]))


def _anatomy(patch: Patch) -> Anatomy:
    return read_outline(255 - patch.through)


def _pictures(name: str, video: Path) -> list[Image.Image]:
    """The first frames of a clip, evenly apart."""
    found: list[Image.Image] = []
    with reading(video) as (container, stream):
        for frame in container.decode(stream):
            if float(frame.time or 0) < len(found) * SECONDS_A_FRAME - 0.01:
                continue
            share = min(1.0, _LONGEST / max(frame.width, frame.height))
            width, height = (max(2, round(side * share / 2) * 2) for side in (frame.width, frame.height))
            found.append(Image.fromarray(frame.reformat(width, height, "rgb24", threads=1).to_ndarray()))
            if len(found) == _FRAMES:
                break
    if not found:
        raise BadMedia(f"character {name}: {video.name} contains no frames")
    return found


def _framed(picture: Image.Image) -> Image.Image:
    """The middle of a picture with rounded corners and a light frame."""
    width = min(picture.width, round(picture.height * 0.9))
    left, top = (picture.width - width) // 2, max(0, (picture.height - round(width / 0.8)) // 3)
    part = picture.crop((left, top, left + width, min(picture.height, top + round(width / 0.8))))
    card = part.resize((round(_CARD * part.width / part.height), _CARD)).convert("RGBA")
    mask = Image.new("L", card.size, 0)
    box = (0, 0, card.width - 1, card.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, _CARD // 16, fill=255)
    ImageDraw.Draw(card).rounded_rectangle(box, _CARD // 16, outline=(246, 243, 236, 255), width=_CARD // 50)
    card.putalpha(mask)
    return card


def _packed(frame: Image.Image) -> str:
    small = frame.copy()
    small.thumbnail((_SAVED_TALLEST, _SAVED_TALLEST))
    memory = io.BytesIO()
    small.save(memory, "WEBP", quality=70, method=0)
    return base64.b64encode(memory.getvalue()).decode("ascii")


@lru_cache(maxsize=12)
def unpacked(name: str, still: str, card: bool) -> Sprite:
    """The sprite that a file remembers: a single frame. `ValueError` when it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(still, validate=True))) as picture:
            if max(picture.size) > _SAVED_TALLEST:
                raise ValueError("too large")
            patch = make_patch(picture.convert("RGBA"))
            return Sprite(name, (patch,), card, still, _anatomy(patch))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"no picture of {name}") from error
