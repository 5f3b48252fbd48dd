"""A model that a provider offers: sizes, lengths and prices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

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
_PRICE_NAME = re.compile(
    rf"(\*|[1-9][0-9]{{0,4}}x[1-9][0-9]{{0,4}}|{'|'.join(TIERS.values())})"
    r"(?: ([1-9][0-9]{0,3})s)?((?: [a-z][a-z_-]{0,30}){0,4})"
)
# How far a size may be from its tier: encoders round 720 to 704 or 736, and 1080 to 1088.
_TIER_TOLERANCE = 0.03

# The ending of a dated snapshot, such as `sora-2-2025-12-08`: it renders and costs what its model does.
SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def as_money(value: object) -> object:
    """A TOML number or string as an exact Decimal: 0.1 in a file is a tenth, not the float beside it."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


# US dollars, zero or more.
Money = Annotated[Decimal, BeforeValidator(as_money), Field(ge=0, lt=10**12, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class PriceName:
    """What a price is for: a size, a tier or `*`, maybe renders of one length alone, and the words of
    `price_words` that must hold: `720p`, `* 5s`, `1080p silent`.
    """

    size: str
    seconds: int | None = None
    words: frozenset[str] = frozenset()


@lru_cache(maxsize=1024)
def price_name(text: str) -> PriceName:
    """A price's name, read. Raises `ValueError` with a sentence."""
    found = _PRICE_NAME.fullmatch(text)
    if found is None:
        raise ValueError("a size, a tier such as 720p or *, a length such as 5s, words of price_words")
    return PriceName(found[1], int(found[2]) if found[2] else None, frozenset(found[3].split()))


def _checked_price_name(text: str) -> str:
    price_name(text)
    return text


# The name of a price of videos.
PricedAs = Annotated[str, AfterValidator(_checked_price_name)]


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


# Words in the names of prices, and the params that each stands for.
PriceWords = Mapping[
    Annotated[str, Field(pattern=r"^[a-z][a-z_-]{0,30}$")], Mapping[str, str | bool | int | float]
]


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
    a tier (`720p`), or `*` for every size that is not named, to dollars a second; with a length (`* 5s`)
    to dollars for a render of that length, with words (`720p silent`) where the profile's `price_words` hold.
    The name that says most counts. `token_prices` are dollars for a million tokens by size or tier, where
    `pixels_per_token` pixels of a frame are a token; `image_price` is what a first frame costs on top;
    `batch_factor` is what a batch costs in relation to that, None where there is no batch or its price is
    unknown. `image` says whether a first frame can be given.
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
    prices: Mapping[PricedAs, Money] = {}
    token_prices: Mapping[str, Money] = {}
    pixels_per_token: int = Field(default=1024, ge=1)
    image_price: Money = Decimal(0)
    batch_factor: Money | None = None
    image: bool = True
    sunset: date | None = None
    replacement: str | None = None
    _costs: dict[tuple[str, int, Set[str]], Decimal | None] = PrivateAttr(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        """Whether it says the same; what was reckoned with it so far makes no difference."""
        return isinstance(other, Model) and self.__dict__ == other.__dict__

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

    def price(self, size: str, words: Set[str] = frozenset()) -> Decimal | None:
        """Dollars a second for a direct render of that size and any length; None = unknown."""
        name = self.priced_as(size, None, words)
        return self.prices[name] if name is not None else self._cost_of_tokens(size, 1)

    def cost(self, size: str, seconds: int, words: Set[str] = frozenset()) -> Decimal | None:
        """Dollars for a direct render without a first frame; `words` are those of `price_words` that hold."""
        asked = size, seconds, words
        if asked not in self._costs:
            self._costs[asked] = self._looked_up(size, seconds, words)
        return self._costs[asked]

    def _looked_up(self, size: str, seconds: int, words: Set[str]) -> Decimal | None:
        name = self.priced_as(size, seconds, words)
        if name is None:
            return self._cost_of_tokens(size, seconds)
        return self.prices[name] * (seconds if price_name(name).seconds is None else 1)

    def priced_as(self, size: str, seconds: int | None, words: Set[str] = frozenset()) -> str | None:
        """The name in `prices` that says most of a render, None where none fits."""
        sizes = _size_names(size)
        fitting = [
            ((len(named.words), named.seconds is not None, -sizes.index(named.size)), name)
            for name in self.prices
            if (named := price_name(name)).size in sizes
            and named.seconds in (None, seconds)
            and named.words <= words
        ]
        return max(fitting)[1] if fitting else None

    def is_priced(self, size: str) -> bool:
        """Whether any render of that size has a price."""
        sizes = _size_names(size)
        return self.price(size) is not None or any(price_name(name).size in sizes for name in self.prices)

    def token_price(self, size: str) -> Decimal | None:
        """Dollars for a million tokens at a size or tier, None where it is not priced by tokens."""
        found = (self.token_prices[name] for name in _size_names(size) if name in self.token_prices)
        return next(found, None)

    def _cost_of_tokens(self, size: str, seconds: int) -> Decimal | None:
        price, sides = self.token_price(size), pixels(size)
        if price is None or sides is None:
            return None
        frames = self.frames_per_second * seconds
        return dollars_of_tokens(Decimal(sides[0] * sides[1] * frames) / self.pixels_per_token, price)


def odd_price_words(models: Mapping[str, Model], words: PriceWords) -> Iterator[tuple[str, str, str]]:
    """Words in the names of prices that nothing explains: the model, the name and the word."""
    for name, model in models.items():
        for price in model.prices:
            yield from ((name, price, odd) for odd in sorted(price_name(price).words - words.keys()))


def dollars_of_tokens(tokens: Decimal, price: Decimal) -> Decimal:
    """Tokens at a price for a million of them, in hundredths of a cent."""
    return (tokens * price / 1_000_000).quantize(Decimal("0.0001"))


def _size_names(size: str) -> list[str]:
    """The names that a price for that size may have, the closest first."""
    return [name for name in (size, tier_of(size), ANY) if name is not None]


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
