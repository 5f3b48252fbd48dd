"""What a plan takes over from the one before it, where all that it follows from is the same."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from sorasync.plan.decisions import Decisions
from sorasync.plan.part_memo import PartMemo
from sorasync.plan.recorded import Recorded
from sorasync.state.record import Binding, Brief


@dataclass(slots=True)
class PlanMemory:
    """Empty for a single plan; watch mode keeps one.

    `decisions` are None for a single plan. `linked` are the parts of the graph in which every clip of several
    renders has the name that it should have.
    """

    decisions: Decisions | None = None
    linked: PartMemo[bool] = field(default_factory=PartMemo)
    _recorded: Recorded | None = None

    def recorded(
        self,
        bindings: Mapping[str, Binding],
        briefs: Mapping[str, Brief],
        present: Container[str],
        refuse_mismatch: bool,
    ) -> Recorded:
        """What follows from these, as it was found before if they are the same objects."""
        kept = self._recorded
        if kept is None or not kept.follows_from(bindings, briefs, present, refuse_mismatch):
            kept = self._recorded = Recorded(bindings, briefs, present, refuse_mismatch)
        return kept
