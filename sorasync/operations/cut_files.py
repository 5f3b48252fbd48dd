"""`sorasync cut --out`: a cut as a file for other programs, by the file's suffix."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sorasync.errors import SorasyncError
from sorasync.operations.cut import CutView, Progress, require_film_packages, stand_ins

if TYPE_CHECKING:
    from sorasync.cuts.timeline import Placed
    from sorasync.operations.project import Project

FILM: Final = ".mp4"
INTERCHANGE: Final = (".otio", ".edl", ".fcpxml", ".xml")
_TIMELINE_PACKAGES: Final = (
    "opentimelineio",
    "otio_cmx3600_adapter",
    "otio_fcp_adapter",
    "otio_fcpx_xml_adapter",
)
SUFFIXES: Final = (FILM, *INTERCHANGE, ".srt", ".csv")


@dataclass(frozen=True, slots=True)
class CutText:
    """What is written to a file, and what of the cut its format does not carry."""

    text: str
    left_out: list[str]


def cut_text(project: Project, view: CutView, out: Path, progress: Progress) -> CutText:
    """A cut in the format of a file's suffix. Paths in it are relative to the file.

    Raises `SorasyncError` where a package is missing or the format cannot hold the cut.
    """
    suffix = out.suffix.lower()
    if suffix == ".csv":
        return CutText(_shot_list(project, view, out), [])
    require_film_packages()
    if suffix == ".srt":
        from sorasync.cuts.dialogue import film_dialogue, subtitles

        return CutText("".join(subtitles(film_dialogue(view.timeline, view.graph.renders))), [])
    _require_timeline_packages()
    from sorasync.cuts.interchange import MediaNames, interchange_text, left_out

    paths = {at: named_path(project, path) for at, path in stand_ins(project, view, progress).items()}
    base = Path(os.path.realpath(out)).parent

    def video(placed: Placed) -> str:
        assert placed.render is not None
        return _reference(paths[placed.render.address], base)

    names = MediaNames(video, lambda track: _reference(view.track_path(track), base))
    return CutText(interchange_text(view.timeline, suffix, names), left_out(view.timeline, suffix))


def named_path(project: Project, path: Path) -> Path:
    """The name that people know a video by, where the store has linked one; else the path itself."""
    from sorasync.assets.made_names import named_objects

    store = project.assets()
    names = [name for name, file in named_objects(store.root).items() if file == path.name]
    links = sorted((store.path / name for name in names), key=lambda link: (len(str(link)), str(link)))
    return next((link for link in links if link.exists()), path)


def _reference(path: Path, base: Path) -> str:
    """A path as a relative address, from a directory."""
    real = Path(os.path.realpath(path.parent)) / path.name
    return quote(Path(os.path.relpath(real, base)).as_posix())


def _shot_list(project: Project, view: CutView, out: Path) -> str:
    """The events with what is known of their footage, and its price."""
    from sorasync.cuts.shot_list import shot_list

    base = Path(os.path.realpath(out)).parent

    def facts(placed: Placed) -> dict[str, str]:
        assert placed.render is not None
        address = placed.render.address
        cost = view.costs[address]
        video = view.videos.get(address)
        path = "" if video is None else os.path.relpath(named_path(project, video), base)
        price = "" if cost.unknown else f"{cost.known_usd:.2f}"
        return {
            "footage": view.footage[address].value,
            "cost_usd": price,
            "file": Path(path).as_posix() if path else "",
        }

    return shot_list(view.timeline, facts)


def _require_timeline_packages() -> None:
    from importlib.util import find_spec

    if not all(map(find_spec, _TIMELINE_PACKAGES)):
        from sorasync.installed import install_command

        raise SorasyncError(
            "files for editing programs are written with OpenTimelineIO and its adapters, and one is missing",
            hint=install_command("film"),
        )
