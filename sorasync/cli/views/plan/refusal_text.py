"""Why a plan was refused: limit and value, the cause, and each way past it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sorasync.plan.policy import PlanRefused


def refusal_text(refused: PlanRefused) -> Iterator[str]:
    """The lines, one block a refusal."""
    for refusal in refused.refusals:
        yield f"{click.style(f'error[{refusal.code}]:', fg='red', bold=True)} plan refused: {refusal.message}"
        if refusal.cause:
            yield f"  cause: {refusal.cause}"
        lead = "  to proceed: "
        for way, reach in refusal.ways:
            yield f"{lead}{way}   ({reach})"
            lead = "         or  "
    yield "Nothing was sent, nothing was billed."
