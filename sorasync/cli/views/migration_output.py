"""The output of `sorasync migrate`: text and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sorasync.cli.terminal.columns import padded
from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json
from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text
from sorasync.cli.views.plan.plan_json import usd
from sorasync.graph.address import kind_of
from sorasync.operations.migrate import Edit, MigratedClip, Migration, total_costs
from sorasync.text import and_more, counted

if TYPE_CHECKING:
    from sorasync.plan.cost import Total


def migration_text(found: Migration, *, written: bool) -> Iterator[str]:
    """What each clip costs then, what no longer fits, and the lines to write."""
    width = max(len(clip.address) for clip in found.clips)
    for clip in found.clips:
        yield f"{padded(clip.address, width)}  {clip.before} → {clip.after}{_already_paid_note(clip)}"
    yield ""
    if found.lacks:
        yield from diagnostics_text(found.lacks)
        yield ""
    before, after, to_pay = total_costs(found.clips)
    bill = "none of it is billed" if found.simulated else f"{to_pay} to pay"
    yield (
        f"{_counts(found.clips)} from {found.source} to {found.target} at {found.profile}: "
        f"{before} → {after} for all renders; {bill}."
    )
    if found.remade:
        yield f"Rendered again, because made from these: {and_more(found.remade, 8)}, {found.remade_cost}."
    if found.kept:
        yield f"Kept with {found.source}: {and_more(found.kept, 8)}."
    for clip in found.clips:
        if clip.by_hand is not None:
            yield f"Change {clip.address} by hand: {clip.by_hand}."
    for edit in found.edits:
        yield from _edit_lines(edit)
    yield from _next_steps(found, written)


def _counts(clips: Iterable[MigratedClip]) -> str:
    kinds = Counter(kind_of(clip.address) for clip in clips)
    return " and ".join(counted(kinds[kind], kind) for kind in ("clip", "still") if kinds[kind])


def _already_paid_note(clip: MigratedClip) -> str:
    return f"  ({counted(clip.rendered, 'render')} paid for already)" if clip.rendered else ""


def _edit_lines(edit: Edit) -> Iterator[str]:
    yield f"{edit.file}:{edit.line}"
    if edit.before is not None:
        yield f"  - {edit.before}"
    yield f"  + {edit.after}"


def _next_steps(found: Migration, written: bool) -> Iterator[str]:
    steps = [] if written or not found.edits else ["Run the same command with --write"]
    if found.host:
        steps.append(f'Set provider = "{found.host}" for them')
    if found.moves:
        steps.append(f'Set profile = "{found.profile}" under [provider] in sorasync.toml')
    if found.lacks:
        fits = "fits" if len(found.lacks) == 1 else "fit"
        steps.append(f"Mend {counted(len(found.lacks), 'place')} that no longer {fits}")
    done = "Written. " if written else ""
    if not steps:
        yield f"{done}Next: sorasync plan"
        return
    yield f"{done}Next:"
    for number, step in enumerate([*steps, "sorasync plan"], 1):
        yield f"  {number}. {step}"


def migration_json(found: Migration, *, written: bool) -> dict[str, object]:
    """The same as plain data. Money is text; unknown prices are counted beside it."""
    before, after, to_pay = total_costs(found.clips)
    return {
        "format_version": 1,
        "from": found.source,
        "to": found.target,
        "profile": found.profile,
        "billing": "simulated" if found.simulated else "real",
        "written": written,
        "clips": [
            {
                "address": clip.address,
                **_costs_json(clip.before, clip.after, clip.to_pay),
                "rendered": clip.rendered,
                "by_hand": clip.by_hand,
            }
            for clip in found.clips
        ],
        "total": _costs_json(before, after, to_pay),
        "remade": list(found.remade),
        "remade_usd": usd(found.remade_cost.known_usd),
        "kept": list(found.kept),
        "diagnostics": [diagnostic_json(one) for one in found.lacks],
        "edits": [
            {"file": edit.file, "line": edit.line, "before": edit.before, "after": edit.after}
            for edit in found.edits
        ],
    }


def _costs_json(before: Total, after: Total, to_pay: Total) -> dict[str, object]:
    total_costs = {"before": before, "after": after, "to_pay": to_pay}
    return {f"{name}_usd": usd(one.known_usd) for name, one in total_costs.items()} | {
        "unknown_prices": after.unknown
    }
