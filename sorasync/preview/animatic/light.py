"""Light and depth of field over a finished backdrop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from sorasync.preview.animatic.canvas import RGB, Canvas, Plane, scale_plane, yuv
from sorasync.preview.animatic.colours import colours_in

_COARSE = 96


@dataclass(frozen=True, slots=True)
class Light:
    """Where light comes from (in parts of the picture), its contrast, how bright all is, and its tint."""

    x: float
    y: float
    contrast: float
    level: float
    tint: RGB | None


def read_light(words: str, chance: Random) -> Light:
    """Understand lighting words in any order."""
    text = words.lower()
    x = (
        0.12
        if re.search(r"left", text)
        else 0.88
        if re.search(r"right", text)
        else chance.choice((0.16, 0.84))
    )
    y = 0.3
    if re.search(r"back-?lit|backlight|behind|rim|silhouette", text):
        x = 0.5
    if re.search(r"overhead|top light|noon|from above", text):
        x, y = 0.5, -0.1
    contrast = 0.75 if re.search(r"hard|harsh|noir|chiaroscuro|spot|candle|single", text) else 0.42
    if re.search(r"\bflat|\beven\b|overcast|diffuse|high[- ]key", text):
        contrast = 0.18
    level = 0.66 if re.search(r"\bdark|\bdim|low[- ]key|noir|silhouette", text) else 0.97
    if re.search(r"bright|noon|high[- ]key|sunny|daylight", text):
        level = 1.06
    return Light(x, y, contrast, level, _tint(text))


def _tint(text: str) -> RGB | None:
    said = re.search(
        r"\b(red|green|violet|purple|orange|yellow|turquoise|teal)\b(?: [a-z]+){0,2} (?:light|glow|neon)",
        text,
    )
    if said:
        return colours_in(said[1])[0].rgb
    if re.search(r"sodium|lamp|warm|candle|fire|golden|sunset|tungsten|amber|lantern", text):
        return 255, 168, 72
    if re.search(r"moon|cool|cold|blue|night|overcast|fluorescent", text):
        return 96, 150, 255
    if re.search(r"neon|magenta|pink", text):
        return 255, 60, 190
    return None


def soften(canvas: Canvas, radius: float) -> None:
    """Blur the backdrop; below about two pixels this only smooths its edges."""
    for plane, size in ((canvas.y, radius), (canvas.u, radius / 2), (canvas.v, radius / 2)):
        if radius > 2:
            plane[:] = _blurred_small(plane, size)
        elif size >= 0.5:
            plane[:] = np.asarray(Image.fromarray(plane).filter(ImageFilter.BoxBlur(size)))


def _blurred_small(plane: Plane, radius: float) -> Plane:
    """Blur at a quarter of the size: as good to the eye, and a tenth of the work."""
    height, width = plane.shape
    small = Image.fromarray(plane).reduce(4)
    for _ in range(2):
        small = small.filter(ImageFilter.BoxBlur(radius / 4))
    return scale_plane(np.ascontiguousarray(np.asarray(small)), width, height)


def shine(canvas: Canvas, light: Light) -> None:
    """Brighten towards the light and darken away from it and at the rim; tint where it is bright."""
    bright = _falloff(light, canvas.width / canvas.height)
    gain = light.level * (1 - light.contrast * 0.55 + light.contrast * 1.05 * bright) * _rim()
    wide = scale_plane(_bytes(gain * 128), canvas.width, canvas.height)
    lit = (canvas.y.astype(np.uint16) - 16) * wide >> 7
    canvas.y[:] = np.minimum(lit, 216) + 16
    if light.tint is not None:
        share = scale_plane(_bytes(bright * 70), canvas.width // 2, canvas.height // 2)
        _, u, v = yuv(light.tint)
        _towards(canvas.u, u, share)
        _towards(canvas.v, v, share)


def _falloff(light: Light, aspect: float) -> npt.NDArray[np.float64]:
    rows, columns = np.mgrid[0:_COARSE, 0:_COARSE] / (_COARSE - 1)
    distance = np.hypot((columns - light.x) * min(aspect, 1.4), rows - light.y)
    falloff: npt.NDArray[np.float64] = np.exp(-((distance / 0.55) ** 2))
    return falloff


def _rim() -> npt.NDArray[np.float64]:
    rows, columns = np.mgrid[0:_COARSE, 0:_COARSE] / (_COARSE - 1)
    distance = np.hypot(columns - 0.5, rows - 0.5)
    rim: npt.NDArray[np.float64] = 1 - 0.55 * np.clip(distance - 0.3, 0, 1)
    return rim


def _bytes(values: npt.NDArray[np.float64]) -> Plane:
    return np.ascontiguousarray(np.clip(values, 0, 255).astype(np.uint8))


def _towards(plane: Plane, value: int, share: Plane) -> None:
    mixed = plane.astype(np.int32) * (255 - share.astype(np.int32)) + value * share.astype(np.int32)
    plane[:] = (mixed // 255).astype(np.uint8)
