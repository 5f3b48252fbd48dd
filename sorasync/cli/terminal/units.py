"""Lengths of time, moments, sizes and amounts, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from sorasync.plan.cost import money
from sorasync.text import counted, seconds_in

if TYPE_CHECKING:
    from sorasync.state.account import Spent
    from sorasync.state.history import Attempt
    from sorasync.state.record import Record


def length(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """An option's length of time, such as `30d`, as seconds: the callback of that option."""
    if value is None:
        return None
    seconds = seconds_in(value)
    if seconds is None:
        message = f"{value!r} is not a duration such as 90min, 12h, 30d or 2w"
        raise click.BadParameter(message, ctx, param)
    return seconds


def dollars(ctx: click.Context, param: click.Parameter, value: str | None) -> Decimal | None:
    """An option's amount in dollars, such as `2.50`: the callback of that option."""
    if value is None:
        return None
    try:
        amount = Decimal(value.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{value!r} is not an amount in dollars such as 2.50", ctx, param)
    return amount


def age(seconds: float) -> str:
    """A length of time in its largest unit: `35 s`, `4 min`, `12 d`."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def moment(at: float) -> str:
    """A Unix time, in UTC."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "an impossible time"


def iso(at: float | None) -> str | None:
    """A Unix time in ISO 8601, None if there is none."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return None


def size(count: int) -> str:
    """Bytes in decimal units: `14.2 MB`."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"


def spent_text(spent: Spent) -> str:
    """A sum of the account: the dollars known, and how many requests may have cost more than these."""
    unknown = f" + {spent.unknown} of unknown price" if spent.unknown else ""
    resends = f" (and {counted(spent.resends, 'resend')}, perhaps billed)" if spent.resends else ""
    return f"{money(spent.usd)}{unknown}{resends}"


def charge_text(paid: Attempt | Record, estimate: Decimal | None) -> str:
    """What one request counts as: the charge, or else the estimate."""
    estimated = f"{money(estimate)} estimated"
    if paid.charge is None:
        return f"not billed ({estimated})"
    return estimated if paid.reported_usd is None else f"{money(paid.charge.usd)} charged ({estimated})"
