"""What is kept between runs changes nothing but the time that a plan takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sorasync.operations.cache as cache
from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json
from sorasync.library_file import MEDIA_BYTES, open_file
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.library import Library as Declared
from sorasync.operations.plan import make_plan
from sorasync.operations.project import Project
from sorasync.operations.remembered_answer import DIRECTORY
from sorasync.operations.validate import check
from tests.watch.kit import Library, clip, make
from tests.watch.test_same_plans import EDITS, OPTIONS, _mending, told

LONG_AGO = 1_600_000_000_000_000_000
# Manifests that hang on each other: branches over files, and picks of a third one.
SEVERAL = {
    "manifests/base.toml": "".join(
        clip(f"shot-{n}", f"Shot {n}") + ("takes = 2\n" if n % 3 == 0 else "") for n in range(12)
    ),
    "manifests/branch.toml": '[clips.a]\nfrom = "shot-3"\n[[clips.a.steps]]\nedit = "At night."\n'
    '[clips.b]\nfrom = "a"\n[[clips.b.steps]]\nextend = "On."\nseconds = 4\n'
    '[clips.c]\nfrom = "shot-1"\ntags = ["x"]\n[[clips.c.steps]]\nedit = "In fog."\n',
    "manifests/picks.toml": "[picks]\nshot-3 = 1\n",
}
LONG = "A long gray harbor under the bright evening sky, gulls over the water"
OTHER_WORDS = "A beautiful long grey harbour under bright evening skies, gull over water"
MORE: dict[str, Callable[[Library], None]] = {
    "pick another": lambda one: one.save("manifests/picks.toml", "[picks]\nshot-3 = 2\nshot-6 = 1\n"),
    "no pick at all": lambda one: one.save("manifests/picks.toml", ""),
    "pick what is not there": lambda one: one.save("manifests/picks.toml", "[picks]\nnothing = 1\n"),
    "pick too high": lambda one: one.save("manifests/picks.toml", "[picks]\nshot-3 = 9\n"),
    "another source": lambda one: one.save(
        "manifests/base.toml", one.read("manifests/base.toml").replace("Shot 1\n", "Shot one\n")
    ),
    "a longer source": lambda one: one.save(
        "manifests/base.toml", one.read("manifests/base.toml").replace('Shot 1"', 'Shot one"\nseconds = 8')
    ),
    "no source": lambda one: one.save(
        "manifests/base.toml", one.read("manifests/base.toml").replace("shot-1]", "shot-one]")
    ),
    "a circle": lambda one: one.save(
        "manifests/base.toml",
        one.read("manifests/base.toml")
        + '[clips.d]\nfrom = "b"\n[[clips.d.steps]]\nedit = "x"\n[clips.e]\nfrom = "e"\n'
        '[[clips.e.steps]]\nedit = "y"\n',
    ),
    "a branch that comes first": lambda one: one.save(
        "manifests/first.toml", '[clips.a0]\nfrom = "shot-7"\n[[clips.a0.steps]]\nedit = "Again."\n'
    ),
    "names in another case": lambda one: one.save("manifests/other.toml", clip("SHOT-1", "Loud")),
    "a matrix": lambda one: one.save(
        "manifests/m.toml", '[clips.m]\nprompt = "{{ x }} day"\nmatrix = { x = ["Wet", "wet"] }\n'
    ),
    "a long prompt": lambda one: one.save("manifests/long.toml", clip("long", LONG)),
    "the long prompt in other words": lambda one: one.save(
        "manifests/words.toml", clip("a-first", OTHER_WORDS) + clip("z-last", f"{LONG}, please")
    ),
    "a short one with those words": lambda one: one.save(
        "manifests/brief.toml", clip("brief", OTHER_WORDS.replace("beautiful ", "beautiful, stunning " * 9))
    ),
    "no branches": lambda one: (one.root / "manifests/branch.toml").unlink(missing_ok=True),
}
ALL = EDITS | MORE


@pytest.fixture(autouse=True)
def everything_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "WORTH", 0)


def start(directory: Path) -> Library:
    library = make(directory / "film", "")
    mend(library)
    return library


def mend(library: Library) -> None:
    _mending(library)
    for name, text in SEVERAL.items():
        library.save(name, text)


def cached(library: Library) -> str:
    return told(Project.open(library.root, cached=True))


def kept(library: Library) -> Path:
    return cache.cache_path(library.root, None)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from(sorted(ALL)), max_size=6))
def test_plans_from_the_cache_are_plans_from_nothing(edits: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        library = start(Path(directory))
        for name in ["nothing", *edits]:
            try:
                (mend if name == "mend everything" else ALL[name])(library)
            except FileNotFoundError:
                continue
            fresh = told(Project.open(library.root))
            assert cached(library) == fresh
            assert cached(library) == fresh
        mend(library)
        assert cached(library) == told(Project.open(library.root))


@pytest.mark.parametrize("name", [*sorted(MORE), "apply", "another size", "another reference", "twice"])
def test_each_edit_is_seen_by_the_next_run(name: str, tmp_path: Path) -> None:
    library = start(tmp_path)
    cached(library)
    ALL[name](library)
    assert cached(library) == told(Project.open(library.root))
    mend(library)
    assert cached(library) == told(Project.open(library.root))


OTHER = '[env.draft.defaults]\nseconds = 8\n[env.draft.provider]\nprofile = "openai"\n'


def test_each_environment_is_planned_from_what_was_kept_for_it(tmp_path: Path) -> None:
    library = start(tmp_path)
    library.save("sorasync.toml", library.read("sorasync.toml") + OTHER)
    for edit in (
        "nothing",
        "another prompt",
        "apply",
        "unbind",
        "the long prompt in other words",
        "another size",
    ):
        ALL[edit](library)
        plans = [told(Project.open(library.root, env)) for env in (None, "draft")]
        assert plans[0] != plans[1]
        assert [told(Project.open(library.root, env, cached=True)) for env in (None, "draft")] == plans


CUT = '[cuts.reel]\nevents = [{ clip = "shot-3", take = 2 }, { clip = "shot-1", in = 1 }]\n'
CUT_EDITS: dict[str, tuple[str, str]] = {
    "another cut": ("manifests/cut.toml", CUT.replace("in = 1", "in = 2")),
    "fewer takes": ("manifests/base.toml", SEVERAL["manifests/base.toml"].replace("takes = 2", "takes = 1")),
    "no such clip": ("manifests/base.toml", clip("shot-1", "Alone")),
    "a wrong cut": ("manifests/cut.toml", CUT.replace("in = 1", "in = 2\nout = 1").replace("{", "{\n")),
    "a second cut": ("manifests/other.toml", CUT.replace("reel", "Reel")),
    "no cut": ("manifests/cut.toml", ""),
}


@pytest.mark.parametrize("name", CUT_EDITS)
def test_cuts_from_the_cache_are_cuts_from_nothing(name: str, tmp_path: Path) -> None:
    def cuts(*, cached: bool) -> object:
        try:
            return Project.open(library.root, cached=cached).library().cuts
        except ManifestError as error:
            return error.diagnostics

    library = start(tmp_path)
    library.save("manifests/cut.toml", CUT)
    before = cuts(cached=True)
    assert before and cuts(cached=True) == before == cuts(cached=False)
    library.save(*CUT_EDITS[name])
    assert cuts(cached=True) == cuts(cached=False) != before
    assert cuts(cached=True) == cuts(cached=False)


def damages() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    yield "empty", lambda data: b""
    yield "half", lambda data: data[: len(data) // 2]
    yield "one line less", lambda data: data.rsplit(b"\n", 2)[0] + b"\n"
    yield "a line twice", lambda data: data + data.splitlines(keepends=True)[-1]
    yield "zeros", lambda data: bytes(len(data))
    yield "noise", lambda data: os.urandom(400)
    yield "one byte", lambda data: data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]
    yield "another key", lambda data: data.replace(b'"manifests/', b'"manifest5/')
    yield "not JSON", lambda data: b"00000000 {\n" * 5
    yield "deep", lambda data: cache._line("[" * 100_000) * 3


@pytest.mark.parametrize(
    ("name", "damage"), list(damages()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_damaged_cache_is_no_cache(name: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    library = start(tmp_path)
    cached(library)
    kept(library).write_bytes(damage(kept(library).read_bytes()))
    assert cached(library) == told(Project.open(library.root))
    kept(library).unlink()
    assert cached(library) == told(Project.open(library.root))


def test_a_cache_of_another_program_or_place_is_no_cache(tmp_path: Path) -> None:
    library = start(tmp_path)
    cached(library)
    data = kept(library).read_bytes()
    head, *rest = data.splitlines(keepends=True)
    facts = json.loads(head[9:])
    for place in range(len(facts)):
        changed = [*facts[:place], "other", *facts[place + 1 :]]
        # Keys that are wrong would be seen in the plan if anything of the file were taken over.
        wrong = [cache._line(line[9:-1].decode().replace("clip.shot-1#1", "clip.shot-x#1")) for line in rest]
        kept(library).write_bytes(b"".join([cache._line(json.dumps(changed)), *wrong]))
        assert cached(library) == told(Project.open(library.root))


def test_a_copy_of_a_library_takes_nothing_from_the_copied_cache(tmp_path: Path) -> None:
    library = start(tmp_path)
    cached(library)
    shutil.copytree(library.root, tmp_path / "copy")
    engine = cache.load_engine(tmp_path / "copy", None)
    assert not engine.parts
    assert cache.load_engine(library.root, None).parts


def settle_times(library: Library) -> None:
    for path in (library.root / "manifests").rglob("*"):
        os.utime(path, ns=(LONG_AGO, LONG_AGO))


def watch_opened(patch: pytest.MonkeyPatch, opened: list[str]) -> None:
    """Note the names of the manifests and of the other files for them that are opened from now on."""

    def counted(path: Path, *, within: Path | None, largest: int = MEDIA_BYTES) -> BufferedReader:
        if path.name != "sorasync.toml":
            opened.append(path.name)
        return open_file(path, within=within, largest=largest)

    patch.setattr("sorasync.manifest.files.open_file", counted)


def reads(library: Library, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the manifests that a plan of this library opens."""
    opened: list[str] = []
    with monkeypatch.context() as patch:
        watch_opened(patch, opened)
        project = Project.open(library.root, cached=True)
        declared = project.library()
        assert project.graph(declared).keys
    return opened


