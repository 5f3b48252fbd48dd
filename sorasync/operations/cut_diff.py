"""`sorasync cut diff`: how the cuts of two revisions differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.cuts.shot_changes import ShotDifference, shot_differences
from sorasync.graph.address import natural
from sorasync.operations.cut import find_cut
from sorasync.operations.cut_timelines import timelines
from sorasync.operations.diff import planned_at
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.revision import at_revision

if TYPE_CHECKING:
    from sorasync.cuts.timeline import Timeline
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project


@dataclass(frozen=True, slots=True)
class CutDifference:
    """One cut that differs: its timelines, None where it was not declared, and its shots that differ.

    `settings` names what else is another: its rate, size or sound.
    """

    name: str
    before: Timeline | None
    after: Timeline | None
    shots: tuple[ShotDifference, ...]
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutComparison:
    """The cuts that differ from those of a revision, by name; `unchanged` are the others."""

    revision: str
    commit: str
    cuts: tuple[CutDifference, ...]
    unchanged: tuple[str, ...]


def compare_cuts(project: Project, revision: str, name: str | None = None) -> CutComparison:
    """Compare the cuts here, or one of them, with those of a revision. The provider is not asked.

    Raises what `at_revision` and `make_plan` raise, and `SorasyncError` for a cut that is in neither.
    """
    options = PlanOptions(offline=True)
    leave_out = (project.config.assets.path, "state")
    with project.synced_store() as store, at_revision(project.root, revision, leave_out) as found:
        now = _timelines(project, make_plan(project, options, store))
        planned, other = planned_at(project, found.root, revision, options, store)
        then = _timelines(other, planned)
        names = sorted(then.keys() | now.keys(), key=natural)
        if name is not None:
            wanted = name.removeprefix("cut.")
            names = [wanted] if wanted in names else [find_cut(project.library(), name).name]
    compared = [_difference(one, then.get(one), now.get(one)) for one in names]
    return CutComparison(
        revision,
        found.commit,
        tuple(one for one in compared if one.shots or one.settings or None in (one.before, one.after)),
        tuple(one.name for one in compared if not (one.shots or one.settings)),
    )


def _timelines(project: Project, planned: Planned) -> dict[str, Timeline]:
    """The cuts of a library; one that does not add up is compared all the same."""
    laid_out, _ = timelines(project, planned.library, planned.graph)
    return {one.cut.name: one for one in laid_out}


def _difference(name: str, before: Timeline | None, after: Timeline | None) -> CutDifference:
    settings: list[str] = []
    if before is not None and after is not None:
        old, new = before.cut, after.cut
        pairs = {
            "fps": (old.rate, new.rate),
            "size": (before.size, after.size),
            "audio": (old.audio, new.audio),
            "markers": (old.markers, new.markers),
            "loudness": (old.loudness, new.loudness),
            "fade at the end": (old.out_of_frames / old.rate, new.out_of_frames / new.rate),
        }
        settings = [key for key, (was, now) in pairs.items() if was != now]
    return CutDifference(name, before, after, tuple(shot_differences(before, after)), tuple(settings))
