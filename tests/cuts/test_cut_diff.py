"""`sorasync cut diff`: which shots were added, removed, moved or trimmed since a revision."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.cuts.shot_changes import ShotChange, shot_differences
from sorasync.cuts.timeline import Timeline, lay_out
from sorasync.graph.expand import expand
from sorasync.manifest.config import Config
from sorasync.manifest.load import load
from sorasync.profile.hosts import Hosts
from sorasync.profile.load import load_profile
from tests.cli.kit import Film, make
from tests.schema.contract import shape_faults

CLIP_NAMES = "abcd"
CLIPS = "".join(f'[clips.{name}]\nprompt = "{name}"\n' for name in CLIP_NAMES)
FIRST = (
    '{ clip = "a" }, { clip = "b", in = 1, out = 3, gain = -6 }, { gap = 1 }, { clip = "c" }, { clip = "d" }'
)


def git(film: Film, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(film.root), *arguments], check=True, capture_output=True)


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library with a cut, committed."""
    made = make(tmp_path / "film", capsys, CLIPS)
    made.write("manifests/cut.toml", f"[cuts.reel]\nevents = [{FIRST}]\n")
    git(made, "init", "-q")
    git(made, "config", "user.email", "ada@example.com")
    git(made, "config", "user.name", "Ada")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "first")
    return made


def shots(film: Film, events: str, more: str = "") -> list[tuple[str, list[str]]]:
    """What is said of a cut with these events against the first one."""
    film.write("manifests/cut.toml", f"[cuts.reel]\n{more}\nevents = [{events}]\n")
    answer = film.run("cut", "diff", "HEAD", "--format", "json")
    assert answer.code == 0, answer.err
    (cut,) = answer.json["cuts"]
    return [(one["shot"], one["changes"]) for one in cut["shots"]]


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        (FIRST.replace(", { gap = 1 }", ""), [("black", ["removed"])]),
        (FIRST.replace("out = 3", "out = 2.5"), [("clip.b", ["trimmed"])]),
        (FIRST.replace("-6", "-3"), [("clip.b", ["other"])]),
        (f'{{ clip = "d", out = 1 }}, {FIRST}', [("clip.d", ["added"])]),
        (
            '{ clip = "d", out = 2 }, { clip = "a" }, { clip = "b", in = 1, out = 3, gain = -6 }, '
            '{ gap = 1 }, { transition = "dissolve", length = "8f" }, { clip = "c" }',
            [("clip.d", ["moved", "trimmed"]), ("clip.c", ["other"])],
        ),
    ],
)
def test_each_change_is_named_and_what_only_shifts_is_not(
    film: Film, events: str, wanted: list[tuple[str, list[str]]]
) -> None:
    assert shots(film, events) == wanted


def test_it_says_so_in_words_and_as_the_schema_says(film: Film, capsys: pytest.CaptureFixture[str]) -> None:
    film.write("manifests/a.toml", CLIPS.replace('prompt = "c"', 'prompt = "c, at night"'))
    film.write(
        "manifests/cut.toml",
        f"[cuts.reel]\nfps = 25\nevents = [{FIRST.replace('out = 3', 'out = 3.2')}]\n"
        '[cuts.new]\nevents = [{ clip = "a" }]\n',
    )
    answer = film.run("cut", "diff", "HEAD", "--format", "json")
    assert shape_faults(["cut_diff"], answer.json) == []
    text = film.run("cut", "diff", "HEAD").out
    assert "cut.new: new, 4 s\n  + 00:00:00:00  clip.a  added, 4 s" in text
    assert "± 00:00:04:00  clip.b  out 3.2 s, was 3 s; 5 frames longer" in text
    assert "clip.c  uses another render" in text
    assert "  changed: fps\n" in text
    only = film.run("cut", "diff", "HEAD", "cut.new").out
    assert "reel" not in only and "1 added" in only
    git(film, "add", "-A")
    git(film, "commit", "-qm", "second")
    assert film.run("cut", "diff", "HEAD").out == (
        "Unchanged: cut.new, cut.reel.\nShots since HEAD: no difference.\n"
    )
    assert "cut.new: removed" not in film.run("cut", "diff", "HEAD~1").out


def test_a_cut_may_be_called_diff(film: Film) -> None:
    film.write("manifests/d.toml", '[cuts.diff]\nevents = [{ clip = "a" }]\n')
    assert film.run("cut", "cut.diff", "--out", "x.csv").code == 0
    assert film.run("cut", "diff").code == 64
    assert film.run("cut", "diff", "nothing").code == 1
    assert "there is no cut 'nix'" in film.run("cut", "diff", "HEAD", "nix").err


@pytest.fixture(scope="module")
def timeline_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], Timeline]:
    """The timeline of these clips, one event each."""
    root, profile = tmp_path_factory.mktemp("film"), load_profile("preview")
    (root / "manifests").mkdir()
    (root / "sorasync.toml").write_text("", encoding="utf-8")

    def make_timeline(names: list[str]) -> Timeline:
        events = ", ".join(f'{{ clip = "{name}" }}' for name in names)
        text = f"{CLIPS}[cuts.reel]\nevents = [{events}]\n"
        (root / "manifests/a.toml").write_text(text, encoding="utf-8")
        library = load(root, Config())
        return lay_out(library.cuts["reel"], expand(library, Hosts(profile)))[0]

    return make_timeline


@given(before=st.lists(st.sampled_from(CLIP_NAMES), min_size=1, max_size=8), data=st.data())
def test_changes_add_up(
    timeline_of: Callable[[list[str]], Timeline], before: list[str], data: st.DataObject
) -> None:
    after = data.draw(st.lists(st.sampled_from(CLIP_NAMES), min_size=1, max_size=8))
    found = shot_differences(timeline_of(before), timeline_of(after))
    count = {kind: sum(kind in one.changes for one in found) for kind in ShotChange}
    assert len(before) - count[ShotChange.REMOVED] + count[ShotChange.ADDED] == len(after)
    # Only what is on one side alone was added or removed.
    for name in CLIP_NAMES:
        less, more = before.count(name), after.count(name)
        added = sum(one.before is None and one.after.placed.event.clip == name for one in found if one.after)
        assert added == max(0, more - less)
    assert (not found) == (before == after)
