"""A plan that was made from what is remembered is the plan that is made from nothing, byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorasync.assets.link_kind import Way
from sorasync.assets.made_names import NameRow, save_ledger
from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json
from sorasync.cli.views.plan.plan_json import plan_json
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.plan.planfile import encode
from sorasync.provider.client import VideosClient
from sorasync.state.record import Record, Status
from sorasync.watch.warm import Caches, WarmAssets, WarmProject
from tests.plan.world import Host
from tests.watch.kit import CONFIG, REAL, Library, clip, make

_FILMS = Path(__file__).parents[2] / "manifests" / "refs"
OPTIONS = PlanOptions(offline=True, lint=True)
START = {
    "sorasync.toml": CONFIG,
    "manifests/a.toml": clip("kite", "A kite") + "takes = 2\npick = 1\n" + clip("boat", "A boat"),
    "manifests/b.toml": '[clips.night]\nfrom = "kite"\n[[clips.night.steps]]\nedit = "At night."\n'
    '[clips.read]\nprompt_file = "read.txt"\n',
    "manifests/c.toml": '[characters.mossy]\nname = "Mossy"\nvideo = "mossy.mp4"\n'
    '[clips.walk]\nprompt = "Mossy walks"\ncharacters = ["mossy"]\n[vars]\ncity = "Oslo"\n'
    '[clips.town]\nprompt = "{{ mood }} {{ city }}"\nmatrix = { mood = ["Wet", "Dry"] }\n',
    "manifests/read.txt": "Read from a file",
    "manifests/rows.csv": "id,what\n1,pier\n2,quay\n",
}


def settle(project: Project) -> None:
    """Make the state and the disk as if everything had been applied."""
    graph = project.graph(project.library())
    with project.store(write=True) as store, store.transaction():
        for render in graph.renders.values():
            sha = hashlib.sha256(render.key.encode()).hexdigest()
            path = project.assets().path_of(sha)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\0")
            record = Record(
                key=render.key,
                kind=render.kind.value,
                status=Status.STORED,
                address=render.address,
                inputs=render.inputs,
                provider=project.profile.provider_name,
                remote_id=f"video_{render.key[:24]}",
                asset=sha,
            )
            store.put_all([record])
            store.bind(render.address, render.key, run=None)


def told(project: Project, options: PlanOptions = OPTIONS) -> str:
    """Everything that a plan says, or every fault that keeps one from being made."""
    try:
        planned = make_plan(project, options)
    except ManifestError as error:
        return json.dumps([diagnostic_json(found) for found in error.diagnostics])
    where = [str(planned.library.position(spec.origin)) for spec in planned.library.clips.values()]
    files = [str(render.origin) for render in planned.graph.renders.values()]
    declared = [
        repr(dict(planned.library.clips)),
        repr(dict(planned.library.characters)),
        planned.library.files,
    ]
    saved = b"".join(encode(planned.plan)).decode()
    return saved + json.dumps([plan_json(planned.plan), where, files, declared])


Edit = Callable[[Library], None]


def _replacing(file: str, old: str, new: str) -> Edit:
    return lambda library: library.save(file, library.read(file).replace(old, new))


def _appending(file: str, text: str) -> Edit:
    return lambda library: library.save(file, library.read(file) + text)


def _configuring(table: str) -> Edit:
    """Give the configuration one more table, and take those away that were added before."""
    return lambda library: library.save("sorasync.toml", CONFIG + table)


def _settling(library: Library) -> None:
    try:
        settle(Project.open(library.root))
    except ManifestError:
        return


def _losing(library: Library) -> None:
    for path in sorted((library.root / "assets").rglob("*.mp4"))[:1]:
        path.unlink()


def _unbinding(library: Library) -> None:
    """Another program takes a render from its clip."""
    with Project.open(library.root).store(write=True) as store:
        for address in sorted(store.bindings())[:1]:
            store.unbind(address)


def _forgetting(library: Library) -> None:
    """Another program finds that a video is lost."""
    with Project.open(library.root).store(write=True) as store, store.transaction():
        stored = [one for one in store.every_record() if one.status is Status.STORED and one.asset][:1]
        store.put_all([replace(one, status=Status.LOST) for one in stored])


def _naming(take: int) -> Edit:
    """Another program names the takes of the clip that has two, one of them by the clip's own name."""

    def edit(library: Library) -> None:
        project = Project.open(library.root)
        with project.store() as store:
            bindings, briefs = store.bindings(), store.briefs()
        bound = bindings.get(f"clip.kite#{take}")
        if bound is not None and project.assets().root.exists():
            names = {"kite.mp4": NameRow(f"{briefs[bound.key].asset}.mp4", Way.LINK, 0, 1, 0)}
            save_ledger(project.assets().root, names)

    return edit


