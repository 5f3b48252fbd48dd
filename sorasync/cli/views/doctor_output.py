"""The output of `sorasync doctor`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import padded
from sorasync.doctor.checks import Checkup, Level
from sorasync.text import counted

_MARKS = {
    Level.OK: ("✓", "green"),
    Level.UNKNOWN: ("·", "cyan"),
    Level.WARNING: ("!", "yellow"),
    Level.ERROR: ("✗", "red"),
}


def doctor_text(checkup: Checkup, *, quiet: bool = False) -> Iterator[str]:
    """One line a check, its hint below it; when quiet, only what needs attention."""
    if not checkup.hosts:
        yield f"{checkup.provider}"
    width = max((len(check.name) for check in checkup.checks), default=0)
    headed: str | None = None
    for check in checkup.checks:
        if quiet and check.level in (Level.OK, Level.UNKNOWN):
            continue
        if checkup.hosts and check.host != headed:
            headed = check.host
            yield f"{headed}: {checkup.hosts[headed]}" if headed else "library"
        mark, colour = _MARKS[check.level]
        name = padded(check.name, width)
        yield f"{click.style(mark, fg=colour, bold=True)} {name}  {one_line(check.message)}"
        if check.hint and check.level is not Level.OK:
            yield f"  {' ' * width}  {one_line(check.hint)}"
    counts = [_counted(n, level) for level in Level if (n := _count(checkup, level))]
    yield f"Checked: {', '.join(counts)}."


def _counted(number: int, level: Level) -> str:
    """`2 errors`, but `2 ok`: only nouns have a plural."""
    return (
        counted(number, level.value) if level in (Level.WARNING, Level.ERROR) else f"{number} {level.value}"
    )


def doctor_json(checkup: Checkup) -> dict[str, object]:
    """The findings as plain data."""
    return {
        "format_version": 1,
        "provider": checkup.provider,
        **({"hosts": dict(checkup.hosts)} if checkup.hosts else {}),
        "healthy": checkup.healthy,
        "summary": {level.value: _count(checkup, level) for level in Level},
        "checks": [
            {
                "name": check.name,
                "level": check.level.value,
                "message": check.message,
                "hint": check.hint,
                **({"host": check.host or None} if checkup.hosts else {}),
            }
            for check in checkup.checks
        ],
    }


def _count(checkup: Checkup, level: Level) -> int:
    return sum(check.level is level for check in checkup.checks)