def test_no_file_is_opened_that_has_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = start(tmp_path)
    settle_times(library)
    cached(library)
    assert reads(library, monkeypatch) == []
    library.save("manifests/c.toml", library.read("manifests/c.toml").replace("Oslo", "Lisbon"))
    assert set(reads(library, monkeypatch)) == {"c.toml"}


def test_a_changed_prompt_is_compared_with_all_others_and_opens_only_those_that_it_is_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = start(tmp_path)
    MORE["a long prompt"](library)
    settle_times(library)
    cached(library)
    MORE["the long prompt in other words"](library)
    opened: list[str] = []
    with monkeypatch.context() as patch:
        watch_opened(patch, opened)
        found = cached(library)
    assert found.count("S214") >= 2
    assert {"words.toml", "long.toml"} <= set(opened)
    # What else is to be rendered is looked at as well: nothing is, of what is only like no other.
    EDITS["apply"](library)
    settle_times(library)
    cached(library)
    library.save("manifests/words.toml", clip("a-first", f"{OTHER_WORDS} and stones"))
    opened.clear()
    with monkeypatch.context() as patch:
        watch_opened(patch, opened)
        project = Project.open(library.root, cached=True)
        planned = make_plan(project, OPTIONS)
    assert [change.address for change in planned.plan.changes if change.action.renders] == ["clip.a-first#1"]
    assert set(opened) == {"words.toml"}