def _naming_gone(library: Library) -> None:
    """A clip's name was made for a video that is bound to nothing now."""
    assets = Project.open(library.root).assets()
    if assets.root.exists():
        save_ledger(assets.root, {"boat.mp4": NameRow(f"{'f' * 64}.mp4", Way.LINK, 0, 1, 0)})


def _moving(library: Library) -> None:
    """Swap two manifests' names."""
    a, b = library.read("manifests/a.toml"), library.read("manifests/c.toml")
    library.write("manifests/a.toml", b)
    library.write("manifests/c.toml", a)


def _renaming(library: Library) -> None:
    manifests = library.root / "manifests"
    (manifests / "a.toml").rename(manifests / "z.toml")


def _mending(library: Library) -> None:
    for name, text in START.items():
        library.save(name, text)
    _film(library, "mossy")


def _film(library: Library, name: str) -> None:
    """Another video for the character: a plan looks into what it would send."""
    shutil.copyfile(_FILMS / f"{name}.mp4", library.root / "manifests/mossy.mp4~new")
    (library.root / "manifests/mossy.mp4~new").replace(library.root / "manifests/mossy.mp4")


def _add_row(library: Library) -> None:
    rows = library.read("manifests/rows.csv")
    library.write("manifests/rows.csv", f"{rows}{len(rows)},pen\n")


