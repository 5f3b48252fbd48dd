"""What renders cost according to the profile. Unknown is None, never 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sorasync.graph.render import Kind, Render
from sorasync.profile.hosts import Hosts
from sorasync.profile.profile import Profile

FREE = Decimal(0)


def in_batch(render: Render, profile: Profile) -> bool:
    """Whether a render can be a line of a batch: only creates, and a first frame only by file id."""
    if render.kind is not Kind.CREATE or not profile.can("batch"):
        return False
    if render.last_file is not None or render.last_still is not None:
        return False
    return not render.first_frame or "file_id" in profile.abilities.image_by


def cost_of(render: Render, profile: Profile, *, batch: bool = False) -> Decimal | None:
    """The price of making one render, in dollars."""
    match render.kind:
        case Kind.CHARACTER:
            return FREE
        case Kind.CREATE:
            batched = batch and in_batch(render, profile)
            return profile.create_cost(
                render.model, render.size, render.seconds, batched, render.first_frame, render.params
            )
        case Kind.EXTEND:
            added = render.billed_seconds
            return profile.extend_cost(render.model, render.size, added, render.seconds - added)
        case Kind.EDIT:
            return profile.edit_cost(render.model, render.size, render.seconds)
        case Kind.STILL:
            images = len(render.references) + (render.source is not None)
            return profile.still_cost(render.model, render.size, render.params, images)


def cost_at(hosts: Hosts, render: Render, *, batch: bool = False) -> Decimal | None:
    """The price of making one render at its host, in dollars."""
    return cost_of(render, hosts.at(render.provider), batch=batch)


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of prices: `known_usd` of those that are known, and how many are not."""

    known_usd: Decimal
    unknown: int

    def __add__(self, other: Total) -> Total:
        return Total(self.known_usd + other.known_usd, self.unknown + other.unknown)

    def __str__(self) -> str:
        return money(None if self.unknown and not self.known_usd else self.known_usd, more=self.unknown > 0)


NOTHING = Total(FREE, 0)


def total(prices: Iterable[Decimal | None]) -> Total:
    """Add up prices; unknown ones are counted, never 0."""
    known, unknown = FREE, 0
    for price in prices:
        if price is None:
            unknown += 1
        else:
            known += price
    return Total(known, unknown)


def money(price: Decimal | None, *, more: bool = False) -> str:
    """A price for people: `$3.20`, `$?` if unknown, `$3.20 + $?` where `more` unknown ones follow."""
    if price is None:
        return "$?"
    return f"{_dollars(price)} + $?" if more else _dollars(price)


@lru_cache(maxsize=1_000)
def _dollars(price: Decimal) -> str:
    cents = price.quantize(Decimal("0.01"))
    return f"${cents if cents == price else price.normalize():f}"
