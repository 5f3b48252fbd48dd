"""A model that a provider offers: sizes, lengths and prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

# A size as manifests write it: width, `x`, height, in pixels.
SIZE = re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}")

# The model name, or the size of a price, that means all others.
ANY = "*"


# Names of sizes by the length of their shorter side, in pixels, as hosts price them.
TIERS = {
    360: "360p",
    480: "480p",
    540: "540p",
    720: "720p",
    768: "768p",
    1080: "1080p",
    1440: "2k",
    2160: "4k",
}
# How far a size may be from its tier: encoders round 720 to 704 or 736, and 1080 to 1088.
_TIER_TOLERANCE = 0.03

# The ending of a dated snapshot, such as `sora-2-2025-12-08`: it renders and costs what its model does.
SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def as_money(value: object) -> object:
    """A TOML number or string as an exact Decimal: 0.1 in a file is a tenth, not the float beside it."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


# US dollars, zero or more.
Money = Annotated[Decimal, BeforeValidator(as_money), Field(ge=0, lt=10**12, allow_inf_nan=False)]


def compiled_pattern(pattern: str) -> str:
    """A regular expression, as it is. Raises `ValueError` where it is none."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


# A regular expression over the whole text of a size.
SizePattern = Annotated[str, AfterValidator(compiled_pattern)]


class Data(BaseModel):
    """Base of everything read from a profile: immutable, and no key is let through unread."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SecondsRange(Data):
    """Every length from `min` to `max` seconds in steps of `step`."""

    min: int = Field(ge=1)
    max: int = Field(ge=1)
    step: int = Field(default=1, ge=1)


# The lengths on offer: a list, or a range.
Seconds = tuple[int, ...] | SecondsRange


class Model(Data):
    """One model.

    `sizes` lists what it renders; where the list is empty, any size that `size_pattern` matches (a regular
    expression over the whole text) will do. With a `size_multiple` above 1 further sizes will do: those that
    the pattern matches and whose sides are multiples of it. `pixel_frames` is the most pixels that all
    frames of a video may have together, at `frames_per_second` and one frame more; sides count up to the
    next multiple. `extended_pixel_frames` is the same for the result of an extension. `prices` maps a size,
    a tier such as `720p`, or `*` for every size that is not named, to dollars a second; `image_price` is
    what a first frame costs on top; `batch_factor` is what a batch costs in relation to that, None where
    there is no batch or its price is unknown. `image` says whether a first frame can be given.
    """

    sizes: tuple[str, ...] = ()
    size_pattern: SizePattern = SIZE.pattern
    size_multiple: int = Field(default=1, ge=1)
    pixel_frames: int | None = Field(default=None, ge=1)
    extended_pixel_frames: int | None = Field(default=None, ge=1)
    frames_per_second: int = Field(default=24, ge=1)
    seconds: Seconds = SecondsRange(min=1, max=3600)
    default_size: str | None = None
    default_seconds: int | None = Field(default=None, ge=1)
    prices: Mapping[str, Money] = {}
    image_price: Money = Decimal(0)
    batch_factor: Money | None = None
    image: bool = True
    sunset: date | None = None
    replacement: str | None = None

    def offers_size(self, size: str) -> bool:
        """Whether it renders that size."""
        if size in self.sizes:
            return True
        if (self.sizes and self.size_multiple == 1) or re.fullmatch(self.size_pattern, size) is None:
            return False
        return all(side % self.size_multiple == 0 for side in pixels(size) or ())

    def longest_at(self, size: str, *, extended: bool = False) -> int | None:
        """The whole seconds that its limit of pixels allows at a size; None where there is no such limit."""
        sides, most = pixels(size), self.extended_pixel_frames if extended else self.pixel_frames
        if most is None or sides is None:
            return None
        step = self.size_multiple
        wide, high = (-(-side // step) * step for side in sides)
        return max(0, most // (wide * high) - 1) // self.frames_per_second

    def price(self, size: str) -> Decimal | None:
        """Dollars a second for a direct render of that size; None = unknown."""
        named = self.prices.get(size)
        if named is None and (tier := tier_of(size)) is not None:
            named = self.prices.get(tier)
        return self.prices.get(ANY) if named is None else named


def tier_of(size: str) -> str | None:
    """The tier that hosts count a size to, None where none is near."""
    sides = pixels(size)
    if sides is None:
        return None
    short = min(sides)
    nearest = min(TIERS, key=lambda side: abs(side - short))
    return TIERS[nearest] if abs(nearest - short) <= nearest * _TIER_TOLERANCE else None


def pixels(size: str) -> tuple[int, int] | None:
    """Width and height of a size, None for a text of another form."""
    width, x, height = size.partition("x")
    return (int(width), int(height)) if x and width.isdecimal() and height.isdecimal() else None


def offers_seconds(offered: Seconds, seconds: int) -> bool:
    """Whether a length is on offer."""
    if isinstance(offered, SecondsRange):
        return offered.min <= seconds <= offered.max and (seconds - offered.min) % offered.step == 0
    return seconds in offered


def nearest_seconds(offered: Seconds, seconds: int) -> int | None:
    """The length on offer that is nearest, the shorter of two; None where nothing is offered."""
    if isinstance(offered, SecondsRange):
        clamped = min(max(seconds, offered.min), offered.max)
        return clamped - (clamped - offered.min) % offered.step
    return min(offered, key=lambda one: (abs(one - seconds), one), default=None)


def seconds_text(offered: Seconds) -> str:
    """The lengths as people read them: `4, 8, 12` or `1 to 15`."""
    if not isinstance(offered, SecondsRange):
        return ", ".join(map(str, offered))
    steps = f" in steps of {offered.step}" if offered.step > 1 else ""
    return f"{offered.min} to {offered.max}{steps}"
