"""The state for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import padded
from sorasync.cli.terminal.units import age, iso, moment, size
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.state_view import StateRow
from sorasync.state.backup import Backup
from sorasync.state.lock import Holder


def rows_text(found: list[StateRow], *, everything: bool) -> Iterator[str]:
    """One line a row: address, status, key, id."""
    if not found:
        yield (
            "The state has no records."
            if everything
            else "No address points to a render. Retired renders: sorasync state list --all"
        )
        return
    width = min(max(len(row.address) for row in found), 40)
    for row in found:
        mark = " (protected)" if row.protect else ""
        status = row.record.status.value if row.bound else f"{row.record.status.value}, not bound"
        remote = one_line(row.record.remote_id) if row.record.remote_id else "-"
        yield f"{padded(row.address, width)}  {padded(status, 20)}  {row.record.key[:12]}  {remote}{mark}"


def rows_json(found: list[StateRow]) -> dict[str, object]:
    """The same as plain data."""
    return {"format_version": 1, "records": [_row_json(row) for row in found]}


def _row_json(row: StateRow) -> dict[str, object]:
    record = row.record
    return {
        "address": row.address,
        "bound": row.bound,
        "protect": row.protect,
        "key": record.key,
        "kind": record.kind,
        "status": record.status.value,
        "provider": record.provider,
        "remote_id": record.remote_id,
        "asset": record.asset,
        "cost_usd": None if record.cost_usd is None else usd(record.cost_usd),
        "attempts": record.attempts,
        "error": record.error_message,
    }


def holder_json(holder: Holder, *, dead: bool) -> dict[str, object]:
    """The lock's holder; `ended`: its process has certainly ended."""
    who = holder.process
    return {
        "id": holder.id,
        "user": who.user,
        "host": who.host,
        "pid": who.pid,
        "command": holder.command,
        "since": iso(holder.since),
        "heartbeat": iso(holder.heartbeat),
        "ended": dead,
    }


def backups_text(found: list[Backup], now: float) -> Iterator[str]:
    """One line a copy, latest first."""
    if not found:
        yield "There are no backups yet: the first is made before the first change to a state."
        return
    for one in found:
        ago = age(now - one.at)
        yield f"{one.number:>3}  {moment(one.at)}  {ago:>6} ago  serial {one.serial:<6} {size(one.size):>9}"


def backups_json(found: list[Backup]) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "backups": [
            {
                "number": one.number,
                "file": one.path.name,
                "serial": one.serial,
                "at": iso(one.at),
                "bytes": one.size,
            }
            for one in found
        ],
    }
