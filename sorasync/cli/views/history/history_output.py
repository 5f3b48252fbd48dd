"""Runs and the log, for people and for programs."""

from __future__ import annotations

from collections.abc import Container, Iterator
from decimal import Decimal

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import cut, padded, screen_width
from sorasync.cli.terminal.units import charge_text, iso, moment, spent_text
from sorasync.cli.views.history.event_text import event_text, worth_telling
from sorasync.cli.views.plan.plan_json import usd
from sorasync.graph.address import label, owner
from sorasync.operations.history_view import LogView, RunView
from sorasync.plan.cost import money
from sorasync.state.account import NOTHING, Spent
from sorasync.state.history import Attempt, Event, Run

_COMMIT = 10


def runs_text(found: list[tuple[Run, Spent]], *, simulated: bool) -> Iterator[str]:
    """One line a run."""
    if not found:
        yield "No run has changed anything here yet."
        return
    room = max(screen_width() - 70, 30)
    for run, sum_of_run in found:
        spent = padded(_spent(sum_of_run, simulated=simulated), 9)
        yield (
            f"{run.id:>4}  {moment(run.started_at)}  {padded(run.user, 10)}  {padded(_outcome(run), 11)}  "
            f"{spent}  {cut(one_line(run.command), room)}"
        ).rstrip()


def run_text(view: RunView, *, simulated: bool) -> Iterator[str]:
    """A run with everything it did."""
    run = view.run
    yield f"Run {run.id}: {one_line(run.command)}"
    yield f"  by {run.user} on {run.host} (process {run.pid})"
    ended = moment(run.ended_at) if run.ended_at is not None else "it has not ended, or was killed"
    yield f"  from {moment(run.started_at)} to {ended}: {_outcome(run)}"
    yield f"  commit {run.git_commit or 'unknown'}, plan {run.plan_token or 'none'}"
    if run.plan_token:
        spent = _spent(view.spent, simulated=simulated) or "-"
        yield f"  cost: planned {money(run.cost_estimate)}, spent {spent}"
    if run.counts:
        yield f"  {', '.join(f'{count} {what}' for what, count in sorted(run.counts.items()))}"
    yield ""
    yield from (_event_line(event, view.several) for event in view.events if worth_telling(event))
    if not view.events:
        yield "It changed nothing."
    yield from _attempts(view.attempts, view.several)


def log_text(view: LogView) -> Iterator[str]:
    """Every line of the log, under a heading for each run; then the paid requests."""
    run: int | None = -1
    told: set[str] = set()
    for event in view.events:
        if event.run != run:
            run = event.run
            yield _heading(view, event)
        if event.key and event.key not in told and (prompt := view.prompts.get(event.key)):
            told.add(event.key)
            yield f"    {event.key[:12]}: {cut(one_line(prompt), 90)}"
        if worth_telling(event):
            yield f"  {_event_line(event, view.several)}"
    yield from _attempts(view.attempts, view.several)


def _heading(view: LogView, event: Event) -> str:
    run = view.runs.get(event.run) if event.run is not None else None
    if run is None:
        return f"{moment(event.at)}, outside any run"
    commit = f", commit {run.git_commit[:_COMMIT]}" if run.git_commit else ""
    return f"run {run.id}, {run.user} on {run.host}{commit}: {one_line(run.command)}"


def _address_label(address: str, several: Container[str]) -> str:
    return label(address, single=owner(address) not in several)


def _event_line(event: Event, several: Container[str]) -> str:
    where = f"{_address_label(event.address, several)}: " if event.address else ""
    return f"{moment(event.at)}  {where}{event_text(event)}"


def _attempts(attempts: tuple[Attempt, ...], several: Container[str]) -> Iterator[str]:
    """Attempts that may have cost something; free ones are only among the events."""
    priced = [one for one in attempts if one.estimate_usd != 0 or one.reported_usd]
    if priced:
        yield from ("", "Paid requests:", *(f"  {_attempt(attempt, several)}" for attempt in priced))


def _attempt(attempt: Attempt, several: Container[str]) -> str:
    where = _address_label(attempt.address, several) if attempt.address else attempt.key[:12]
    remote = f", {one_line(attempt.remote_id)}" if attempt.remote_id else ""
    length = f"{attempt.seconds:g} s, " if attempt.seconds else ""
    resends = f", {attempt.resends} resent by the gateway" if attempt.resends else ""
    counts = charge_text(attempt, attempt.estimate_usd)
    price = f"({counts})" if attempt.simulated else counts
    return f"{moment(attempt.at)}  {where}: {length}{price}, {attempt.outcome}{remote}{resends}"


def _outcome(run: Run) -> str:
    return run.outcome or "not ended"


def _spent(spent: Spent, *, simulated: bool) -> str:
    if not (spent.usd or spent.unknown or spent.resends):
        return ""
    return f"({spent_text(spent)})" if simulated else spent_text(spent)


def runs_json(found: list[tuple[Run, Spent]], *, simulated: bool) -> dict[str, object]:
    """Runs as plain data."""
    return {"format_version": 1, "runs": [_run_json(run, spent, simulated=simulated) for run, spent in found]}


def run_json(view: RunView, *, simulated: bool) -> dict[str, object]:
    """One run as plain data."""
    return {
        "format_version": 1,
        "run": _run_json(view.run, view.spent, simulated=simulated),
        "events": [_event_json(event) for event in view.events],
        "attempts": [_attempt_json(attempt) for attempt in view.attempts],
    }


def log_json(view: LogView, *, simulated: bool) -> dict[str, object]:
    """The log of an address as plain data."""
    return {
        "format_version": 1,
        "address": view.address,
        "events": [_event_json(event) for event in view.events],
        "runs": [
            _run_json(run, view.spent.get(number, NOTHING), simulated=simulated)
            for number, run in sorted(view.runs.items())
        ],
        "prompts": dict(sorted(view.prompts.items())),
        "attempts": [_attempt_json(attempt) for attempt in view.attempts],
    }


def _run_json(run: Run, spent: Spent, *, simulated: bool) -> dict[str, object]:
    return {
        "run": run.id,
        "command": run.command,
        "user": run.user,
        "host": run.host,
        "pid": run.pid,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "outcome": run.outcome,
        "git_commit": run.git_commit,
        "plan_token": run.plan_token,
        "estimate_usd": _usd(run.cost_estimate),
        "spent_usd": usd(spent.usd),
        "spent_unknown": spent.unknown,
        "spent_resends": spent.resends,
        "billing": "simulated" if simulated else "real",
        "counts": dict(run.counts),
    }


def _event_json(event: Event) -> dict[str, object]:
    return {
        "at": iso(event.at),
        "what": event.what,
        "run": event.run,
        "address": event.address,
        "key": event.key,
        "data": dict(event.data),
    }


def _attempt_json(attempt: Attempt) -> dict[str, object]:
    return {
        "at": iso(attempt.at),
        "run": attempt.run,
        "address": attempt.address,
        "key": attempt.key,
        "provider": attempt.provider,
        "remote_id": attempt.remote_id,
        "outcome": attempt.outcome,
        "seconds": attempt.seconds,
        "estimate_usd": _usd(attempt.estimate_usd),
        "reported_usd": _usd(attempt.reported_usd),
        "spent_usd": usd(Decimal(0)) if attempt.charge is None else _usd(attempt.charge.usd),
        "resends": attempt.resends,
    }


def _usd(price: Decimal | None) -> str | None:
    return None if price is None else usd(price)
