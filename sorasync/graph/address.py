"""Addresses: the names of characters, stills, clips, takes and renders.

Written in full a render is `clip.NAME#TAKE` (the take itself) or `clip.NAME#TAKE/STEP`, and so is that of a
still, `still.NAME#TAKE`; a character is `character.SLUG`. People may leave out `#1` where there is one take,
see `label`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from sorasync.errors import SorasyncError

_CLIP = re.compile(
    r"(?P<kind>clip|still)\.(?P<name>[^#\[\]/]+(?:\[[^\[\]#]*\])?)(?:#(?P<take>[1-9]\d{0,5}))?(?:/(?P<step>[1-9]\d{0,5}))?"
)
_CHARACTER = re.compile(r"character\.(?P<name>[\w-]+)")
_DIGITS = re.compile(r"(\d+)")


class Address(NamedTuple):
    """A parsed address. `take` and `step` are None where the address names more than one render."""

    kind: str
    name: str
    take: int | None = None
    step: int | None = None

    def __str__(self) -> str:
        take = "" if self.take is None else f"#{self.take}"
        step = "" if self.step is None else f"/{self.step}"
        return f"{self.kind}.{self.name}{take}{step}"

    @property
    def owner(self) -> str:
        """The address of the clip, still or character that this belongs to."""
        return f"{self.kind}.{self.name}"


# The beginnings of addresses, in the order in which a name without one is tried.
KINDS = ("clip.", "still.", "character.")


def spellings(text: str) -> list[str]:
    """The addresses that a person may mean by a text without a kind; one with a kind means itself."""
    return [text] if text.startswith(KINDS) else [f"{kind}{text}" for kind in KINDS]


def parse(text: str) -> Address:
    """Read an address. Raises `SorasyncError` for anything that cannot be one."""
    if match := _CLIP.fullmatch(text):
        take, step = match["take"], match["step"]
        return Address(match["kind"], match["name"], int(take) if take else None, int(step) if step else None)
    if match := _CHARACTER.fullmatch(text):
        return Address("character", match["name"])
    raise SorasyncError(
        f"{text!r} is not an address",
        hint="addresses look like clip.market, clip.market#2, clip.market#2/1, still.quay or character.mossy",
    )


def character(slug: str) -> str:
    """The address of a character."""
    return f"character.{slug}"


def still(name: str) -> str:
    """The address of a still."""
    return f"still.{name}"


def take(name: str, number: int, kind: str = "clip") -> str:
    """The address of a take of a clip or still, counted from 1."""
    return f"{kind}.{name}#{number}"


def step(name: str, number: int, position: int, kind: str = "clip") -> str:
    """The address of a step on a take, both counted from 1."""
    return f"{kind}.{name}#{number}/{position}"


def owner(address: str) -> str:
    """The address of the clip, still or character that a full address belongs to."""
    return address.partition("#")[0]


def kind_of(address: str) -> str:
    """What an address is one of: `clip`, `still` or `character`."""
    return address.partition(".")[0]


def has_takes(address: str) -> bool:
    """Whether it is an address of a clip or still, or of a render of one."""
    return address.startswith(("clip.", "still."))


def suffix(address: str) -> str:
    """What follows the clip's name: `#2/1`, or nothing for a character."""
    _, mark, rest = address.partition("#")
    return mark + rest


def label(address: str, *, single: bool) -> str:
    """The address as shown: `clip.market#1` is `clip.market` where the clip has a `single` take."""
    return address.removesuffix("#1") if single else address


# The same names are sorted again in every plan of watch mode, and several times within one.
@lru_cache(maxsize=1 << 17)
def natural(text: str) -> str:
    """A sort key that puts `shot-2` before `shot-10`, and `shot-01` before `shot-1`.

    Texts and numbers alternate. Each ends with the least character, a number begins with how long it is.
    One text takes a quarter of the memory of its parts, which counts where a million names are sorted.
    """
    parts = _DIGITS.split(text)
    parts[1::2] = [_sorted_as(digits) for digits in parts[1::2]]
    return "\0".join([*parts, "", text])


def _sorted_as(digits: str) -> str:
    number = str(int(digits))
    return chr(len(number)) + number
