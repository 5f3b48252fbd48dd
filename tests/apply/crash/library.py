"""The libraries whose applies are killed: clips of every kind, declared in two chapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sorasync.operations.project import Project
from sorasync.preview.media import tiny_video

_SETTINGS = """
[library]
name = "crash"
[provider]
profile = "preview"
base_url = "{url}/v1"
abilities = {{ idempotency = false, list_settle_seconds = 1 }}
[state]
lock_file = true
[assets]
pictures = {pictures}
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
[apply]
parallelism = 4
mode = "{mode}"
"""

_CLIPS = """
[characters.fennel]
name = "Fennel"
video = "fennel.mp4"

[clips.{plain}]
prompt = "A plain scene, {name}."

[clips.takes]
prompt = "A scene in takes, {name}."
takes = {takes}
pick = 2
[[clips.takes.steps]]
extend = "On, {name}."
seconds = 4
[[clips.takes.steps]]
edit = "The same words for everybody."

[clips.cast]
prompt = "Fennel {verb}, {name}."
characters = ["fennel"]
"""
_BRANCH = """
[clips.branch]
from = "takes"
[[clips.branch.steps]]
edit = "The same words for everybody, at night."
"""


@dataclass(frozen=True)
class Library:
    """A library of a name of its own, at a server. `url` is the server's address. With `pictures` the
    thumbnails are fetched as well.
    """

    name: str
    root: Path
    url: str
    batch: bool = False
    pictures: bool = True

    def write(self) -> None:
        """Make the library, without any clips."""
        (self.root / "manifests").mkdir(parents=True)
        settings = _SETTINGS.format(
            url=self.url,
            mode="batch" if self.batch else "direct",
            pictures=["thumbnail"] if self.pictures else [],
        )
        (self.root / "sorasync.toml").write_text(settings)
        (self.root / "manifests" / "fennel.mp4").write_bytes(tiny_video(1280, 720, 3, ""))

    def clips(self, text: str) -> None:
        """Declare these clips and no others."""
        (self.root / "manifests" / "clips.toml").write_text(text)

    def project(self) -> Project:
        """The library for reading."""
        return Project.open(self.root)


@dataclass(frozen=True)
class Chapter:
    """What is to be there in the end: addresses that are bound, names of files, renders that were billed."""

    begin: Callable[[Library], None]
    bound: frozenset[str]
    files: frozenset[str]
    billed: int


def _first(library: Library) -> None:
    text = _CLIPS.format(name=library.name, plain="plain", takes=2, verb="runs") + _BRANCH
    library.clips(text)


def _second(library: Library) -> None:
    """A clip has a new name, one has a take more, one other words; one is gone, and so is a file."""
    library.clips(_CLIPS.format(name=library.name, plain="renamed", takes=3, verb="sleeps"))
    project = library.project()
    with project.store() as store:
        lost = store.bindings()["clip.takes#1"].key
        record = store.record(lost)
    assert record is not None and record.asset is not None
    project.assets().path_of(record.asset).unlink(missing_ok=True)


_BOUND = frozenset({"character.fennel", "clip.cast#1"})
_BOUND |= {"clip.takes#1", "clip.takes#2", "clip.takes#2/1", "clip.takes#2/2"}
_FILES = frozenset({"cast.mp4", "takes.mp4"})
_FILES |= {"takes/take-1.mp4", "takes/take-2.mp4", "takes/take-2-step-1.mp4"}
CHAPTERS = (
    Chapter(
        begin=_first,
        bound=_BOUND | {"clip.plain#1", "clip.branch#1/1"},
        files=_FILES | {"plain.mp4", "branch.mp4"},
        billed=7,
    ),
    Chapter(
        begin=_second,
        bound=_BOUND | {"clip.renamed#1", "clip.takes#3"},
        files=_FILES | {"renamed.mp4", "takes/take-3.mp4"},
        billed=9,
    ),
)
