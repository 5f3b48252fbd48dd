"""What the page shows of a whole library, as plain data. Clips and stills go by their names in `[picks]`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sorasync.graph.address import has_takes, owner
from sorasync.operations.pick import spec_named
from sorasync.operations.status import ClipStatus, standings
from sorasync.plan.cost import NOTHING, Total, total
from sorasync.review.check_view import failed_checks
from sorasync.review.notes_file import KEY_DIGITS, Note, Rejection, ReviewNotes
from sorasync.state.record import Status

if TYPE_CHECKING:
    from sorasync.graph.graph import ClipNode
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project
    from sorasync.state.store import Store

# The media types of stills, by their endings.
PICTURE_TYPES = {".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg"}

# Characters of a prompt that the grid is searched by.
_SEARCHED = 600


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A library at one moment: its plan, and its notes. `notes_fault` says why there are none."""

    project: Project
    planned: Planned
    notes: ReviewNotes
    notes_fault: str | None = None

    def asset_of(self, address: str) -> str | None:
        """The digest of the video or still of a wanted render, None where it is not here."""
        key = self.planned.graph.keys.get(address)
        return self.asset_of_key(key) if key else None

    def asset_of_key(self, key: str) -> str | None:
        """The digest of the video or still of any render, None where it is not here."""
        brief = self.planned.known.briefs.get(key)
        if brief is None or brief.status is not Status.STORED or brief.asset is None:
            return None
        return brief.asset if brief.asset in self.planned.known.present else None

    def picture_of(self, asset: str | None) -> str | None:
        """The format of a still, None for a video or nothing."""
        if asset is None:
            return None
        suffix = self.project.assets().file_of(asset).suffix.removeprefix(".")
        return suffix if f".{suffix}" in PICTURE_TYPES else None

    def assets(self) -> set[str]:
        """The digests of every video and still that the library knows of and that is here."""
        known = self.planned.known
        return {b.asset for b in known.briefs.values() if b.asset is not None and b.asset in known.present}


def usd(cost: Total) -> dict[str, Any]:
    """A sum for the page: dollars as text, and how many prices are unknown."""
    return {"usd": f"{cost.known_usd:f}", "unknown": cost.unknown}


def library_json(snapshot: Snapshot, store: Store) -> dict[str, Any]:
    """The overview."""
    project, planned = snapshot.project, snapshot.planned
    rows = standings(planned)
    progress = {record.key: record for record in store.in_flight()}
    about = _Annotations(snapshot.notes)
    failed = failed_checks(snapshot, store)
    clips = [_clip(row, snapshot, progress, about, failed) for row in rows if has_takes(row.address)]
    spent = store.spent(simulated=project.profile.simulated)
    return {
        "library": project.name,
        "env": project.config.env,
        "provider": project.profile.provider_name,
        "simulated": project.profile.simulated,
        "stages": Counter(row.stage.value for row in rows),
        "cost": usd(total(change.cost_usd for change in planned.plan.changes)),
        "later": usd(sum((row.later for row in rows), NOTHING)),
        "spent": {"usd": f"{spent.usd:f}", "unknown": spent.unknown},
        "clips": clips,
        "cuts": _cuts(snapshot),
        "notices": [*planned.plan.notices, *([snapshot.notes_fault] if snapshot.notes_fault else [])],
    }


class _Annotations:
    """Notes and rejections by the clip that they are about."""

    def __init__(self, notes: ReviewNotes) -> None:
        self.open = Counter(owner(note.on) for note in notes.notes if not note.done and note.reply_to is None)
        self.rejected = rejections(notes.rejected)


def rejections(rejected: Iterable[Rejection]) -> dict[tuple[str, str | None], Rejection]:
    """Rejections by take and first digits of the render's key; None for those of every render."""
    return {(one.on, one.render[:KEY_DIGITS] if one.render else None): one for one in rejected}


def rejection_of(
    rejected: Mapping[tuple[str, str | None], Rejection], address: str, key: str
) -> Rejection | None:
    """Why a render was rejected, None where it was not."""
    return rejected.get((address, key[:KEY_DIGITS])) or rejected.get((address, None))


def notes_on(notes: ReviewNotes, address: str, key: str) -> list[Note]:
    """The notes on one render of a take."""
    return [
        note
        for note in notes.notes
        if note.on == address and (note.render is None or key.startswith(note.render[:KEY_DIGITS]))
    ]


def _clip(
    row: ClipStatus,
    snapshot: Snapshot,
    progress: Mapping[str, Any],
    about: _Annotations,
    failed: Mapping[str, list[str]],
) -> dict[str, Any]:
    graph, name = snapshot.planned.graph, name_of(row.address)
    node = graph.node(row.address)
    assert node is not None
    spec = spec_named(snapshot.planned.library, name)
    words = " ".join([spec.prompt or "", *(step.prompt for step in spec.steps)])
    rejected = sum(
        rejection_of(about.rejected, address, graph.keys[address]) is not None for address in node.takes
    )
    flying = [progress[change.key].progress for _, change in row.changes if change.key in progress]
    worst = row.worst
    return {
        "name": name,
        "scene": _scene_of(spec.origin.file, snapshot.project.config.library.manifests),
        "kind": node.kind,
        "stage": row.stage.value,
        "reason": worst.reason if worst else "",
        "done": row.done,
        "renders": row.renders,
        "takes": len(node.takes),
        "picked": node.chosen,
        "chooses": row.waits_for == row.address and any(map(snapshot.asset_of, node.takes)),
        "waits_for": row.waits_for,
        "cost": usd(row.cost),
        "later": usd(row.later),
        "progress": round(sum(flying) / len(flying)) if flying else None,
        "video": shown_video(node, snapshot),
        "tags": list(node.tags),
        "text": words[:_SEARCHED],
        "notes": about.open[row.address],
        "rejected": rejected,
        "checks": failed.get(name, []),
    }


def _scene_of(file: str, manifests: str) -> str:
    """What clips are grouped by: the manifest that declares them, without its folder and suffix."""
    path = PurePosixPath(file)
    inside = path.relative_to(manifests) if path.is_relative_to(manifests) else path
    return str(inside.with_suffix(""))


def name_of(address: str) -> str:
    """What a clip or still is called on the page: clips go by their names alone."""
    return address.removeprefix("clip.")


def shown_video(node: ClipNode, snapshot: Snapshot) -> str | None:
    """The video that a clip is shown by: its last one, else that of its first take that has one."""
    for address in (*([node.final] if node.final else []), *reversed(node.steps), *node.takes):
        asset = snapshot.asset_of(address)
        if asset is not None:
            return asset
    return None


def _cuts(snapshot: Snapshot) -> list[dict[str, Any]]:
    if not snapshot.planned.library.cuts:
        return []
    from sorasync.operations.cut import cut_views

    return [
        {
            "name": view.name,
            "fps": float(view.timeline.rate),
            "frames": view.timeline.frames,
            "cost": usd(view.cost),
            "events": [
                {
                    "clip": name_of(placed.event.shown) if placed.event.shown else None,
                    "take": placed.event.take,
                    "start": placed.start,
                    "stop": placed.stop,
                    "source": placed.source,
                    "video": (digest := view.digests.get(placed.render.address) if placed.render else None),
                    "picture": snapshot.picture_of(digest),
                }
                for placed in view.timeline.events
            ],
        }
        for view in cut_views(snapshot.project, snapshot.planned)
    ]
