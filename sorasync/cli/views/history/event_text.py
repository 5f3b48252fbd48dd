"""A line of the log in words."""

from __future__ import annotations

from decimal import Decimal

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.units import moment
from sorasync.plan.cost import money
from sorasync.state.history import Event
from sorasync.state.record import CANCEL, RETRY
from sorasync.text import counted

_MOVES = {
    "intent": "about to be sent",
    "unknown": "the answer was lost",
    "batched": "in a batch",
    "submitted": "accepted by the provider",
    "rendered": "rendered",
    "stored": "stored",
    "failed": "failed",
    "blocked": "refused",
    "lost": "lost",
}


def event_text(event: Event) -> str:
    """What happened, in one line without its time and address."""
    data = {name: one_line(str(value)) for name, value in event.data.items() if value is not None}
    match event.what:
        case "moved":
            return _moved(data)
        case "bound":
            before = f", was {data['before'][:12]}" if "before" in data else ""
            return f"now points to {_short_key(event)}{before}"
        case "unbound":
            return f"no longer points to {_short_key(event)}, which is retired"
        case "rebound":
            return f"renamed from {data.get('before', '?')}"
        case "accepted":
            return (
                f"accepted without rendering: {data.get('old_key', '?')[:12]} → {_short_key(event)} "
                f"({data.get('reason', 'no reason given')})"
            )
        case "superseded":
            return f"{_short_key(event)} set aside as {data.get('kept_as', '?')[:12]}, to be re-rendered"
        case "preferred":
            job = data.get("remote_id", "?")
            return f"{job} is used now; the other render of {_short_key(event)} is set aside"
        case "adopted":
            by = " by hand" if data.get("by") == "hand" else ""
            return f"the answer was lost; {data.get('remote_id', '?')} was found and adopted{by}"
        case "imported":
            return f"{data.get('remote_id') or data.get('file', '?')} was made elsewhere and imported"
        case "recovered":
            return f"recovered from the {data.get('source', 'lock file')}{_paid(event)}"
        case "resent by the gateway":
            return f"the gateway sent the request {counted(int(data.get('times', 0)), 'more time')}"
        case "paid twice":
            return f"paid for twice: {data.get('other') or data.get('remote_id', '?')} arrived as well"
        case "amended" if set(data) == {"reported_usd"}:
            return f"the provider reports ${data['reported_usd']}"
        case "asked to cancel":
            return f"cancel requested, while {'queued' if event.data.get('queued') else 'rendering'}"
        case "put back":
            return f"its file was put back from {data.get('file', 'where it was')}"
        case "to be tried again":
            return f"to be tried again (was {data.get('was', '?')}: {data.get('why', 'no reason given')})"
        case _:
            rest = ", ".join(f"{name} {value}" for name, value in data.items())
            return f"{event.what}{f' ({rest})' if rest else ''}"


def worth_telling(event: Event) -> bool:
    """Whether people need the line: a retry or cancel also logs a sentence beside its change."""
    asked = event.what == "amended" and event.data.get("error_stage") == CANCEL
    return event.data.get("error_stage") != RETRY and not asked


def _moved(data: dict[str, str]) -> str:
    if data.get("to") == "blocked" and data.get("error_stage") == CANCEL:
        charged = f", ${data['reported_usd']} charged" if "reported_usd" in data else ""
        return f"{data.get('error_message', 'cancelled')}{charged}"
    words = _MOVES.get(data.get("to", ""), data.get("to", "?"))
    details = []
    if "attempt" in data:
        details.append(f"attempt {data['attempt']}")
    if "cost_usd" in data:
        price = Decimal(data["cost_usd"])
        details.append(money(price) if price else "free")
    if "remote_id" in data:
        details.append(data["remote_id"])
    if "asset" in data:
        details.append(f"file {data['asset'][:12]}")
    if "reported_usd" in data:
        details.append(f"${data['reported_usd']} charged")
    if "error_message" in data:
        details.append(data["error_message"])
    return f"{words} ({', '.join(details)})" if details else words


def _paid(event: Event) -> str:
    at, cost = event.data.get("paid_at"), event.data.get("cost_usd")
    price = f", ${cost}" if cost is not None else ""
    return f"; sent {moment(at)}{price}" if isinstance(at, float) else ""


def _short_key(event: Event) -> str:
    return (event.key or "?")[:12]
