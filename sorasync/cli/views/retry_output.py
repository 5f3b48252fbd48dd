"""What may be tried again, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.cli.app.failure import one_line
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.retry import Lifted
from sorasync.plan.cost import money, total
from sorasync.state.record import Status
from sorasync.text import counted


def lifted_text(found: list[Lifted], *, failed: bool, blocked: bool) -> Iterator[str]:
    """A line for each, then the price of all; where there are none, what was looked for."""
    for one in found:
        was = "refused" if one.before is Status.BLOCKED else f"failed {counted(one.attempts, 'time')}"
        was = one_line(one.why) if one.cancelled else f"{was} ({one_line(one.why)})"
        yield f"{one.label}: {was}; to be tried again for {money(one.cost_usd)}"
    if not found:
        words = {"was refused": blocked, "failed too often": failed}
        yield f"Nothing {' or '.join(word for word, asked in words.items() if asked)}."
        return
    cost = total(one.cost_usd for one in found)
    yield f"The next apply tries {counted(len(found), 'render')} again: {cost}. Nothing was sent."


def lifted_json(found: list[Lifted]) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "renders": [
            {
                "address": one.label,
                "was": one.before.value,
                "why": one.why,
                "attempts": one.attempts,
                "cost_usd": None if one.cost_usd is None else usd(one.cost_usd),
            }
            for one in found
        ],
    }
