"""The page as files that work from a disk or by mail: one HTML file, and the videos beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sorasync.errors import SorasyncError
from sorasync.library_file import read_file
from sorasync.operations.cut import find_cut
from sorasync.operations.local_videos import find_out
from sorasync.operations.pick import picked_address
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.plan.selection import matches
from sorasync.review.clip_view import clip_json, references_in, with_rates
from sorasync.review.library_view import Snapshot, library_json, name_of
from sorasync.review.media import Media
from sorasync.review.money_view import money_json
from sorasync.review.notes_file import read_notes
from sorasync.review.page_files import SCRIPTS, STATIC, STYLES

if TYPE_CHECKING:
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project

PAGE = "index.html"
MEDIA = "media"
_MARK = "<!-- made by sorasync review -->"
_OWN = {PAGE, MEDIA}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is exported: clips that a pattern matches, or those of a cut; without both everything."""

    targets: tuple[str, ...] = ()
    cut: str | None = None

    @property
    def partial(self) -> bool:
        """Whether some of the library is left out."""
        return bool(self.targets) or self.cut is not None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the page, and how many clips and bytes of video it holds."""

    page: Path
    clips: int
    videos: int
    size: int


def export_page(project: Project, directory: Path, options: ExportOptions) -> Exported:
    """Write the page into a directory that is empty or holds an earlier one.

    Raises `SorasyncError` for any other directory, and where nothing matches.
    """
    _require_own(directory)
    with project.synced_store() as store:
        planned = make_plan(project, PlanOptions(offline=True), store)
        snapshot = Snapshot(project, planned, read_notes(project))
        media = Media(project.root, project.assets())
        media.known = snapshot.assets()
        find_out(project, media.known)
        library = library_json(snapshot, store)
        names = _wanted(snapshot, options)
        library["clips"] = [clip for clip in library["clips"] if clip["name"] in names]
        library["cuts"] = [cut for cut in library["cuts"] if options.cut in (None, cut["name"])]
        if options.partial:
            library["cuts"] = [cut for cut in library["cuts"] if _whole(cut, names)]
        clips = {name: with_rates(clip_json(snapshot, store, name), media) for name in names}
        for clip in clips.values():
            media.references |= references_in(snapshot, clip)
        _hide_rows(library, clips, planned.library)
        money = {"/api/money": money_json(project, snapshot, store)}
        if options.partial:
            # Whoever is shown some clips learns nothing of the others, and not what all of them cost.
            library |= {"spent": None, "cost": None, "later": None, "stages": {}, "notices": []}
            money = {}
    answers = {"/api/library": library | {"writable": True, "user": None, "version": 0}}
    answers |= {f"/api/clip?{name}": clip for name, clip in clips.items()} | money
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digests = sorted((_digests(answers, "video") & media.known) | media.references.keys())
    try:
        size = _write_media(directory / MEDIA, digests, media)
        (directory / PAGE).write_bytes(
            page_text({"made": made, "answers": answers}).encode("utf-8", "replace")
        )
    except OSError as error:
        raise SorasyncError(f"cannot write into {directory}: {error.strerror or error}") from error
    return Exported(directory / PAGE, len(clips), len(digests), size)


# What the state holds in plain text of a row as well.
_PLAIN_FACTS = frozenset({"model", "size", "length", "character"})
_FRAMES = frozenset({"first frame", "last frame"})


def _hide_rows(library: dict[str, Any], clips: dict[str, dict[str, Any]], declared: Library) -> None:
    """Take out what rows say: the page is handed on."""
    rows = {name for name in clips if name in declared.clips and declared.clips[name].row}
    for entry in library["clips"]:
        if entry["name"] in rows:
            entry["text"] = ""
    for name in rows:
        clip = clips[name]
        clip |= {"prompt": None, "description": None, "undone_steps": []}
        for step in clip["steps"]:
            step["prompt"] = ""
        for revision in clip["revisions"]:
            revision["diff"] = []
        for shown in (*clip["takes"], *clip["steps"]):
            shown["facts"] = [fact for fact in shown["facts"] if fact[0] in _PLAIN_FACTS]
            for used in shown["references"]:
                # A character and a still have names of their own; a frame is a file that the row names.
                used["name"] = used["what"] if used["what"] in _FRAMES and not used["page"] else used["name"]


def _require_own(directory: Path) -> None:
    if not directory.exists():
        directory.mkdir(parents=True)
        return
    there = {path.name for path in directory.iterdir()} if directory.is_dir() else {""}
    page = directory / PAGE
    ours = page.is_file() and _MARK.encode() in read_file(page, within=directory)[:4000]
    if there and not (ours and there <= _OWN):
        raise SorasyncError(
            f"{directory} contains other files", hint="name a directory that is empty or does not exist yet"
        )
    shutil.rmtree(directory / MEDIA, ignore_errors=True)


def _wanted(snapshot: Snapshot, options: ExportOptions) -> list[str]:
    """The names of the clips and stills that are exported."""
    graph = snapshot.planned.graph
    names = [name_of(node.address) for node in graph.nodes()]
    if options.cut is not None:
        cut = find_cut(snapshot.planned.library, options.cut)
        shown = {event.shown for event in cut.events}
        names = [name for name in names if picked_address(name) in shown]
    for pattern in options.targets:
        if not any(_means(pattern, name, graph) for name in names):
            raise SorasyncError(f"{pattern!r} matches no clip", hint="sorasync status lists the addresses")
    if options.targets:
        names = [name for name in names if any(_means(pattern, name, graph) for pattern in options.targets)]
    return names


def _means(pattern: str, name: str, graph: Any) -> bool:
    return any(matches(one, picked_address(name), graph) for one in (pattern, f"clip.{pattern}"))


def _whole(cut: dict[str, Any], names: Collection[str]) -> bool:
    return all(event["clip"] is None or event["clip"] in names for event in cut["events"])


def _digests(data: object, key: str) -> set[str]:
    """The digests under a key anywhere in some data."""
    if isinstance(data, dict):
        own = {data[key]} if isinstance(data.get(key), str) else set()
        return own.union(*(_digests(value, key) for value in data.values()))
    return set().union(*(_digests(value, key) for value in data)) if isinstance(data, list) else set()


def _write_media(directory: Path, digests: Iterable[str], media: Media) -> int:
    directory.mkdir()
    size = 0
    for digest in digests:
        if (file := media.video(digest)) is not None:
            with file, (directory / f"{digest}.mp4").open("wb") as target:
                shutil.copyfileobj(file, target, 1 << 20)
                size += target.tell()
        elif (still := media.picture(digest)) is not None:
            size += (directory / f"{digest}.full{still[1]}").write_bytes(still[0])
        if (poster := media.poster(digest)) is not None:
            (directory / f"{digest}.webp").write_bytes(poster)
    return size


def page_text(data: dict[str, Any]) -> str:
    """The page with its styles, scripts and data inside. Only these scripts run: their digests are named."""
    html = read_file(STATIC / "page.html", within=None).decode()
    style = read_file(STATIC / STYLES, within=None).decode()
    names = [name for one in SCRIPTS for name in ([one, "offline.js"] if one == "base.js" else [one])]
    script = "\n".join(read_file(STATIC / name, within=None).decode() for name in names)
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    # Neither may end the element that it stands in.
    embedded = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    html = re.sub(r"<link [^>]*>\n|<script [^>]*></script>\n", "", html)
    head = (
        f'{_MARK}\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
    )
    data_tag = f'<script type="application/json" id="review-data">{embedded}</script>\n'
    tail = f"{data_tag}<script>{script}</script>\n</body>"
    return html.replace("</head>", f"{head}</head>", 1).replace("</body>", tail, 1)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
