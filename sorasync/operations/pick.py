"""`sorasync pick`: edits `[picks]` in `picks.toml` without touching anything else in it.

A pick that stands in a clip's own block or in another manifest belongs to whoever wrote it there and is
never changed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.library_file import FileRefused, read_file
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.library import Library, Origin
from sorasync.manifest.matrix import canonical_name
from sorasync.operations.edited_library import Overlay
from sorasync.toml.parse import TomlError, parse
from sorasync.toml.positions import Positions

if TYPE_CHECKING:
    from pathlib import Path

    from sorasync.manifest.library import ClipSpec
    from sorasync.manifest.still_spec import StillSpec
    from sorasync.operations.project import Project

FILE = "picks.toml"

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"\s*\[\s*(picks|\"picks\"|'picks')\s*\]\s*(#.*)?")
_BEGINNING = "# The picked take of each clip. Written by `sorasync pick`; comments are kept.\n[picks]\n"


class PickError(SorasyncError):
    """The pick is not possible; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A pick: the take before and after (None: nobody chose), and the library with it.

    `clip` is what the clip or still is called in a `[picks]` table.

    `mended`: the pick made the library valid again, so the take before it is unknown.
    """

    clip: str
    before: int | None
    after: int | None
    file: str
    library: Library
    mended: bool = False

    @property
    def address(self) -> str:
        """The address of what was picked."""
        return picked_address(self.clip)

    @property
    def changed(self) -> bool:
        """Whether the file was written."""
        return self.mended or self.before != self.after


def picked_address(name: str) -> str:
    """The address that a name in a `[picks]` table stands for."""
    return name if name.startswith("still.") else f"clip.{name}"


def pick(project: Project, library: Library, clip: str, take: int | None) -> Picked:
    """Write a clip's pick, or remove it with None.

    Raises `PickError` where the pick stands elsewhere or the clip has no such take, and `ManifestError`
    where the library would not be valid with it. The file is replaced in one step.
    """
    file, before = picks_file(project), spec_named(library, clip).pick
    _require_possible(library, clip, take, file)
    if before != take:
        library = _write_picks(project, file, clip, take)
    return Picked(clip, before, take, file, library)


def library_if_picked(project: Project, library: Library, clip: str, take: int | None) -> Library:
    """The library as it would be with that pick; nothing is written. Raises what `pick` raises."""
    file = picks_file(project)
    _require_possible(library, clip, take, file)
    if spec_named(library, clip).pick == take:
        return library
    return _edited_library(project, file, clip, take)[0]


def _require_possible(library: Library, clip: str, take: int | None, file: str) -> None:
    """Raise `PickError` unless the take exists and the pick may be changed in `file`."""
    spec = spec_named(library, clip)
    _refuse_elsewhere(library, clip, file)
    if take is not None and not 1 <= take <= spec.takes:
        takes = "one take" if spec.takes == 1 else f"{spec.takes} takes, 1 to {spec.takes}"
        raise PickError(f"{spec.address} has no take {take}; it has {takes}")


def repair(project: Project, clip: str, take: int | None) -> Picked | None:
    """A pick that mends what is wrong with `picks.toml`, written; None where it mends nothing."""
    name, file = canonical_name(clip), picks_file(project)
    try:
        library = _write_picks(project, file, name, take)
    except (ManifestError, PickError):
        return None
    return Picked(name, None, take, file, library, mended=True)


def picks_file(project: Project) -> str:
    """Where picks are written, relative to the library."""
    import posixpath

    return posixpath.normpath(posixpath.join(project.config.library.manifests, FILE))


def spec_named(library: Library, name: str) -> ClipSpec | StillSpec:
    """The clip or still of a name in a `[picks]` table. Raises `KeyError`."""
    if name.startswith("still."):
        return library.stills[name.removeprefix("still.")]
    return library.clips[name]


def _refuse_elsewhere(library: Library, clip: str, file: str) -> None:
    spec = spec_named(library, clip)
    if spec.pick is None:
        return
    origin = library.picks.get(clip)
    if origin is not None and origin.file == file:
        return
    where = origin or Origin(spec.origin.file, (*spec.origin.path, "pick"))
    at = library.position(where)
    block = "in a [picks] table" if origin else "in its own block"
    raise PickError(
        f"the pick of {spec.address} is set {block}, at {at.file}:{at.line}; nothing was changed",
        hint=f"change it there, or remove that line and pick again (it says {spec.pick})",
    )


def _edited_library(project: Project, file: str, clip: str, take: int | None) -> tuple[Library, str]:
    """The library with the file edited in memory, and the file's new text."""
    from sorasync.manifest.load import load

    before = _read_picks(project.root, project.root / file, file)
    after = edited(before or "", clip, take)
    return load(project.root, project.config, Overlay(project.root, file, after)), after


