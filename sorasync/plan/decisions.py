"""Remembers the decisions of the last plan, for watch mode.

Only renders that nobody has paid for are remembered: a plan of ten thousand of them is made anew at every
save, and all but one are decided as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sorasync.graph.render import Render
from sorasync.plan.change import Change

# What the plan does for each render that another one needs, None where that is there already.
Needs = tuple[Change | None, ...]


@dataclass(slots=True)
class Decisions:
    """Changes by address, each with the render and the needs that it was decided for."""

    _parts: Sequence[object] = ()
    _facts: object = None
    _before: dict[str, tuple[Render, Needs, Change]] = field(default_factory=dict)
    _now: dict[str, tuple[Render, Needs, Change]] = field(default_factory=dict)

    def begin(self, parts: Sequence[object], facts: object) -> None:
        """Start a plan. All is forgotten unless `parts` are the same objects and `facts` equal the last."""
        same = len(parts) == len(self._parts) and all(a is b for a, b in zip(parts, self._parts, strict=True))
        self._before = self._now if same and facts == self._facts else {}
        self._parts, self._facts, self._now = parts, facts, {}

    def recall(self, render: Render, needs: Needs) -> Change | None:
        """The remembered decision for that render with those needs, None if there is none."""
        found = self._before.get(render.address)
        if found is None or found[0] is not render or not _same(found[1], needs):
            return None
        self._now[render.address] = found
        return found[2]

    def keep(self, render: Render, needs: Needs, change: Change) -> None:
        """Remember a decision for the next plan."""
        self._now[render.address] = (render, needs, change)


def _same(one: Needs, other: Needs) -> bool:
    return len(one) == len(other) and all(a is b or a == b for a, b in zip(one, other, strict=True))
