"""The output of `sorasync cost`: text, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from sorasync.cli.terminal.columns import padded
from sorasync.cli.terminal.units import spent_text
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.cost import CostSum, Spending
from sorasync.plan.cost import money
from sorasync.text import counted

_COLUMNS = (
    "renders",
    "failed",
    "seconds",
    "estimate_usd",
    "reported_usd",
    "spent_usd",
    "unknown_prices",
    "resends",
)


def cost_text(found: Spending, *, quiet: bool = False) -> Iterator[str]:
    """A table and its total, or only the total."""
    if not found.lines:
        yield "No paid requests were sent."
        return
    if not quiet:
        width = min(max(len(line.name) for line in (*found.lines, found.total)), 40)
        yield f"{padded(found.by.value, width)}  renders  seconds   estimate    charged      spent"
        for line in found.lines:
            yield _cost_row(line, width)
        yield _cost_row(found.total, width)
        yield ""
    yield _cost_sentence(found)


def _cost_row(line: CostSum, width: int) -> str:
    charged = "-" if line.reported is None else money(line.reported)
    more = f"  + {line.unknown} × $?" if line.unknown else ""
    more += f"  + {line.resends} resent" if line.resends else ""
    failed = f"  ({line.failed} failed, free)" if line.failed else ""
    return (
        f"{padded(line.name, width)}  {line.renders:>7}  {line.seconds:>7g}  {money(line.estimate):>9}  "
        f"{charged:>9}  {money(line.spent):>9}{more}{failed}"
    )


def _cost_sentence(found: Spending) -> str:
    total = found.total
    amount = spent_text(total.sum)
    what = f"{counted(total.renders, 'render')}, {total.seconds:g} s"
    if found.simulated:
        return f"Nothing was billed; a provider at these prices would have charged {amount} ({what})."
    return f"Spent: {amount} ({what})."


def cost_csv(found: Spending) -> Iterator[str]:
    """Comma-separated values with a header, without the total."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((found.by.value, *_COLUMNS))
    for line in found.lines:
        writer.writerow((_safe(line.name), *_values(line).values()))
    yield text.getvalue().rstrip("\n")


def _safe(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@") else name


def _values(line: CostSum) -> dict[str, object]:
    values = (
        line.renders,
        line.failed,
        line.seconds,
        usd(line.estimate),
        None if line.reported is None else usd(line.reported),
        usd(line.spent),
        line.unknown,
        line.resends,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def cost_json(found: Spending) -> dict[str, object]:
    """The sums as plain data. Money is text, null where nothing was reported."""
    return {
        "format_version": 1,
        "by": found.by.value,
        "billing": "simulated" if found.simulated else "real",
        "lines": [{"name": line.name} | _values(line) for line in found.lines],
        "total": _values(found.total),
    }
