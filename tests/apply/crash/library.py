"""The libraries whose applies are killed: clips of every kind, declared in two chapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sorasync.operations.project import Project
from sorasync.preview.media import tiny_video
from tests.apply.crash.hosts import VIDEOS, Host

_SETTINGS = """
[library]
name = "crash"
{hosts}
[state]
lock_file = true
[assets]
pictures = {pictures}
[apply]
parallelism = 4
mode = "{mode}"
[defaults]
model = "{model}"
size = "1280x720"
seconds = {seconds}
{defaults}
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

# What any host renders: at one that has a second, `words` and `night` go there.
_PLAIN_CLIPS = """
[clips.{plain}]
prompt = "A plain scene, {name}."

[clips.takes]
prompt = "A scene in takes, {name}."
takes = {takes}
pick = 2

[clips.words]
prompt = "Fennel {verb}, {name}."
{elsewhere}
"""
_NIGHT = """
[clips.night]
prompt = "The same at night, {name}."
{elsewhere}
"""


@dataclass(frozen=True)
class Library:
    """A library of a name of its own, at a server. `url` is the server's address, `second_url` that of the
    second host. With `pictures` the thumbnails are fetched as well.
    """

    name: str
    root: Path
    url: str
    batch: bool = False
    pictures: bool = True
    host: Host = VIDEOS
    second_url: str = ""

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """What is to be there, one after the other."""
        return CHAPTERS if self.host == VIDEOS else PLAIN_CHAPTERS

    def write(self) -> None:
        """Make the library, without any clips."""
        (self.root / "manifests").mkdir(parents=True)
        second = self.host.second
        hosts = [self.host.table("provider", self.url)]
        hosts += [second.table("providers.second", self.second_url)] if second else []
        settings = _SETTINGS.format(
            hosts="\n".join(hosts),
            model=self.host.model,
            seconds=self.host.seconds,
            defaults=self.host.defaults,
            mode="batch" if self.batch else "direct",
            pictures=["thumbnail"] if self.pictures else [],
        )
        (self.root / "sorasync.toml").write_text(settings)
        for name, content in self.host.files.items():
            (self.root / name).write_text(content)
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
    _lose_a_file(library)


def _plain(library: Library, text: str, **values: object) -> str:
    """The clips of a library that any host renders."""
    second = library.host.second
    where = f'provider = "second"\nmodel = "{second.model}"\nseconds = {second.seconds}' if second else ""
    return text.format(name=library.name, elsewhere=where, **values)


def _first_plain(library: Library) -> None:
    text = _plain(library, _PLAIN_CLIPS, plain="plain", takes=2, verb="runs")
    library.clips(text + _plain(library, _NIGHT))


def _second_plain(library: Library) -> None:
    """The same as `_second`, of what any host renders."""
    library.clips(_plain(library, _PLAIN_CLIPS, plain="renamed", takes=3, verb="sleeps"))
    _lose_a_file(library)


def _lose_a_file(library: Library) -> None:
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
_PLAIN_BOUND = frozenset({"clip.takes#1", "clip.takes#2", "clip.words#1"})
_PLAIN_FILES = frozenset({"takes.mp4", "takes/take-1.mp4", "takes/take-2.mp4", "words.mp4"})
PLAIN_CHAPTERS = (
    Chapter(
        begin=_first_plain,
        bound=_PLAIN_BOUND | {"clip.plain#1", "clip.night#1"},
        files=_PLAIN_FILES | {"plain.mp4", "night.mp4"},
        billed=5,
    ),
    Chapter(
        begin=_second_plain,
        bound=_PLAIN_BOUND | {"clip.renamed#1", "clip.takes#3"},
        files=_PLAIN_FILES | {"renamed.mp4", "takes/take-3.mp4"},
        billed=7,
    ),
)