def test_a_file_that_was_read_just_after_it_changed_is_read_again(tmp_path: Path) -> None:
    library = start(tmp_path)
    path = library.root / "manifests/base.toml"
    # A moment ahead of the clock: whenever the plan reads it, it has just been changed.
    soon = time.time_ns() + 3_600_000_000_000
    os.utime(path, ns=(soon, soon))
    cached(library)
    stamp = path.stat()
    with path.open("r+") as file:
        file.write(library.read("manifests/base.toml").replace("Shot 2", "Shut 2"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert (path.stat().st_ino, path.stat().st_size) == (stamp.st_ino, stamp.st_size)
    assert "Shut 2" in cached(library)


def test_a_file_whose_modification_time_was_put_back_is_read_again(tmp_path: Path) -> None:
    library = start(tmp_path)
    path = library.root / "manifests/base.toml"
    long_ago = time.time_ns() - 3_600_000_000_000
    os.utime(path, ns=(long_ago, long_ago))
    cached(library)
    with path.open("r+") as file:
        file.write(library.read("manifests/base.toml").replace("Shot 2", "Shut 2"))
    os.utime(path, ns=(long_ago, long_ago))
    assert "Shut 2" in cached(library)


def test_records_are_read_afresh(tmp_path: Path) -> None:
    library = start(tmp_path)
    before = cached(library)
    EDITS["apply"](library)
    assert cached(library) == told(Project.open(library.root)) != before
    EDITS["lose a video"](library)
    assert cached(library) == told(Project.open(library.root))
    assert "sk-" not in kept(library).read_text()


def test_a_manifest_that_changes_after_the_look_is_refused(tmp_path: Path) -> None:
    library = start(tmp_path)
    cached(library)
    project = Project.open(library.root, cached=True)
    declared: Declared = project.library()
    library.save("manifests/base.toml", library.read("manifests/base.toml").replace("Shot 1", "Shot one"))
    with pytest.raises(Exception, match=r"base\.toml was changed while it was read"):
        _ = declared.clips["shot-1"]


def test_a_link_in_the_place_of_the_cache_is_not_followed(tmp_path: Path) -> None:
    library = start(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (library.root / "state").mkdir(exist_ok=True)
    (library.root / DIRECTORY).symlink_to(elsewhere)
    assert cached(library) == told(Project.open(library.root))
    assert list(elsewhere.iterdir()) == []


def found(library: Library, *, cached: bool) -> list[str]:
    """Everything that `validate` reports."""
    checked = check(lambda: Project.open(library.root, cached=cached))
    return [json.dumps(diagnostic_json(one)) for one in checked.diagnostics]


def test_findings_are_kept_and_follow_every_file_and_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = start(tmp_path)
    library.save(
        "manifests/vague.toml", clip("vague", "An epic market, 4K") + clip("alike", "An epic market, 4K")
    )
    fresh = found(library, cached=False)
    assert any("S207" in one for one in fresh)
    assert found(library, cached=True) == fresh
    with monkeypatch.context() as patch:
        patch.setattr("sorasync.manifest.lint.lint", None)
        assert found(library, cached=True) == fresh
    for file, old, new in (
        ("manifests/vague.toml", "An epic market, 4K", "An epic market"),
        ("manifests/vague.toml", "[clips.alike]", "\n\n[clips.alike]"),
        ("manifests/vague.toml", "[clips.alike]", "# sorasync: ignore S207\n[clips.alike]"),
        ("sorasync.toml", "[defaults]", '[lint]\nignore = ["S207"]\n[defaults]'),
        ("sorasync.toml", '"S207"', '"S2007"'),
    ):
        library.save(file, library.read(file).replace(old, new))
        changed = found(library, cached=False)
        assert changed != fresh
        assert found(library, cached=True) == changed
        assert found(library, cached=True) == changed
        fresh = changed


def test_a_library_that_cannot_be_written_is_planned_all_the_same(tmp_path: Path) -> None:
    library = start(tmp_path)
    (library.root / "state").mkdir(exist_ok=True)
    (library.root / DIRECTORY).write_text("in the way")
    assert cached(library) == told(Project.open(library.root))


def run(library: Library, *words: str) -> str:
    line = [sys.executable, "-m", "sorasync", *words, "--library", str(library.root)]
    environment = os.environ | {"NO_COLOR": "1"}
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, env=environment)
    return done.stdout + done.stderr


def test_commands_keep_large_libraries_only_and_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = start(tmp_path)
    run(library, "validate")
    assert not kept(library).exists()
    monkeypatch.undo()
    many = "".join(clip(f"kite-{n}", f"Kite number {n} over the harbour at dusk") for n in range(cache.WORTH))
    library.save("manifests/many.toml", many)
    outputs = {}
    for words in (("plan", "--offline"), ("validate",)):
        without = run(library, *words, "--no-cache")
        assert not kept(library).exists()
        outputs[words] = without
    for words, without in outputs.items():
        assert run(library, *words) == without
        assert kept(library).exists()
        assert run(library, *words) == without


def test_git_ignores_it(tmp_path: Path) -> None:
    root = tmp_path / "film"
    root.mkdir()
    subprocess.run([sys.executable, "-m", "sorasync", "init"], cwd=root, check=True, capture_output=True)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    cache.cache_path(root, "preview").parent.mkdir(parents=True)
    for env in (None, "preview", "a/b"):
        cache.cache_path(root, env).write_text("x")
    listed = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=root, check=True, capture_output=True, text=True
    )
    assert "cache" not in listed.stdout
