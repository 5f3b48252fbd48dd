"""An empty state beside what was paid for: nobody should pay for all of it once more unknowingly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import Refused, SorasyncError
from sorasync.manifest.config import default_state
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.plan.plan import Plan
    from sorasync.state.record import Brief


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A state that `[state] url` does not name any more: its URL, its file as people see it, its records."""

    url: str
    name: str
    briefs: Mapping[str, Brief]

    @property
    def way(self) -> str:
        """What takes it into the state that is used."""
        return f"`sorasync state move --from {self.url}`"


def left_behind(project: Project) -> LeftBehind | None:
    """The state in the file that is used where no URL is written, if one is and the file has records."""
    from sorasync.state.connect import location
    from sorasync.state.postgres_url import is_postgres
    from sorasync.state.store import Store

    url, used = default_state(project.config.env), project.config.state.url
    path = location(url, project.root)
    if path is None or not path.is_file() or (not is_postgres(used) and location(used, project.root) == path):
        return None
    try:
        with Store.open(url, project.root, clock=project.clock, readonly=True) as store:
            briefs = store.briefs()
    except SorasyncError:
        return None
    return LeftBehind(url, path.relative_to(project.root).as_posix(), briefs) if briefs else None


def forgotten(project: Project, records: Collection[str]) -> str | None:
    """A warning if the state has no records although there are videos, or another state; else None."""
    if records:
        return None
    if (before := left_behind(project)) is not None:
        records_there = counted(len(before.briefs), "record")
        return f"the state is empty, but {before.name} has {records_there}: {before.way} brings them into it"
    count = len(project.assets().present())
    if not count:
        return None
    videos = "a video is" if count == 1 else f"{count} videos are"
    return f"the state is empty, but {videos} here: `sorasync state recover` brings back what was paid for"


def refuse_paid_for(project: Project, plan: Plan) -> None:
    """Raises `Refused` if an empty state would pay for what another state records, or for videos that are
    here with their notes.
    """
    from sorasync.assets.sidecar import read_sidecars

    if plan.simulated:
        return
    wanted = {change.key: change.label for change in plan.changes if change.action.renders}
    before = left_behind(project)
    if before is not None and (known := sorted(wanted[key] for key in before.briefs if key in wanted)):
        raise Refused(
            f"the state is empty, and {_some(known)} would be paid for again, although {before.name} has them"
            if len(known) > 1
            else f"the state is empty, and {known[0]} would be paid for again, although {before.name} has it",
            hint=f"{before.way} brings the records into it; nothing was sent",
        )
    assets = project.assets()
    there, notes = assets.present(), read_sidecars(assets).found
    known = sorted({wanted[one.key] for one in notes if one.key in wanted and one.sha256 in there})
    if known:
        raise Refused(
            f"the state is empty, and {_some(known)} would be paid for again, although the videos are here",
            hint="`sorasync state recover` brings back what was paid for; nothing was sent",
        )


def _some(labels: list[str]) -> str:
    more = f" and {counted(len(labels) - 3, 'other')}" if len(labels) > 3 else ""
    return f"{', '.join(labels[:3])}{more}"