REEL = '[cuts.reel]\nevents = [{ still = "quay", length = 1 }]\n'
EDITS: dict[str, Edit] = {
    "mend everything": _mending,
    "apply": _settling,
    "lose a video": _losing,
    "unbind": _unbinding,
    "forget": _forgetting,
    "names": _naming(1),
    "names of the other take": _naming(2),
    "a name of an earlier render": _naming_gone,
    "another prompt": _replacing("manifests/a.toml", "A boat", "A boat, slowly"),
    "another prompt of a source": _replacing("manifests/a.toml", "A kite", "A kite, slowly"),
    "white space": _replacing("manifests/a.toml", "[clips", "\n\n[clips"),
    "break": _appending("manifests/b.toml", "\nbroken = = 1\n"),
    "an unknown key": _replacing("manifests/a.toml", "takes", "taks"),
    "a dangling source": _replacing("manifests/a.toml", "[clips.kite]", "[clips.dragon]"),
    "an undeclared character": _replacing("manifests/c.toml", "characters.mossy", "characters.mossi"),
    "rename": _replacing("manifests/a.toml", "[clips.boat]", "[clips.ship]"),
    "twice": _appending("manifests/c.toml", clip("boat", "Another boat")),
    "move": _moving,
    "another prompt file": lambda library: library.save("manifests/read.txt", "Read again"),
    "no prompt file": lambda library: (library.root / "manifests/read.txt").unlink(missing_ok=True),
    "another reference": lambda library: _film(library, "fennel"),
    "another size": _replacing("sorasync.toml", "1280x720", "720x1280"),
    "another provider": _configuring('[provider]\nprofile = "openai"\nbase_url = "http://127.0.0.1:9"\n'),
    "fewer rules": _configuring('[lint]\nignore = ["S207"]\n'),
    "the same in other words": _appending(
        "manifests/c.toml",
        clip("x", "A long gray harbor under the bright evening sky, beautiful, stunning")
        + clip("y", "A long grey harbour under the bright evening sky"),
    ),
    "a size that is not there": _replacing("sorasync.toml", "1280x720", "1x1"),
    "another variable": _replacing("manifests/c.toml", "Oslo", "Lisbon"),
    "a pick": _appending("manifests/b.toml", "\n[picks]\nboat = 1\n"),
    "another pick": _replacing("manifests/a.toml", "pick = 1", "pick = 2"),
    "no pick": _replacing("manifests/a.toml", "pick = 1", ""),
    "a step": _appending("manifests/a.toml", '[[clips.boat.steps]]\nextend = "On and on"\nseconds = 4\n'),
    "no file": lambda library: (library.root / "manifests/c.toml").unlink(missing_ok=True),
    "a file under another name": _renaming,
    "another file": lambda library: library.write("manifests/new/d.toml", clip("lamp", "A lamp")),
    "a still and a cut of it": _appending("manifests/b.toml", '[stills.quay]\nprompt = "A quay"\n' + REEL),
    "a cut of no still": _appending("manifests/b.toml", REEL),
    "variants of a still": _appending(
        "manifests/c.toml", '[stills.pier]\nprompt = "{{ mood }} pier"\nmatrix = { mood = ["Wet", "Dry"] }\n'
    ),
    "a clip of a still": _appending(
        "manifests/b.toml",
        '[stills.mole]\nprompt = "A mole"\n[clips.mole]\nprompt = "Waves"\nimage = "still:mole"\n',
    ),
    "another still": _replacing("manifests/b.toml", "A mole", "A mole at dawn"),
    "clips of rows": _appending(
        "manifests/b.toml",
        '[clips.row]\nprompt = "A {{ what }}"\n[clips.row.each]\ncsv = "rows.csv"\nkey = "id"\n',
    ),
    "a row more": _add_row,
    "too long": _replacing("manifests/a.toml", "A boat", "x" * 40_000),
    "nothing": lambda library: None,
}


