"""The output of `sorasync prices`: text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sorasync.cli.terminal.columns import padded
from sorasync.cli.views.plan.plan_json import usd
from sorasync.plan.cost import money
from sorasync.text import counted

if TYPE_CHECKING:
    from decimal import Decimal

    from sorasync.operations.price_map import Synced
    from sorasync.operations.prices import Price
    from sorasync.profile.profile import Profile


def prices_text(prices: Sequence[Price], profile: Profile) -> Iterator[str]:
    """A line for each price, with its source."""
    if not prices:
        yield f"The profile {profile.name} has no prices: set them under [prices] in sorasync.toml."
        return
    names = max(len(price.model) for price in prices)
    sizes = max(len(price.size) for price in prices)
    hosts = max(len(price.host) for price in prices)
    for price in prices:
        day = f", {price.as_of}" if price.as_of else ""
        where = f"{price.source}{day}" if price.usd is not None else "unknown"
        at = f"{padded(price.host, hosts)}  " if hosts else ""
        yield f"{at}{padded(price.model, names)}  {padded(price.size, sizes)}  {money(price.usd):>7}  {where}"
    yield ""
    each = (
        "Dollars per second; per picture for stills, per render with a length, per million tokens. "
        "`*` is every other size. A first frame is charged once."
    )
    yield f"{each} Nothing is billed here." if profile.simulated else each


def prices_json(prices: Sequence[Price], profile: Profile) -> dict[str, object]:
    """The prices as plain data. Money is text, null where no price is known."""
    return {
        "format_version": 1,
        "profile": profile.name,
        "billing": "simulated" if profile.simulated else "real",
        "prices": [
            {
                "model": price.model,
                "size": price.size,
                "usd": None if price.usd is None else usd(price.usd),
                "source": price.source,
                "as_of": price.as_of and price.as_of.isoformat(),
                **({"host": price.host} if price.host else {}),
            }
            for price in prices
        ],
    }


def sync_text(found: Synced, *, quiet: bool = False) -> Iterator[str]:
    """A line for each price that changed, and what was written."""
    for change in () if quiet else found.changes:
        yield f"{change.model}  {change.size}  {_price_change(change.before, change.after)}"
    models = counted(len(found.book.models), "model")
    changed = counted(len(found.changes), "price changed", "prices changed")
    yield f"prices.toml: {models} of {found.provider} for the profile {found.profile}, {changed}."
    if found.changes:
        yield "Review and commit the file; plans use it from now on."


def _price_change(before: Decimal | None, after: Decimal | None) -> str:
    if before is None:
        return f"{money(after)} (new)"
    return f"{money(before)} (gone)" if after is None else f"{money(before)} → {money(after)}"


def sync_json(found: Synced) -> dict[str, object]:
    """What was written as plain data."""
    return {
        "format_version": 1,
        "file": "prices.toml",
        "profile": found.profile,
        "provider": found.provider,
        "models": len(found.book.models),
        "changes": [
            {
                "model": change.model,
                "size": change.size,
                "before_usd": None if change.before is None else usd(change.before),
                "after_usd": None if change.after is None else usd(change.after),
            }
            for change in found.changes
        ],
    }
