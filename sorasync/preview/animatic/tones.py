"""The natural colours of a place at a time of day."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix

_BLACK: RGB = (8, 8, 12)
_SKIES: dict[str, tuple[RGB, RGB, RGB]] = {
    "day": ((112, 168, 220), (214, 230, 240), (255, 246, 214)),
    "dawn": ((140, 152, 196), (250, 200, 168), (255, 226, 180)),
    "dusk": ((74, 68, 118), (242, 142, 88), (255, 196, 120)),
    "blue": ((28, 44, 92), (92, 112, 158), (92, 112, 158)),
    "night": ((10, 14, 32), (26, 34, 60), (224, 230, 242)),
    "grey": ((142, 150, 158), (198, 204, 208), (226, 228, 228)),
    "dark": ((4, 5, 12), (8, 10, 20), (250, 246, 232)),
}


@dataclass(frozen=True, slots=True)
class Tones:
    """What a set is painted with: the sky's two colours, sun or moon, ground and walls.

    `lit` is the colour of lamps and windows at night, None by day. `horizon` is where the ground begins.
    `covered` says that neither sun nor moon is to be seen.
    """

    sky: RGB
    low: RGB
    disc: RGB
    ground: RGB
    wall: RGB
    dark: RGB
    lit: RGB | None
    horizon: float
    night: bool = False
    stars: bool = False
    awnings: bool = False
    covered: bool = False


def natural_tones(
    ground: RGB, wall: RGB, time: str, grey: bool, horizon: float, covered: bool = False
) -> Tones:
    """The tones of a place at a time of day (`dark`: a sky without air), under a grey sky or a clear one."""
    sky, low, disc = _SKIES["grey" if grey and time == "day" else time]
    if grey and time != "day":
        low = mix(low, sky, 0.6)
    if grey:
        # The sun or moon is behind clouds.
        disc = mix(disc, low, 0.85)
    night = time in ("night", "dark")
    lit = (255, 206, 120) if night or time in ("dusk", "blue") else None
    return Tones(
        sky, low, disc, ground, wall, mix(ground, _BLACK, 0.7), lit, horizon, night, night and not grey,
        covered=covered or time == "blue",
    )  # fmt: skip
