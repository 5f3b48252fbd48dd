"""Spoils a finished video in one of the ways renders go wrong, for whoever tests what notices it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.container
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from sorasync.preview.animatic.fonts import load
from sorasync.preview.animatic.video import reading

Pixels = npt.NDArray[np.uint8]
# Takes a picture and how many pictures the damage has lasted.
_Effect = Callable[[Pixels, int], Pixels]

_SOUND_RATE = 48_000
_SOUND_BLOCK = 1_024
_LETTERING = "BREAKING NEWS  LIVE 24/7"


def damage(video: Path, kind: str, at: float, out: Path) -> None:
    """Write a video anew with that damage; `at` is where it begins, a part of its length (0 to 1)."""
    with reading(video) as (container, stream):
        rate = stream.average_rate or Fraction(8)
        count = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
        size = stream.codec_context.width, stream.codec_context.height
    if kind == "wrong_size":
        size = size[0] * 2 // 6 * 2, size[1] * 2 // 6 * 2
    length = max(1, round(count * at)) if kind == "too_short" else count
    sound = kind in ("silent", "with_sound", *_GAINS)
    step = 3 if kind == "low_rate" else 1
    effect = _Held(every=count if kind == "frozen" else 3) if kind in _HELD else _EFFECTS.get(kind)
    with av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as target:
        writer = _Writer(target, rate / step, size, sound=sound)
        for number, pixels in enumerate(_frames(video)):
            if number >= length:
                break
            if number % step:
                continue
            since = number - round(count * at)
            writer.put(pixels if effect is None or since < 0 else effect(pixels, since))
        if sound:
            samples = _sound(float(length / rate), at if kind == "silent" else 1.0)
            writer.play(np.clip(samples * np.float32(_GAINS.get(kind, 1.0)), -1, 1))
        writer.finish()


def _frames(video: Path) -> Iterator[Pixels]:
    with reading(video) as (container, stream):
        for frame in container.decode(stream):
            yield cast(Pixels, frame.to_ndarray(format="rgb24"))


class _Writer:
    """Encodes pictures and, if wanted, sound."""

    def __init__(
        self, container: av.container.OutputContainer, rate: Fraction, size: tuple[int, int], *, sound: bool
    ) -> None:
        self._container = container
        self._video = container.add_stream(
            "libx264", rate=rate, options={"preset": "ultrafast", "crf": "23", "threads": "2"}
        )
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._sound = container.add_stream("aac", rate=_SOUND_RATE, layout="stereo") if sound else None

    def put(self, pixels: Pixels) -> None:
        """Append one picture, scaled to the size of the video."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        if (frame.width, frame.height) != (self._video.width, self._video.height):
            frame = frame.reformat(width=self._video.width, height=self._video.height)
        self._container.mux(self._video.encode(frame))

    def play(self, samples: npt.NDArray[np.float32]) -> None:
        """Write all of the sound."""
        assert self._sound is not None
        for start in range(0, samples.shape[1], _SOUND_BLOCK):
            block = np.ascontiguousarray(samples[:, start : start + _SOUND_BLOCK])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, start, Fraction(1, _SOUND_RATE)
            self._container.mux(self._sound.encode(frame))
        self._container.mux(self._sound.encode(None))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._video.encode(None))


def _sound(seconds: float, loud_part: float) -> npt.NDArray[np.float32]:
    """A murmur with a pulse, about as loud as speech; after the first part of it there is nothing."""
    at = np.arange(round(seconds * _SOUND_RATE)) / _SOUND_RATE
    noise = np.random.default_rng(7).normal(0, 0.05, at.size)
    murmur = (0.6 + 0.4 * np.sin(2 * np.pi * 2.3 * at)) * (noise + 0.08 * np.sin(2 * np.pi * 180 * at))
    murmur[round(at.size * loud_part) :] = 0
    return np.stack([murmur, murmur]).astype(np.float32)


def _black(pixels: Pixels, since: int) -> Pixels:
    return np.zeros_like(pixels)


class _Held:
    """Shows each picture for so many frames, as a film of a lower rate, or one that stands still."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._held: Pixels | None = None

    def __call__(self, pixels: Pixels, since: int) -> Pixels:
        if self._held is None or since % self._every == 0:
            self._held = pixels.copy()
        return self._held


def _strobing(pixels: Pixels, since: int) -> Pixels:
    factor = 0.85 if since % 2 else 1.0
    return (pixels * np.float32(factor)).astype(np.uint8)


def _flashing(pixels: Pixels, since: int) -> Pixels:
    if since % 2 == 0:
        return (pixels * np.float32(0.35)).astype(np.uint8)
    return (pixels * np.float32(0.3) + 178).astype(np.uint8)


def _sudden_cut(pixels: Pixels, since: int) -> Pixels:
    return 255 - pixels[:, ::-1, (2, 0, 1)]


def _stray_text(pixels: Pixels, since: int) -> Pixels:
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    height = pixels.shape[0]
    size = max(12, height // 12)
    letters, top = load(None, size), height * 0.42
    wide = draw.textlength(_LETTERING, font=letters)
    draw.rectangle((20, top - size * 0.3, 40 + wide, top + size * 1.4), fill=(180, 20, 20))
    draw.text((30, top), _LETTERING, font=letters, fill=(255, 255, 255))
    return np.asarray(picture)


def _blurred(pixels: Pixels, since: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(pixels.shape[1] / 90)))


_HELD = ("frozen", "repeated")
_GAINS = {"too_loud": 24.0, "too_quiet": 0.05}
_EFFECTS: dict[str, _Effect] = {
    "black": _black,
    "strobing": _strobing,
    "flashing": _flashing,
    "sudden_cut": _sudden_cut,
    "stray_text": _stray_text,
    "blurred": _blurred,
}
