"""The output of `sorasync drift`."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

import click

from sorasync.cli.terminal.columns import padded
from sorasync.operations.drift import Drift, DriftKind
from sorasync.text import counted

_COLOURS = dict.fromkeys(DriftKind, "yellow") | {DriftKind.DAMAGED: "red", DriftKind.GONE: "red"}


def drift_text(drift: Drift, *, verbose: bool = False) -> Iterator[str]:
    """One line for each drift, then the sums; with `verbose` the ids of videos that are not ours."""
    names = max((len(item.label) for item in drift.items), default=0)
    for item in drift.items:
        kind = click.style(padded(item.kind.value, 8), fg=_COLOURS[item.kind], bold=True)
        yield f"{kind} {padded(item.label, min(names, 40))}  {item.note}"
    if drift.items:
        yield ""
    yield drift_line(drift)
    yield from _unknown(drift, verbose=verbose)


def drift_line(drift: Drift) -> str:
    """The sum in one sentence."""
    asked = "" if drift.asked else " The provider's videos were not checked."
    files = f"{counted(drift.checked, 'file')} here checked"
    if not drift.items:
        return f"No drift: {files}, {drift.expected} expired at the provider as expected.{asked}"
    count = len(drift.items)
    return f"Drift: {count} ({drift.expected} expired at the provider as expected); {files}.{asked}"


def _unknown(drift: Drift, *, verbose: bool) -> Iterator[str]:
    for host, ids in drift.unknown_at.items() or [("the provider", drift.unknown)]:
        if not ids:
            continue
        verb = "is" if len(ids) == 1 else "are"
        option = f" --provider {quote(host)}" if drift.unknown_at else ""
        whose = f"{counted(len(ids), 'video')} at {host} {verb} not in this state"
        yield f"{whose}: sorasync import --remote{option} declares what it can."
        if verbose:
            yield from (f"  {job_id}" for job_id in ids)


def drift_json(drift: Drift) -> dict[str, object]:
    """The drift as plain data."""
    return {
        "items": [
            {
                "kind": item.kind.value,
                "address": item.label,
                "key": item.key,
                "remote_id": item.remote_id,
                "note": item.note,
            }
            for item in drift.items
        ],
        "expected": drift.expected,
        "unknown_remote": list(drift.unknown),
        "asked": drift.asked,
        "checked": drift.checked,
        "hashed": drift.hashed,
    }
