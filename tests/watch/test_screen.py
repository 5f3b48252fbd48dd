"""Watch mode as somebody sees it who edits a library beside it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watch.conftest import BOAT, KITE
from tests.watch.kit import CONFIG, REAL, Library, Screen, clip, make, surroundings


def test_a_faulty_file_shows_its_fault_and_keeps_the_last_good_plan(film: Library) -> None:
    good = film.read("manifests/a.toml")
    with Screen(film) as screen:
        screen.until("2 to create")
        film.save("manifests/a.toml", good + "[clips.oops\n")
        shown = screen.until("Broken. The last good plan:")
        assert "error[S101] manifests/a.toml:5:" in shown
        assert "clip.kite" in shown
        assert "2 to create" in shown
        film.save("manifests/a.toml", good + clip("lamp", "A lamp"))
        shown = screen.until("3 to create")
        assert "Broken" not in shown
        assert "error[" not in shown


def test_a_library_that_is_broken_from_the_start_can_be_mended(film: Library) -> None:
    good = film.read("manifests/a.toml")
    film.write("manifests/a.toml", "[clips.kite]\nprompt = 3\n")
    with Screen(film) as screen:
        shown = screen.until("Broken. There is no plan yet.")
        assert "S104" in shown
        screen.press("a")
        screen.until("cannot apply: fix the error above first")
        screen.press("d")
        screen.until("cannot draw: fix the error above first")
        film.write("manifests/a.toml", good)
        screen.until("2 to create")


def test_a_faulty_configuration_is_shown_and_mended_too(film: Library) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        film.save("sorasync.toml", CONFIG + "[apply]\nparalellism = 3\n")
        screen.until("unknown key `paralellism`")
        film.save("sorasync.toml", CONFIG.replace("seconds = 4", "seconds = 8"))
        screen.until("(16 s)")


def test_the_words_that_are_edited_are_shown_with_the_cost_of_the_edit(film: Library) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        film.save("manifests/a.toml", clip("kite", KITE.replace("dusk", "noon")) + clip("boat", BOAT))
        shown = screen.until("{+noon+}")
        assert "{-dusk-}" in shown
        assert "words changed since the save before" in shown
        assert "This edit (kite) would cost $0.40 (4 s)." in shown


def test_what_is_shown_is_applied_and_a_rename_is_free(film: Library) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        screen.press("f")
        screen.until("there is nothing to move, download or retire")
        screen.press("a")
        screen.until(lambda text: "No changes." in text and "2 done" in text)
        assert "words changed" not in screen.text
        film.save("manifests/a.toml", clip("dragon", KITE) + clip("boat", BOAT))
        # Waited for together: a frame is drawn line by line, and may be read in between.
        screen.until(lambda text: "renamed from clip.kite" in text and "Cost: nothing." in text)
        film.save("manifests/a.toml", clip("dragon", KITE) + clip("boat", "Another boat"))
        screen.until(lambda text: "1 to move" in text and "1 to replace" in text)
        screen.press("f")
        screen.until(lambda text: "Apply: 1 done" in text and "Plan: 1 to replace" in text)
        assert "renamed" not in screen.text
        assert (film.root / "assets/dragon.mp4").exists()
        assert not (film.root / "assets/kite.mp4").exists()


def test_drafts_are_drawn_beside_the_library_and_are_no_renders_of_it(tmp_path: Path) -> None:
    film = make(tmp_path / "film", clip("kite", KITE), CONFIG + REAL)
    with Screen(film) as screen:
        screen.until("Cost: $0.40")
        screen.press("d")
        screen.until("Drawn: kite.mp4")
        assert (film.root / "state/drafts/videos/kite.mp4").exists()
        assert "1 to create" in screen.text
        assert not (film.root / "assets").exists()
        assert not (film.root / "state/sorasync.db").exists()


def test_money_is_asked_for_and_no_is_no(tmp_path: Path) -> None:
    film = make(tmp_path / "film", clip("kite", KITE), CONFIG + REAL)
    with Screen(film) as screen:
        screen.until("Cost: $0.40")
        screen.press("a")
        screen.until("This spends $0.40. Proceed? [y/N]")
        screen.press("n")
        screen.until("Nothing was sent.")
        screen.press("a")
        screen.until("Proceed? [y/N]")
        film.save("manifests/a.toml", clip("kite", KITE) + clip("boat", BOAT))
        shown = screen.until("the plan has changed")
        assert "[y/N]" not in shown


def test_a_missing_key_is_told_before_money_is_asked_for(tmp_path: Path) -> None:
    film = make(tmp_path / "film", clip("kite", KITE), CONFIG + REAL)
    with Screen(film, environment={"OPENAI_API_KEY": ""}) as screen:
        screen.until("Cost: $0.40")
        screen.press("a")
        assert "[y/N]" not in screen.until("OPENAI_API_KEY is not set; nothing was sent")
    assert not (film.root / "state/sorasync.db").exists()


def test_a_large_amount_has_to_be_typed(tmp_path: Path) -> None:
    budget = "[budget]\nconfirm_above = 0.10\n"
    film = make(tmp_path / "film", clip("kite", KITE), CONFIG + REAL + budget)
    with Screen(film) as screen:
        screen.until("Cost: $0.40")
        screen.press("a")
        screen.until("Type 0.40 to proceed:")
        screen.press("0.44\x7f1\r")
        screen.until("Nothing was sent.")


def test_a_budget_refuses_what_is_shown(tmp_path: Path) -> None:
    film = make(tmp_path / "film", clip("kite", KITE), CONFIG + REAL + "[budget]\nper_apply = 0.10\n")
    with Screen(film, ("--apply", "all")) as screen:
        screen.until("Cost: $0.40")
        film.save("manifests/a.toml", clip("kite", KITE) + clip("boat", BOAT))
        screen.until("plan refused")
        screen.until("Cost: $0.80")


def test_a_branch_switched_under_it_is_planned_as_a_whole(film: Library) -> None:
    film.git("init", "-b", "main")
    film.git("add", ".")
    film.git("commit", "-m", "one")
    film.git("switch", "-c", "many")
    for number in range(100):
        film.write(f"manifests/act-{number}.toml", clip(f"shot-{number}", f"Shot {number} of the harbour"))
    film.git("add", ".")
    film.git("commit", "-m", "many")
    film.git("switch", "main")
    with Screen(film) as screen:
        screen.until("2 to create")
        film.git("switch", "many")
        shown = screen.until("102 to create")
        assert "more changes" in shown
        film.git("switch", "main")
        screen.until(lambda text: "Plan: 2 to create" in text)


def test_the_manifests_may_go_away_and_come_back(film: Library) -> None:
    good = film.read("manifests/a.toml")
    with Screen(film) as screen:
        screen.until("2 to create")
        shutil.rmtree(film.root / "manifests")
        screen.until("there is no directory")
        film.write("manifests/b.toml", good)
        screen.until(lambda text: "2 to create" in text and "Broken" not in text)
        film.save("manifests/b.toml", clip("kite", KITE))
        screen.until("1 to create")


def test_another_command_that_changes_the_state_is_noticed(film: Library) -> None:
    film.save("manifests/a.toml", clip("boat", BOAT))
    with Screen(film) as screen:
        screen.until("1 to create")
        apply = [sys.executable, "-m", "sorasync", "apply", "--yes", "--quiet", "--library", str(film.root)]
        subprocess.run(apply, check=True, capture_output=True, env=surroundings())
        screen.until("No changes.")
        next((film.root / "assets/.store").rglob("*.mp4")).unlink()
        screen.until("1 to download")


def test_everything_fits_the_window_also_when_it_shrinks(film: Library) -> None:
    many = "".join(
        clip(f"shot-{n}", f"Shot {n}: a long walk through the old town at night") for n in range(90)
    )
    film.write("manifests/a.toml", many)
    with Screen(film) as screen:
        screen.until(lambda text: _fits(text, 90, 24))
        screen.resize(40, 10)
        screen.until(lambda text: _fits(text, 90, 10))
        screen.resize(80, 16)
        screen.until(lambda text: _fits(text, 90, 16))


def test_faults_take_the_room_that_a_larger_window_gives(film: Library) -> None:
    film.write("manifests/a.toml", '[clips.a]\npromt = "A kite"\n[clips.b]\nprompt = 3\n')
    exported = {"COLUMNS": "40", "LINES": "8"}
    with Screen(film, columns=40, lines=8, environment=exported) as screen:
        assert "expected:" not in screen.until("Broken. There is no plan yet.")
        screen.resize(110, 30)
        screen.until(lambda text: "nearest: prompt" in text and "expected: a string" in text)


def _fits(text: str, changes: int, lines: int) -> bool:
    """Whether the keys stand on the last line, and every change is shown or counted."""
    rows = text.splitlines()
    shown = sum("clip.shot-" in row for row in rows)
    rest = [int(row.split()[1]) for row in rows if "more changes" in row]
    return len(rows) == lines and rows[-1].startswith("a apply") and [changes - shown] == rest


def test_a_selection_moves_through_a_long_plan(film: Library) -> None:
    film.write("manifests/a.toml", "".join(clip(f"shot-{n}", f"Shot {n}") for n in range(40)))
    with Screen(film) as screen:
        screen.until("› + clip.shot-0 ")
        screen.press("j" * 30)
        screen.until("› + clip.shot-30 ")
        screen.press("\x1b[A")
        screen.until("› + clip.shot-29 ")


def test_the_video_of_the_selected_clip_is_opened(film: Library, tmp_path: Path) -> None:
    film.save("manifests/a.toml", clip("boat", BOAT))
    opened = tmp_path / "opened"
    (tmp_path / "bin").mkdir()
    opener = tmp_path / "bin/xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n')
    opener.chmod(0o755)
    with Screen(film, environment={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}) as screen:
        screen.until("1 to create")
        screen.press("o")
        screen.until("clip.boat has no video yet")
        screen.press("d")
        screen.until("Drawn:")
        screen.press("o")
        screen.until("opened the draft of clip.boat")
        screen.until(lambda _text: opened.exists())
        assert opened.read_text().strip() == str(film.root / "state/drafts/videos/boat.mp4")


def test_a_draft_of_a_change_is_opened_rather_than_the_video_before_it(film: Library) -> None:
    film.save("manifests/a.toml", clip("boat", BOAT))
    with Screen(film, columns=200, environment={"PATH": "/nowhere"}) as screen:
        screen.until("1 to create")
        screen.press("a")
        screen.until("No changes.")
        film.save("manifests/a.toml", clip("boat", f"{BOAT} at night"))
        screen.until("1 to replace")
        screen.press("o")
        screen.until("assets/boat.mp4")
        screen.press("d")
        screen.until("Drawn:")
        screen.press("o")
        screen.until("state/drafts/videos/boat.mp4")


def test_only_the_selected_clip_is_applied_and_money_is_asked_for_it_alone(tmp_path: Path) -> None:
    film = make(tmp_path / "film", clip("kite", KITE) + clip("boat", BOAT))
    with Screen(film) as screen:
        screen.until("2 to create")
        screen.press("js")
        screen.until(lambda text: "Apply: 1 done" in text and "1 to create" in text)
        assert (film.root / "assets/kite.mp4").exists()
        assert not (film.root / "assets/boat.mp4").exists()
    film = make(tmp_path / "paid", clip("kite", KITE) + clip("boat", BOAT), CONFIG + REAL)
    with Screen(film) as screen:
        screen.until("Cost: $0.80")
        screen.press("s")
        screen.until("This spends $0.40. Proceed? [y/N]")
        screen.press("n")
        screen.until("Nothing was sent.")


def test_a_take_is_picked_and_what_waited_for_it_is_planned(tmp_path: Path) -> None:
    steps = '[[clips.kite.steps]]\nextend = "On and on over the harbour"\nseconds = 4\n'
    film = make(tmp_path / "film", clip("kite", KITE) + "takes = 2\n" + steps)
    with Screen(film) as screen:
        screen.until("Waiting for a pick")
        screen.press("p9")
        screen.until("clip.kite has no take 9")
        screen.press("p")
        screen.until("Pick which take of clip.kite? 1-2")
        screen.press("2")
        screen.until(lambda text: "picked take 2 of clip.kite" in text and "1 to extend" in text)
    assert "kite = 2" in film.read("manifests/picks.toml")


def test_a_question_mark_lists_the_keys(film: Library) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        screen.press("?")
        screen.until("apply only the selected clip")
        screen.press("?")
        screen.until("2 to create")


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130)])
def test_leaving_sets_the_terminal_right(film: Library, key: str, code: int) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        assert screen.attributes != screen.before
        screen.press(key)
        assert screen.end() == code
        assert screen.attributes == screen.before
        assert screen.raw.rfind(b"\x1b[?1049l") > screen.raw.rfind(b"\x1b[?1049h")
        assert screen.raw.rfind(b"\x1b[?25h") > screen.raw.rfind(b"\x1b[?25l")
        assert "2 changes planned" in screen.text
        assert b"\x1b[1;32m" in screen.raw


def test_leaving_while_it_applies_loses_nothing(film: Library) -> None:
    shots = "".join(clip(f"shot-{n}", f"Shot {n} of the harbour") for n in range(2))
    film.save("sorasync.toml", CONFIG + "[apply]\nparallelism = 1\n")
    film.save("manifests/a.toml", shots)
    with Screen(film) as screen:
        screen.until("2 to create")
        screen.press("a")
        screen.until(lambda text: "applying …" in text and "rendering" in text)
        screen.press("q")
        screen.until("quitting …")
        assert screen.end() == 0
        assert screen.attributes == screen.before
        assert "sorasync apply continues from here." in screen.text
    apply = [sys.executable, "-m", "sorasync", "apply", "--yes", "--format", "json"]
    apply += ["--library", str(film.root)]
    done = subprocess.run(apply, check=True, capture_output=True, text=True, env=surroundings())
    assert "Traceback" not in done.stderr
    ledger = sorted(path.name for path in (film.root / "state/preview/videos").glob("*.mp4"))
    assert len(ledger) == 2


def test_being_terminated_sets_the_terminal_right(film: Library) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        screen.process.terminate()
        assert screen.end() == 143
        assert screen.attributes == screen.before


def test_suspended_it_gives_the_terminal_back_and_goes_on_when_continued(film: Library) -> None:
    with Screen(film) as screen:
        screen.until("2 to create")
        screen.press("\x1a")
        screen.until(lambda _text: screen.stopped)
        assert screen.attributes == screen.before
        screen.until(lambda _text: screen.raw.rfind(b"\x1b[?1049l") > screen.raw.rfind(b"\x1b[?1049h"))
        screen.until(lambda _text: screen.raw.rfind(b"\x1b[?25h") > screen.raw.rfind(b"\x1b[?25l"))
        film.save("manifests/a.toml", clip("kite", KITE))
        screen.process.send_signal(signal.SIGCONT)
        screen.until("1 to create")
        assert screen.raw.rfind(b"\x1b[?1049h") > screen.raw.rfind(b"\x1b[?1049l")
        assert screen.attributes != screen.before
        screen.press("q")
        assert screen.end() == 0
        assert screen.attributes == screen.before


def test_colours_are_off_with_no_color(film: Library) -> None:
    with Screen(film, environment={"NO_COLOR": "1"}) as screen:
        screen.until("2 to create")
        assert b"\x1b[1;32m" not in screen.raw
        assert b"\x1b[32m" not in screen.raw
