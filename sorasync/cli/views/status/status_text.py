"""The status of a library as text: a line for each address, then totals."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as quoted

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import (
    cells,
    padded,
    screen_width,
    terminal_width,
    told_apart,
    wrapped,
)
from sorasync.cli.terminal.units import age, spent_text
from sorasync.cli.views.plan.apply_command_line import pick_command
from sorasync.operations.status import ClipStatus, RenderStage
from sorasync.operations.status_view import StatusView
from sorasync.plan.allowance import Allowance
from sorasync.plan.cost import Total, money
from sorasync.text import counted

_MARKS = {
    RenderStage.DONE: ("✓", "green"),
    RenderStage.TODO: ("+", "yellow"),
    RenderStage.FLIGHT: ("…", "cyan"),
    RenderStage.WAITING: ("◇", "magenta"),
    RenderStage.FAILED: ("✗", "red"),
    RenderStage.BLOCKED: ("!", "red"),
    RenderStage.LOST: ("?", "red"),
}
_WIDEST = 34
_FOLDED = 72
# Columns beside an address that a reason of several lines takes; with fewer it is below the address.
_ROOM = 30
_STALE = 3
# Failed checks of one clip that are listed.
_MOST_CHECKS = 3
# The closing lines warn of deletions at the provider within this many seconds.
_SOON = 86_400
_STAGE = max(len(stage.value) for stage in RenderStage)


def status_text(status: StatusView) -> Iterator[str]:
    """All lines."""
    width = screen_width()
    addresses = [row.address for row in status.rows]
    shown = {address: address for address in addresses}
    # In a narrow terminal an address gets a line to itself.
    folded = width < _FOLDED
    widest = width - 2 if folded else max(_WIDEST, width // 2 - 4)
    if terminal_width() is not None:
        shown = told_apart(addresses, widest)
    names = 2 if folded else min(max(map(cells, shown.values()), default=0), widest)
    for row in status.rows:
        yield from _status_lines(row, shown[row.address], status, names, width)
    if status.rows:
        yield ""
    if status.cuts:
        from sorasync.cli.views.cut.cut_output import summary_lines

        yield from summary_lines(status.cuts)
    for line in totals(status):
        yield from wrapped(line, terminal_width(), indent=2)


def _status_lines(row: ClipStatus, address: str, status: StatusView, names: int, width: int) -> Iterator[str]:
    """One line; more where the address is too long to share one, or what is to be said does not fit."""
    sign, colour = _MARKS[row.stage]
    mark = click.style(sign, fg=colour, bold=True)
    share = f"{row.done}/{row.renders}" if row.renders > 1 else ""
    rest = f"{row.stage.value:<{_STAGE}}  {share:>5}  "
    room = width - names - cells(rest) - 4
    detail = _detail(row, status)
    below: list[str] = []
    if cells(detail) > room and room >= _ROOM and row.stage is not RenderStage.WAITING:
        detail, *below = wrapped(detail, width, first=width - room, indent=width - room)
    elif cells(detail) > room:
        first, *more = wrapped(detail, width, first=4, indent=6)
        detail, below = "", [f"    {first}", *more]
    if cells(address) > names:
        yield f"{mark} {address}"
        yield f"  {' ' * names}  {rest}{detail}".rstrip()
    else:
        yield f"{mark} {padded(address, names)}  {rest}{detail}".rstrip()
    yield from below
    yield from _failed_checks(row, status, width)


def _failed_checks(row: ClipStatus, status: StatusView, width: int) -> Iterator[str]:
    failed = [
        f"{_which(checked.render.label, row.address)}{result.check}: {one_line(result.message)}"
        for checked in status.failing.get(row.address, ())
        for result in checked.results
    ]
    for text in failed[:_MOST_CHECKS]:
        first, *more = wrapped(text, width, first=6, indent=8)
        yield f"    {click.style('✗', fg='red')} {first}"
        yield from more
    if len(failed) > _MOST_CHECKS:
        yield f"    … and {len(failed) - _MOST_CHECKS} more: sorasync check {quoted(row.address)}"


def _which(label: str, address: str) -> str:
    """Which render of the row it is, where it has several."""
    part = label.removeprefix(address)
    return f"{part}: " if part else ""


def _detail(row: ClipStatus, status: StatusView) -> str:
    if row.stage is RenderStage.WAITING and row.waits_for:
        takes = status.takes.get(row.waits_for, 0)
        later = row.later
        price = f"then +{later}: " if later.known_usd or later.unknown else ""
        own = row.address == row.waits_for and takes > 1
        until = "; until then its file is take 1" if own else ""
        return f"{price}{pick_command(row.waits_for.removeprefix('clip.'), takes)}{until}"
    change = row.worst
    if change is None:
        return ""
    price = f"+{_price_text(row.cost)}" if row.cost.unknown or row.cost.known_usd else ""
    if row.stage is RenderStage.FLIGHT:
        record = status.records.get(change.key)
        since = (record.submitted_at or record.intent_at) if record else None
        parts = [
            f"{record.progress}%" if record and record.progress else "",
            f"at {change.host}" if change.host else "",
            f"sent {age(status.now - since)} ago" if since else "",
            _left(change.key, status),
            _expiry_text(change.key, status),
            # Where it is said when it was sent, "sent" is not said again.
            change.reason.removeprefix("sent, ") if since else change.reason,
            f"{price} still to be paid" if price else "",
        ]
        return ", ".join(one_line(part) for part in parts if part)
    where = f" at {change.host}" if change.host else ""
    return f"{price}{where} {one_line(change.reason)}".lstrip()


def _left(key: str, status: StatusView) -> str:
    """How long a render still takes, going by others of its kind."""
    left = status.left.get(key)
    if left is None:
        return ""
    if left > 0:
        return f"about {age(left)} left"
    return f"{age(-left)} longer than usual" if left <= -1 else "about as long as usual"


def _expiry_text(key: str, status: StatusView) -> str:
    at = status.expiring.get(key)
    if at is None:
        return ""
    return (
        f"expires in {age(at - status.now)}" if at > status.now else "may be deleted at the provider already"
    )


def _price_text(cost: Total) -> str:
    return str(cost)


def totals(status: StatusView) -> Iterator[str]:
    """The closing lines."""
    counts = [
        f"{number} {stage.value}" for stage in reversed(RenderStage) if (number := status.counts.get(stage))
    ]
    where = f" (env {status.env})" if status.env else ""
    none = "nothing matches" if status.filtered else "nothing is declared"
    yield f"{one_line(status.library)}{where}: {', '.join(counts) or none}."
    yield from _expiring(status)
    if status.leaving:
        yield f"{status.leaving} no longer in the manifests: the next apply retires them."
    for name in status.stale[:_STALE]:
        yield f"{one_line(name)} still points to another render: the next apply relinks it."
    if len(status.stale) > _STALE:
        yield f"So do {len(status.stale) - _STALE:,} more names."
    if failing := sum(len(status.failing.get(row.address, ())) for row in status.rows):
        yield f"{counted(failing, 'video')} {'fails' if failing == 1 else 'fail'} a check."
    if status.retired:
        them = "it" if status.retired == 1 else "them"
        yield f"{status.retired} retired and kept: sorasync gc lists {them}."
    yield _money(status)
    for allowance in status.allowances:
        yield from _allowance(allowance)
    yield from (f"Note: {text}." for text in status.notices)


def _expiring(status: StatusView) -> Iterator[str]:
    soon = [at - status.now for at in status.expiring.values() if at - status.now < _SOON]
    if soon:
        first = f"the first in {age(min(soon))}" if min(soon) > 0 else "some perhaps already"
        what = "rendered but not downloaded, and soon deleted at the provider"
        yield f"{len(soon)} {what} ({first}): sorasync wait"


def _allowance(allowance: Allowance) -> Iterator[str]:
    period = allowance.period.capitalize()
    if allowance.usd is not None:
        yield f"{period}: {money(allowance.spent_usd)} of {money(allowance.usd)}."
    if allowance.seconds is not None:
        yield f"{period}: {allowance.spent_seconds:g} s of {allowance.seconds} s."


def _money(status: StatusView) -> str:
    to_go, spent = status.to_go, status.spent
    past = f"{spent_text(spent)} ({spent.seconds:.0f} s)"
    future = str(to_go) if to_go.known_usd or to_go.unknown else "$0"
    if status.later.known_usd or status.later.unknown:
        future += f", and {status.later} once takes are picked"
    today = f", {spent_text(status.today)} of it today" if status.today.usd and not status.simulated else ""
    if status.filtered:
        prices = "Simulated. At these prices, remaining" if status.simulated else "Remaining"
        return f"{prices} for these: {future}. Spent by the whole library: {past}{today}."
    if status.simulated:
        return f"Simulated. At these prices: spent {past}; remaining {future}."
    return f"Spent: {past}{today}; remaining: {future}."