@settings(max_examples=10)
@given(st.lists(st.sampled_from(sorted(EDITS)), max_size=8))
def test_plans_from_memory_are_plans_from_nothing(edits: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        compare(Path(directory) / "film", ["nothing", *edits, "mend everything", "apply"])


def compare(root: Path, edits: list[str]) -> None:
    """Make edits one after the other, and after each a plan from memory and one from nothing."""
    library = make(root, "")
    _mending(library)
    caches = Caches()
    for name in edits:
        try:
            EDITS[name](library)
        except FileNotFoundError:
            continue
        project = Project.open(library.root)
        fresh = told(project)
        assert told(WarmProject.over(project, caches)) == fresh
        assert told(WarmProject.over(project, caches)) == fresh
    caches.close()


def test_another_still_makes_other_renders_of_the_clips_that_begin_with_it(tmp_path: Path) -> None:
    compare(tmp_path / "film", ["a clip of a still", "another still"])


def test_what_other_programs_do_to_state_and_names_is_seen(tmp_path: Path) -> None:
    edits = ["apply", "names", "names of the other take", "names", "a name of an earlier render"]
    compare(tmp_path / "film", [*edits, "another pick", "unbind", "forget", "names", "apply", "unbind"])


def test_a_row_more_is_a_clip_more(tmp_path: Path) -> None:
    compare(tmp_path / "film", ["clips of rows", "apply", "a row more", "a row more"])


@pytest.mark.parametrize("name", sorted(EDITS))
def test_each_edit_is_seen(name: str, tmp_path: Path) -> None:
    library = make(tmp_path / "film", "")
    _mending(library)
    _settling(library)
    caches = Caches()
    before = told(WarmProject.over(Project.open(library.root), caches))
    EDITS[name](library)
    project = Project.open(library.root)
    assert told(WarmProject.over(project, caches)) == told(project)
    if name not in ("nothing", "mend everything", "apply", "fewer rules", "another still", "a row more"):
        assert told(project) != before
    caches.close()


def test_a_reason_names_the_source_before_as_it_is_labelled_now(tmp_path: Path) -> None:
    library = make(tmp_path / "film", "")
    _mending(library)
    _settling(library)
    caches = Caches()
    library.save(
        "manifests/b.toml", library.read("manifests/b.toml").replace('from = "kite"', 'from = "boat"')
    )
    before = told(WarmProject.over(Project.open(library.root), caches))
    library.save("manifests/a.toml", library.read("manifests/a.toml").replace("takes = 2\npick = 1\n", ""))
    project = Project.open(library.root)
    after = told(WarmProject.over(project, caches))
    assert after == told(project)
    assert "now clip.boat, was clip.kite#1" in before
    assert 'now clip.boat, was clip.kite"' in after
    caches.close()


@dataclass(frozen=True, slots=True)
class Unknowing(WarmProject):
    """A library whose provider no longer has any of its videos."""

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[VideosClient]:
        yield cast("VideosClient", Host())


def test_what_the_provider_says_counts_although_it_was_planned_offline_before(tmp_path: Path) -> None:
    library = make(tmp_path / "film", clip("kite", "A kite"), CONFIG + REAL)
    _settling(library)
    library.save("manifests/a.toml", clip("kite", "A kite") + '[[clips.kite.steps]]\nedit = "At night."\n')
    caches = Caches()
    project = Unknowing.over(Project.open(library.root), caches)
    assert "its source is uploaded" not in told(project)
    assert "its source is uploaded" in told(project, replace(OPTIONS, offline=False))
    assert "its source is uploaded" not in told(project)
    caches.close()


def test_nothing_new_is_nothing_new(tmp_path: Path) -> None:
    library = make(tmp_path / "film", "")
    _mending(library)
    _settling(library)
    caches = Caches()
    told(WarmProject.over(Project.open(library.root), caches))
    version = caches.version
    library.save("manifests/a.toml", library.read("manifests/a.toml"))
    told(WarmProject.over(Project.open(library.root), caches))
    assert caches.version == version
    library.save("manifests/a.toml", library.read("manifests/a.toml") + "# a remark\n")
    told(WarmProject.over(Project.open(library.root), caches))
    assert caches.version > version
    caches.close()


def test_clips_that_did_not_change_are_the_very_same_objects(tmp_path: Path) -> None:
    library = make(tmp_path / "film", "")
    _mending(library)
    caches = Caches()
    before = make_plan(WarmProject.over(Project.open(library.root), caches), OPTIONS)
    EDITS["another prompt"](library)
    after = make_plan(WarmProject.over(Project.open(library.root), caches), OPTIONS)
    same = {a for a, render in after.graph.renders.items() if render is before.graph.renders.get(a)}
    clips = {address for address in before.graph.renders if address.startswith("clip.")}
    assert clips - same == {"clip.boat#1"}
    decided = {id(change) for change in before.plan.changes}
    afresh = {change.address for change in after.plan.changes if id(change) not in decided}
    assert afresh == {"clip.boat#1", "character.mossy"}
    caches.close()


def test_a_listing_is_read_again_while_it_may_still_change(tmp_path: Path) -> None:
    sha = "ab" * 32
    now = 0
    assets = WarmAssets(tmp_path, now_ns=lambda: now)
    path = assets.path_of(sha)
    path.parent.mkdir(parents=True)
    stamp = path.parent.stat().st_mtime_ns
    now = stamp + 1
    assert assets.present() == {}
    path.write_bytes(b"1")
    os.utime(path.parent, ns=(stamp, stamp))
    assert assets.present() == {sha: 1}
    now = stamp + 3_000_000_000
    assert assets.present() == {sha: 1}
    path.unlink()
    assert assets.present() == {}
