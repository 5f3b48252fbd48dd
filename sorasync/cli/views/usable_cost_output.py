"""The output of `sorasync cost --usable`: text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sorasync.cli.terminal.columns import padded
from sorasync.cli.terminal.units import spent_text
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.usable_cost import UsableCost, UsableCosts
from sorasync.plan.cost import money
from sorasync.text import counted

_WIDEST = 40


def usable_text(found: UsableCosts, *, quiet: bool = False) -> Iterator[str]:
    """A table with a line for each clip or model, and the price of a second in all."""
    if not found.lines:
        yield "No paid requests were sent."
        return
    if not quiet:
        width = min(max(len(line.name) for line in (*found.lines, found.total)), _WIDEST)
        yield f"{padded(found.by.value, width)}  tries  clips  usable s      spent  per second  tries/s"
        for line in (*found.lines, found.total):
            yield _usable_row(line, width)
        yield ""
    yield _usable_sentence(found)


def _usable_row(line: UsableCost, width: int) -> str:
    tries = "-" if line.tries_per_second is None else f"{line.tries_per_second:.2f}"
    return (
        f"{padded(line.name, width)}  {line.tries:>5}  {line.clips:>5}  {line.seconds:>8g}  "
        f"{money(line.spent.spent, more=line.spent.unknown > 0):>9}  {_a_second(line):>10}  {tries:>7}"
    )


def _a_second(line: UsableCost) -> str:
    price = line.usd_per_second
    return "-" if price is None else money(price.quantize(Decimal("0.001")).normalize())


def _usable_sentence(found: UsableCosts) -> str:
    total = found.total
    bought = f"{spent_text(total.spent.sum)} for {counted(total.tries, 'request')}"
    used = f"{total.seconds:g} s of {counted(total.clips, 'clip')} in use"
    price = total.usd_per_second
    a_second = f": {_a_second(total)} a second" if price is not None else ""
    if found.simulated:
        return f"Nothing was billed; at these prices {bought}, {used}{a_second}."
    return f"Spent: {bought}, {used}{a_second}."


def usable_json(found: UsableCosts) -> dict[str, object]:
    """The lines as plain data."""
    return {
        "format_version": 1,
        "by": found.by.value,
        "billing": "simulated" if found.simulated else "real",
        "usable": [{"name": line.name} | _usable_values(line) for line in found.lines],
        "total": _usable_values(found.total),
    }


def _usable_values(line: UsableCost) -> dict[str, object]:
    price = line.usd_per_second
    return {
        "tries": line.tries,
        "clips": line.clips,
        "usable_seconds": line.seconds,
        "spent_usd": usd(line.spent.spent),
        "unknown_prices": line.spent.unknown,
        "usd_per_second": None if price is None else usd(price.quantize(Decimal("0.000001")).normalize()),
        "tries_per_second": line.tries_per_second,
    }
