"""The output of `sorasync cost --accuracy`: text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sorasync.cli.terminal.columns import padded
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.estimate_accuracy import Accuracies, Accuracy
from sorasync.plan.cost import money
from sorasync.text import counted

_WIDEST = 40


def accuracy_text(found: Accuracies, *, quiet: bool = False) -> Iterator[str]:
    """A table of estimates beside reports, and what they differ by in all."""
    if not found.total.compared:
        yield "The provider reported no charge to compare with an estimate."
        return
    if not quiet:
        width = min(max(len(line.name) for line in (*found.lines, found.total)), _WIDEST)
        yield f"{padded(found.by.value, width)}  compared  estimate   reported  difference"
        for line in (*found.lines, found.total):
            yield _accuracy_row(line, width)
        yield ""
    total = found.total
    rest = f"; {counted(total.not_reported, 'request')} without a report" if total.not_reported else ""
    yield (
        f"Reported {money(total.reported)} for an estimate of {money(total.estimate)} "
        f"({counted(total.compared, 'request')}){rest}."
    )


def _accuracy_row(line: Accuracy, width: int) -> str:
    if not line.compared:
        return f"{padded(line.name, width)}  {0:>8}  {'-':>8}  {'-':>9}  {'-':>10}"
    percent = "" if line.percent is None else f"  {line.percent:+.1f} %"
    return (
        f"{padded(line.name, width)}  {line.compared:>8}  {money(line.estimate):>8}  "
        f"{money(line.reported):>9}  {_signed(line.difference):>10}{percent}"
    )


def _signed(difference: Decimal) -> str:
    return f"{'-' if difference < 0 else '+'}{money(abs(difference))}"


def accuracy_json(found: Accuracies) -> dict[str, object]:
    """The lines as plain data."""
    return {
        "format_version": 1,
        "by": found.by.value,
        "accuracy": [{"name": line.name} | _accuracy_values(line) for line in found.lines],
        "total": _accuracy_values(found.total),
    }


def _accuracy_values(line: Accuracy) -> dict[str, object]:
    return {
        "compared": line.compared,
        "not_reported": line.not_reported,
        "estimate_usd": usd(line.estimate),
        "reported_usd": usd(line.reported),
        "difference_usd": usd(line.difference),
        "difference_pct": None if line.percent is None else float(round(line.percent, 2)),
    }
