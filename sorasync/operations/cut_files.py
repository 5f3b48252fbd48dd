"""`sorasync cut --out`: a cut as a file for other programs, by the file's suffix."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sorasync.errors import SorasyncError
from sorasync.operations.cut import CutView, Progress, require_film_packages, stand_ins
from sorasync.operations.output_file import require_output_file, write_output

if TYPE_CHECKING:
    from sorasync.cuts.timeline import Placed
    from sorasync.operations.project import Project

FILM: Final = ".mp4"
SUBTITLES: Final = ".srt"
INTERCHANGE: Final = (".otio", ".otioz", ".edl", ".fcpxml", ".xml")
_TIMELINE_PACKAGES: Final = (
    "opentimelineio",
    "otio_cmx3600_adapter",
    "otio_fcp_adapter",
    "otio_fcpx_xml_adapter",
)
SUFFIXES: Final = (FILM, *INTERCHANGE, SUBTITLES, ".csv", ".pdf")


def write_cut(project: Project, view: CutView, out: Path, progress: Progress) -> list[str]:
    """Write a cut in the format of a file's suffix; what of it the format does not carry, or cannot show.

    Paths in it are relative to the file. Raises `SorasyncError` where a package is missing, the format cannot
    hold the cut, or the file cannot be written.
    """
    require_output_file(out, view.library)
    suffix = out.suffix.lower()
    if suffix == ".csv":
        write_output(out, _shot_list(project, view, out), parents=True)
        return []
    require_film_packages()
    if suffix == SUBTITLES:
        from sorasync.cuts.dialogue import film_dialogue, subtitles

        lines = subtitles(film_dialogue(view.timeline, view.graph.renders))
        write_output(out, "".join(lines), parents=True)
        return []
    if suffix == ".pdf":
        from sorasync.operations.cut_sheet import sheet

        made = sheet(project, view, progress)
        write_output(out, [made.data], parents=True)
        return [f"characters without a font here ({made.unwritten})"] if made.unwritten else []
    _require_timeline_packages()
    from sorasync.cuts.editor_files import BUNDLE, left_out

    if suffix == BUNDLE:
        _write_bundle(project, view, out, progress)
    else:
        write_output(out, _interchange(project, view, out, progress), parents=True)
    return left_out(view.timeline, suffix)


def _interchange(project: Project, view: CutView, out: Path, progress: Progress) -> str:
    from sorasync.cuts.editor_files import MediaNames, interchange_text
    from sorasync.cuts.sound import has_sound

    paths = {at: named_path(project, path) for at, path in stand_ins(project, view, progress).items()}
    base = Path(os.path.realpath(out)).parent

    def video(placed: Placed) -> str:
        assert placed.render is not None
        return _reference(paths[placed.render.address], base)

    sounding = frozenset(
        _reference(path, base) for path in paths.values() if path.exists() and has_sound(path)
    )
    names = MediaNames(video, lambda track: _reference(view.track_path(track), base), sounding)
    return interchange_text(view.timeline, out.suffix.lower(), names)


def _write_bundle(project: Project, view: CutView, out: Path, progress: Progress) -> None:
    """Write an .otioz: its adapter wants a new file, and media whose names differ."""
    from sorasync.cuts.editor_files import MediaNames, write_bundle
    from sorasync.durable import BLOCK
    from sorasync.library_file import open_file

    paths = stand_ins(project, view, progress)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        links: dict[Path, str] = {}

        def link(path: Path, called: str) -> str:
            if path not in links:
                plain = re.sub(r"[^\w.-]+", "-", called).strip("-")
                target = directory / f"{len(links) + 1:03}-{plain}{path.suffix}"
                target.symlink_to(os.path.realpath(path))
                links[path] = target.as_uri()
            return links[path]

        def video(placed: Placed) -> str:
            assert placed.render is not None
            address = placed.render.address
            return link(paths[address], view.graph.label(address))

        names = MediaNames(video, lambda track: link(view.track_path(track), Path(track.file).stem))
        made = directory / f"bundle{out.suffix.lower()}"
        write_bundle(view.timeline, names, made)
        with open_file(made, within=directory) as file:
            write_output(out, iter(lambda: file.read(BLOCK), b""), parents=True)


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
        from sorasync.installed import install_command, missing_extra

        raise SorasyncError(
            missing_extra("writing a file for an editing program", "film"), hint=install_command("film")
        )
