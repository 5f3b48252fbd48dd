"""`sorasync cut`: looks at a cut and what its clips still cost, and makes its film."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.address import natural
from sorasync.operations.cut_timelines import supposed_graph, timelines
from sorasync.operations.output_file import require_output_file
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.program_digest import program_digest
from sorasync.operations.status import changes_by_address
from sorasync.plan.cost import NOTHING, Total, total
from sorasync.state.record import IN_FLIGHT, Status

if TYPE_CHECKING:
    from sorasync.assets.store import AssetStore
    from sorasync.cuts.timeline import Placed, Timeline
    from sorasync.graph.graph import Graph
    from sorasync.graph.render import Render
    from sorasync.manifest.cut_spec import AudioTrack, CutSpec
    from sorasync.manifest.library import Library
    from sorasync.operations.plan import Planned
    from sorasync.operations.project import Project

STAND_INS = "state/cache/animatics"

# Hears what is being made, and how much of it is done, from 0 to 1.
Progress = Callable[[str, float], None]


class Footage(StrEnum):
    """What there is of an event's video."""

    RENDERED = "rendered"
    # Paid for, and not in this directory.
    ELSEWHERE = "not downloaded"
    FLIGHT = "in flight"
    ANIMATIC = "animatic"


@dataclass(frozen=True, slots=True)
class CutView:
    """A cut with what is known of its clips.

    `footage` and `videos` are by the address of a render, `videos` of those that are here. `cost` is what is
    to be paid until all of it is rendered.
    """

    library: Library
    graph: Graph
    timeline: Timeline
    footage: dict[str, Footage]
    videos: dict[str, Path]
    digests: dict[str, str]
    cost: Total
    costs: dict[str, Total] = field(default_factory=dict)
    # Whether its times add up.
    sound: bool = True
    # The files of stills that are here, by the addresses of their renders.
    pictures: dict[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the cut."""
        return self.timeline.cut.name

    def path_of(self, placed: Placed) -> Path | None:
        """The video of an event, None for black and for what is not here."""
        return self.videos.get(placed.render.address) if placed.render else None

    def track_path(self, track: AudioTrack) -> Path:
        """The file of a track."""
        return self.library.root / track.file


@dataclass(frozen=True, slots=True)
class CutFilm:
    """A film that is there: `made` now, or before."""

    view: CutView
    path: Path
    key: str
    made: bool


def find_cut(library: Library, name: str) -> CutSpec:
    """The cut of that name or address. Raises `SorasyncError`."""
    found = library.cuts.get(name.removeprefix("cut."))
    if found is None:
        from sorasync.manifest.suggest import nearest

        near = nearest(name.removeprefix("cut."), library.cuts)
        known = ", ".join(sorted(library.cuts, key=natural)[:6])
        hint = (
            f"did you mean {near}?" if near else f"the cuts are: {known}" if known else "no cut is declared"
        )
        raise SorasyncError(f"there is no cut {name!r}", hint=hint)
    return found


def look_at_cut(project: Project, name: str) -> CutView:
    """A cut as it is now; the provider is not asked. Raises `ManifestError` where it does not add up."""
    planned = make_plan(project, PlanOptions(offline=True))
    cut = find_cut(planned.library, name)
    laid_out, faults = timelines(project, planned.library, planned.graph, [cut])
    if faults:
        from sorasync.manifest.diagnostic import ManifestError

        raise ManifestError(faults)
    if not laid_out:
        raise SorasyncError(f"cut.{cut.name} shows a clip that the provider cannot render")
    graph = supposed_graph(project, planned.library, planned.graph, [cut])
    return view_of(project, planned, graph, laid_out[0])


def cut_views(project: Project, planned: Planned) -> tuple[CutView, ...]:
    """Every cut of a library as it is now. Nothing is imported for a library without."""
    library = planned.library
    if not library.cuts:
        return ()
    laid_out, faults = timelines(project, library, planned.graph)
    wrong = {fault.address for fault in faults}
    graph = supposed_graph(project, library, planned.graph, library.cuts.values())
    return tuple(
        view_of(project, planned, graph, timeline, sound=f"cut.{timeline.cut.name}" not in wrong)
        for timeline in sorted(laid_out, key=lambda one: natural(one.cut.name))
    )


def view_of(
    project: Project, planned: Planned, graph: Graph, timeline: Timeline, *, sound: bool = True
) -> CutView:
    """What is known of a cut's clips. `graph` is the one that the timeline was laid out with."""
    store = project.assets()
    footage: dict[str, Footage] = {}
    videos: dict[str, Path] = {}
    digests: dict[str, str] = {}
    for address, render in timeline.renders.items():
        footage[address] = _footage(planned, render)
        if footage[address] is Footage.RENDERED:
            asset = planned.known.briefs[render.key].asset or ""
            videos[address], digests[address] = store.file_of(asset), asset
    costs = {address: _cost(planned, graph, [address]) for address in timeline.renders}
    cost = _cost(planned, graph, timeline.renders)
    pictures = _pictures(planned, store, graph)
    return CutView(planned.library, graph, timeline, footage, videos, digests, cost, costs, sound, pictures)


def _pictures(planned: Planned, store: AssetStore, graph: Graph) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for address in (address for node in graph.stills.values() for address in node.renders):
        brief = planned.known.briefs.get(graph.keys[address])
        if brief is not None and brief.asset is not None and planned.known.whole(brief):
            found[address] = store.file_of(brief.asset)
    return found


def _footage(planned: Planned, render: Render) -> Footage:
    brief = planned.known.briefs.get(render.key)
    if brief is None:
        return Footage.ANIMATIC
    if planned.known.whole(brief):
        return Footage.RENDERED
    if brief.status in (Status.STORED, Status.RENDERED):
        return Footage.ELSEWHERE
    return Footage.FLIGHT if brief.status in IN_FLIGHT else Footage.ANIMATIC


def _cost(planned: Planned, graph: Graph, seen: Iterable[str]) -> Total:
    """What the plan would pay for those renders and all that they need, once takes are picked."""
    addresses = set(seen)
    addresses |= graph.ancestors(addresses)
    by_address = changes_by_address(planned.plan.changes)
    changes = {id(change): change for at in addresses if (change := by_address.get(at)) is not None}
    known = total(change.cost_usd for change in changes.values())
    clips = {address.partition("#")[0] for address in addresses - planned.graph.keys.keys()}
    return sum((one.cost for one in planned.plan.waiting if one.label in clips), known or NOTHING)


def film_path(project: Project, cut: CutSpec) -> Path:
    """Where the film of a cut is made: beside the clips, under a name that no clip can have."""
    return project.assets().path / f"cut.{cut.name}.mp4"


def make_film(project: Project, view: CutView, out: Path, progress: Progress) -> CutFilm:
    """Put the film of a cut together, unless it is there already.

    Raises `SorasyncError` where a package is missing or a file cannot be decoded.
    """
    require_output_file(out, view.library)
    require_film_packages()
    from sorasync.cuts.cut_key import cut_key
    from sorasync.cuts.film import FilmSources, key_in, write_film

    paths = stand_ins(project, view, progress)
    key = cut_key(view.timeline, lambda placed: _content(view, placed, paths))
    if out.is_file() and key_in(out) == key:
        return CutFilm(view, out, key, made=False)
    sources = FilmSources(
        lambda placed: paths.get(placed.render.address) if placed.render else None, view.track_path
    )
    title = f"cut.{view.name}"
    write_film(view.timeline, sources, out, key, lambda done: progress(title, done))
    return CutFilm(view, out, key, made=True)


def bring_footage(project: Project, view: CutView, progress: Progress) -> dict[str, Path]:
    """The files of a cut's renders by address, brought to this disk. Raises `SorasyncError`."""
    from sorasync.assets.shard import DIGEST
    from sorasync.operations.local_videos import bring_all

    title, assets = f"cut.{view.name}", project.assets()
    digests = {at: path.name[:DIGEST] for at, path in (view.videos | view.pictures).items()}
    failed = bring_all(project, set(digests.values()), lambda _, done: progress(title, done))
    for why in failed.values():
        raise SorasyncError(why, hint="sorasync pull; then make the cut again")
    return {at: assets.file_of(digest) for at, digest in digests.items()}


def stand_ins(project: Project, view: CutView, progress: Progress) -> dict[str, Path]:
    """The video of every render of a cut, by address: its own, or an animatic, drawn now if need be."""
    from sorasync.cuts.stand_ins import StandIns

    directory = project.root / STAND_INS
    if not Path(os.path.realpath(directory)).is_relative_to(os.path.realpath(project.root)):
        raise SorasyncError(f"{STAND_INS} leads out of the library through a link")
    real = bring_footage(project, view, progress)
    code = program_digest(("preview",))
    drawn = StandIns(
        code,
        project.root,
        directory,
        view.graph,
        lambda one: real.get(one.address),
        progress,
        project.config.preview.clean,
    )
    return {at: real.get(at) or drawn.of(render) for at, render in view.timeline.renders.items()}


def _content(view: CutView, placed: Placed, paths: dict[str, Path]) -> str:
    assert placed.render is not None
    address = placed.render.address
    return view.digests.get(address) or f"animatic {paths[address].stem}"


def require_film_packages() -> None:
    """Raise `SorasyncError` where what decodes, draws and encodes is not installed."""
    try:
        import av
        import numpy  # noqa: F401
        import PIL  # noqa: F401

        # Older ones do not pass on what a filter has measured.
        if not hasattr(av.AudioFrame, "metadata"):
            raise ImportError
    except ImportError as error:
        from sorasync.installed import install_command, missing_extra

        raise SorasyncError(missing_extra("making a film", "film"), hint=install_command("film")) from error