def _write_picks(project: Project, file: str, clip: str, take: int | None) -> Library:
    """Edit the file in memory, load the library with it, and only then write it."""
    library, after = _edited_library(project, file, clip, take)
    write_manifest(project, file, after)
    return library


def write_manifest(project: Project, file: str, text: str) -> None:
    """Replace a file among the manifests in one step. Raises `PickError`."""
    from sorasync.durable import write_atomic

    try:
        target = (project.root / file).resolve()
        if not target.is_relative_to(project.root.resolve()):
            raise PickError(f"{file} leads out of the library")
        write_atomic(target, text.encode())
    except OSError as error:
        raise PickError(f"cannot write {file}: {error.strerror}") from error


def _read_picks(root: Path, path: Path, file: str) -> str | None:
    try:
        return read_file(path, within=root).decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except FileRefused as error:
        raise PickError(f"{file} {error.strerror}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PickError(f"cannot read {file}: {error}") from error


def edited(text: str, clip: str, take: int | None) -> str:
    """The text with the clip's pick set or removed, everything else as it was. Pure.

    New picks go into the place that keeps the names sorted. Raises `PickError` for a text that is no TOML
    or holds its picks in a form that cannot be edited line by line.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    try:
        raw = parse(plain)
    except TomlError as error:
        raise PickError(f"{FILE} is not valid TOML: {error}", hint="sorasync validate shows where") from None
    table = raw.get("picks", {})
    names = {canonical_name(name): name for name in table} if isinstance(table, dict) else {}
    written = names.get(clip)
    if written is None and take is None:
        return text
    lines = _edit(plain, names, clip, written, take)
    after = "\n".join(lines)
    if not _as_wanted(raw, after, written or clip, take):
        raise PickError(
            f"the picks in {FILE} cannot be edited line by line",
            hint=f"edit it by hand: under [picks], {_pick_line(clip, take or 1)}",
        )
    return after.replace("\n", end)


def _edit(text: str, names: dict[str, str], clip: str, written: str | None, take: int | None) -> list[str]:
    lines = text.split("\n")
    places = Positions(text)
    if written is not None:
        span = places.span(("picks", written))
        if take is None:
            del lines[span.line - 1]
        else:
            line = lines[span.line - 1]
            lines[span.line - 1] = f"{line[: span.column - 1]}{take}{line[span.end_column - 1 :]}"
        return lines
    assert take is not None
    header = next((number for number, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    if header is None:
        body = text if not text or text.endswith("\n") else f"{text}\n"
        gap = "\n" if body.strip() else ""
        return [*f"{body}{gap}{_BEGINNING}{_pick_line(clip, take)}\n".split("\n")]
    smaller = [places.span(("picks", name)).line for known, name in names.items() if known < clip]
    at = max(smaller, default=header + 1)
    return [*lines[:at], _pick_line(clip, take), *lines[at:]]


def _pick_line(clip: str, take: int) -> str:
    key = clip if _BARE.fullmatch(clip) else json.dumps(clip, ensure_ascii=False)
    return f"{key} = {take}"


def _as_wanted(before: dict[str, object], after: str, name: str, take: int | None) -> bool:
    """Whether the new text says just what it is meant to say."""
    table = before.get("picks", {})
    if not isinstance(table, dict):
        return False
    picks = {key: value for key, value in table.items() if key != name}
    if take is not None:
        picks[name] = take
    wanted = {key: value for key, value in before.items() if key != "picks"} | {"picks": picks}
    try:
        found = parse(after)
    except TomlError:
        return False
    return {"picks": {}} | found == wanted
