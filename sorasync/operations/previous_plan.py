"""What a plan reuses from the one before, as long as nothing it was made from has changed. In memory only."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from sorasync.plan.decisions import Decisions
from sorasync.plan.part_memo import PartMemo
from sorasync.plan.recorded import Recorded
from sorasync.state.record import Binding, Brief


@dataclass(slots=True)
class PreviousPlan:
    """What watch mode keeps between two plans; empty for a single plan.

    `decisions` is None for a single plan. `linked` holds the parts of the graph in which every clip with
    several renders has the name that it should have.
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
        """What follows from the state and the disk; the previous result if these are the same objects."""
        kept = self._recorded
        if kept is None or not kept.follows_from(bindings, briefs, present, refuse_mismatch):
            kept = self._recorded = Recorded(bindings, briefs, present, refuse_mismatch)
        return kept
