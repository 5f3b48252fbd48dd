"""What is drawn for a view, at any size of the window."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from sorasync.cli.views.plan.plan_json import plan_json
from sorasync.cli.watch.json_lines import JsonLines
from sorasync.cli.watch.watch_screen import ScreenState, compose
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.watch.watch_loop import View
from tests.watch.conftest import BOAT, KITE
from tests.watch.kit import CONFIG, REAL, Library, clip, make

SIZES = [(120, 40), (80, 24), (40, 10), (30, 6), (20, 3), (1, 1)]


def view_of(library: Library, last: View | None = None) -> View:
    """What watch mode would show of the library; `last` has the last good plan."""
    try:
        planned = make_plan(Project.open(library.root), PlanOptions(offline=True, lint=True))
    except ManifestError as error:
        return View(last.planned if last else None, error, last.edited if last else ())
    return View(planned)


def drawn(view: View, columns: int, lines: int, scene: ScreenState | None = None) -> list[str]:
    """The lines of a screen of that size."""
    console = Console(file=io.StringIO(), width=columns, height=lines)
    return compose(view, scene or ScreenState(title="film"), console).plain.split("\n")


def edited(name: str, before: str, view: View) -> View:
    """The view after an edit of that clip."""
    return View(view.planned, None, (name,), {name: before})


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_no_screen_is_larger_than_its_window(film: Library, columns: int, lines: int) -> None:
    good = view_of(film)
    film.write(
        "manifests/a.toml", clip("kite", "A stunning kite " * 40) + clip('"船' + "a" * 50 + '"', "小船" * 90)
    )
    warned = edited("kite", KITE, view_of(film))
    film.write("manifests/a.toml", "[clips.kite]\nprmpt = 3\n")
    scene = ScreenState(
        title="film " * 9, messages=["a long message " * 20], doing="applying", question="Go on? " * 9
    )
    for view in (View(), good, warned, view_of(film), view_of(film, good)):
        for shown in (drawn(view, columns, lines), drawn(view, columns, lines, scene)):
            assert len(shown) <= lines
            assert max(Console(width=999).measure(line).maximum for line in shown) <= columns


def test_the_price_and_the_keys_are_never_cut_off(tmp_path: Path) -> None:
    long = "a-clip-with-a-rather-long-name-of-its-own"
    film = make(tmp_path / "film", clip(long, KITE) + clip("boat", BOAT), CONFIG + REAL)
    shown = drawn(view_of(film), 40, 10)
    assert [row[-6:] for row in shown if "clip." in row] == ["+$0.40", "+$0.40"]
    assert "Cost: $0.80 (8 s)." in shown
    assert shown[-1].endswith("q quit")


@pytest.mark.parametrize(("lines", "told"), [(24, 12), (12, 3), (10, 2), (6, 0)])
def test_every_fault_is_told_or_counted(film: Library, lines: int, told: int) -> None:
    good = view_of(film)
    faults = "".join(f'[clips.shot-{n}]\nprompt = "Shot {n}"\nfault-{n} = 1\n' for n in range(12))
    film.write("manifests/a.toml", faults)
    shown = drawn(view_of(film, good), 80, lines)
    assert sum("unknown key" in row for row in shown) == told
    rest = [row for row in shown if "faults: sorasync validate" in row]
    assert [int(row.split()[1]) for row in rest] == ([12 - told] if told < 12 else [])
    assert "Broken. The last good plan:" in shown


def test_the_place_of_a_fault_is_told_in_a_narrow_window(tmp_path: Path) -> None:
    film = make(tmp_path / "film", "[clips.kite]\nprompt = 3\n")
    (film.root / "manifests/a.toml").rename(film.root / "manifests/a-file-with-a-rather-long-name.toml")
    shown = "".join(drawn(view_of(film), 40, 10))
    assert "manifests/a-file-with-a-rather-long-name.toml:2:10:" in shown.replace(" ", "")


def test_a_long_diff_goes_on_on_the_next_line(film: Library) -> None:
    tail = "with a long winding tail of white paper bows that somebody tied on in a hurry"
    film.write("manifests/a.toml", clip("kite", f"{KITE} {tail}") + clip("boat", BOAT))
    shown = drawn(edited("kite", KITE, view_of(film)), 80, 24, ScreenState(title="film", selected=1))
    assert any("{+with a long" in row for row in shown)
    assert any("in a hurry+}" in row for row in shown)


def test_the_words_shown_are_those_of_the_selected_clip(film: Library) -> None:
    view = view_of(film)
    both = View(view.planned, None, ("kite",), {"kite": "A blue kite", "boat": "A paper plane"})
    assert any("{-plane-}" in row for row in drawn(both, 80, 24, ScreenState(title="film", selected=0)))
    rows = drawn(both, 80, 24, ScreenState(title="film", selected=1))
    assert any("{-blue-}" in row for row in rows)
    assert not any("{-plane-}" in row for row in rows)


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_the_list_of_keys_fits_every_window(film: Library, columns: int, lines: int) -> None:
    shown = drawn(view_of(film), columns, lines, ScreenState(title="film", keys_listed=True))
    assert len(shown) <= lines
    assert max(Console(width=999).measure(line).maximum for line in shown) <= columns


def test_a_warning_leaves_the_plan_in_sight(film: Library) -> None:
    film.write("manifests/a.toml", "".join(clip(f"shot-{n}", f"A stunning shot {n}") for n in range(40)))
    shown = drawn(view_of(film), 80, 24)
    assert sum("+$" in row for row in shown) >= 8
    assert "S207" in shown[1]
    assert any("more fault" in row or "× 40" in row for row in shown)


def test_clips_that_wait_for_a_choice_are_named(tmp_path: Path) -> None:
    steps = '[[clips.kite.steps]]\nextend = "On and on"\n'
    film = make(tmp_path / "film", clip("kite", KITE) + "takes = 2\n" + steps)
    shown = drawn(view_of(film), 80, 24)
    assert "Waiting for a pick: clip.kite (sorasync pick CLIP TAKE)." in shown


def test_the_line_of_a_plan_is_the_plan_as_json(film: Library, capsys: pytest.CaptureFixture[str]) -> None:
    lines = JsonLines()
    film.write("manifests/a.toml", clip("kite", '\\"changes\\": []'))
    for view in (view_of(film), view_of(make(film.root, clip("boat", BOAT)))):
        assert view.plan is not None
        for _ in range(2):
            lines.planned(view)
            assert json.loads(capsys.readouterr().out)["plan"] == plan_json(view.plan)


def test_messages_that_do_not_fit_are_counted(film: Library) -> None:
    scene = ScreenState(title="film", messages=[f"message {number}" for number in range(20)])
    shown = drawn(view_of(film), 80, 24, scene)
    assert "… 15 lines before" in shown
    assert shown[-2] == "message 19"
