"""Watch mode for editors and scripts: JSON lines out, commands in."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.watch.conftest import BOAT, KITE
from tests.watch.kit import CONFIG, REAL, Library, Lines, clip, make, surroundings


def test_every_save_is_a_plan_and_every_fault_an_event(film: Library) -> None:
    with Lines(film) as lines:
        first = lines.plan("create clip.boat", "create clip.kite")
        assert first["cost_usd"] == "0.80"
        film.save("manifests/a.toml", clip("kite", KITE) + "promt = 3\n")
        found = lines.next("diagnostics")
        assert found["format_version"] == 1
        assert [one["code"] for one in found["diagnostics"]] == ["S103"]
        assert found["last_good_token"] == first["token"]
        film.save("manifests/a.toml", clip("kite", KITE))
        event = lines.next("plan")
        assert [change["address"] for change in event["plan"]["changes"]] == ["clip.kite"]
        assert event["milliseconds"] >= 0
        assert event["online"] is False
        lines.say("refresh")
        assert lines.next("plan")["online"] is True
        lines.say("quit")
        assert lines.end() == 0


def test_a_save_that_changes_nothing_says_nothing(film: Library) -> None:
    text = film.read("manifests/a.toml")
    with Lines(film) as lines:
        lines.plan("create clip.boat", "create clip.kite")
        film.save("manifests/a.toml", text)
        film.write("manifests/.a.toml.swp", "x")
        film.write("notes.txt", "x")
        film.save("manifests/a.toml", text)
        film.save("manifests/b.toml", clip("lamp", "A lamp"))
        event = lines.next("plan")
        assert len(event["plan"]["changes"]) == 3
        assert event["edited"] == ["clip.lamp"]


def test_prompts_are_held_against_the_rules_as_they_are_edited(film: Library) -> None:
    with Lines(film) as lines:
        lines.plan("create clip.boat", "create clip.kite")
        film.save("manifests/a.toml", clip("kite", "A beautiful, stunning kite, 4 seconds long, 16:9"))
        found = lines.plan("create clip.kite")["diagnostics"]
        assert {one["address"] for one in found} == {"clip.kite"}
        assert all(one["code"].startswith("S2") for one in found)


def test_exactly_the_plan_of_the_token_is_applied(film: Library) -> None:
    with Lines(film) as lines:
        first = lines.plan("create clip.boat", "create clip.kite")
        film.save("manifests/a.toml", clip("kite", KITE))
        second = lines.plan("create clip.kite")
        lines.say(f"apply {first['token']}")
        assert "the plan has changed" in lines.next("notice")["text"]
        lines.say("apply")
        assert "is not a command" in lines.next("notice")["text"]
        lines.say(f"apply {second['token']}")
        assert lines.next("apply")["moment"] == "began"
        ended = lines.next("apply")
        assert ended["error"] is None
        assert ended["report"]["summary"]["done"] == 1
        assert lines.plan() is not None


def test_what_is_saved_while_an_apply_runs_is_planned_and_not_mixed_in(tmp_path: Path) -> None:
    shots = "".join(clip(f"shot-{n}", f"Shot {n} of the harbour") for n in range(3))
    film = make(tmp_path / "film", shots, CONFIG + "[apply]\nparallelism = 1\n")
    with Lines(film) as lines:
        token = lines.next("plan")["plan"]["token"]
        lines.say(f"apply {token}")
        lines.next("progress", lambda found: found["state"] == "done")
        film.save("manifests/a.toml", shots + clip("lamp", "A lamp"))
        during = lines.next("plan")
        assert "clip.lamp" in [change["address"] for change in during["plan"]["changes"]]
        lines.say("free")
        assert "in progress" in lines.next("notice")["text"]
        ended = lines.next("apply")
        assert {one["address"] for one in ended["report"]["outcomes"]} == {f"clip.shot-{n}" for n in range(3)}
        lines.plan("create clip.lamp")


def test_an_apply_goes_by_the_configuration_as_it_is_although_the_plan_is_older(film: Library) -> None:
    film.git("init", "-b", "main")
    film.write(".git/index.lock", "")
    with Lines(film) as lines:
        first = lines.next("plan")["plan"]
        film.write("sorasync.toml", CONFIG.replace("seconds = 4", "seconds = 8"))
        lines.say(f"apply {first['token']}")
        ended = lines.next("apply", lambda found: found["moment"] == "ended")
        assert ended["error"]["code"] == 7
        second = lines.next("plan")["plan"]
        assert second["token"] != first["token"]
        film.write("sorasync.toml", "[library")
        lines.say(f"apply {second['token']}")
        assert "nothing was sent" in lines.next("notice")["text"]


def test_only_a_save_makes_it_apply_by_itself(film: Library) -> None:
    with Lines(film, ("--format", "json", "--apply", "all")) as lines:
        lines.plan("create clip.boat", "create clip.kite")
        film.save("manifests/a.toml", clip("kite", KITE) + clip("boat", BOAT) + "# a remark\n")
        lines.plan("create clip.boat", "create clip.kite")
        film.save("manifests/a.toml", clip("kite", KITE))
        ended = lines.next("apply", lambda found: found["moment"] == "ended")
        assert [one["address"] for one in ended["report"]["outcomes"]] == ["clip.kite"]
        assert lines.plan()["summary"]["unchanged"] == 1


def test_what_is_free_may_be_applied_by_itself(film: Library) -> None:
    with Lines(film, ("--format", "json", "--apply", "free")) as lines:
        token = lines.next("plan")["plan"]["token"]
        lines.say(f"apply {token}")
        lines.plan()
        film.save("manifests/a.toml", clip("dragon", KITE) + clip("boat", "Another boat"))
        ended = lines.next("apply", lambda found: found["moment"] == "ended" and found["kind"] == "free")
        assert [one["action"] for one in ended["report"]["outcomes"]] == ["move"]
        lines.plan("replace clip.boat")


def test_a_refusal_is_told_with_its_exit_code(tmp_path: Path) -> None:
    film = make(tmp_path / "film", clip("kite", KITE), CONFIG + REAL + "[budget]\nper_apply = 0.10\n")
    with Lines(film) as lines:
        token = lines.next("plan")["plan"]["token"]
        lines.say(f"apply {token}")
        ended = lines.next("apply", lambda found: found["moment"] == "ended")
        assert ended["report"] is None
        assert ended["error"]["code"] == 5


def test_drafts_need_no_model_and_no_parameter_of_the_real_provider(tmp_path: Path) -> None:
    config = """
        [provider]
        profile = "vllm-omni"
        [defaults]
        model = "Wan-AI/Wan2.2"
        size = "832x480"
        seconds = 3
        params = { fps = 24 }
    """
    film = make(tmp_path / "film", clip("kite", KITE), config)
    with Lines(film) as lines:
        lines.plan("create clip.kite")
        lines.say("free")
        assert lines.next("notice")["text"].startswith("there is nothing to move, download or retire")
        lines.say("drafts")
        began = lines.next("apply", lambda found: found["moment"] == "began")
        assert (began["kind"], began["changes"], began["cost_usd"]) == ("drafts", 1, "0.00")
        ended = lines.next("apply", lambda found: found["moment"] == "ended")
        assert ended["files"] == [str(film.root / "state/drafts/videos/kite.mp4")]
        assert lines.plan("create clip.kite")["unknown_prices"] == 1


def test_without_a_terminal_it_speaks_json_unasked_until_the_input_ends(film: Library) -> None:
    with Lines(film, ()) as lines:
        lines.plan("create clip.boat", "create clip.kite")
        assert lines.end() == 0


def test_an_interrupt_leaves_what_runs_at_the_provider(tmp_path: Path) -> None:
    film = make(tmp_path / "film", "".join(clip(f"shot-{n}", f"Shot {n}") for n in range(8)))
    with Lines(film) as lines:
        token = lines.next("plan")["plan"]["token"]
        lines.say(f"apply {token}")
        lines.next("progress")
        lines.process.send_signal(signal.SIGINT)
        ended = lines.next("apply", lambda found: found["moment"] == "ended")
        assert ended["report"]["interrupted"] is True
        assert lines.end() == 130


def test_files_are_looked_at_again_and_again_with_poll(film: Library) -> None:
    with Lines(film, ("--format", "json", "--poll")) as lines:
        lines.plan("create clip.boat", "create clip.kite")
        film.save("manifests/a.toml", clip("kite", KITE))
        lines.plan("create clip.kite")


def test_prompt_files_and_reference_clips_elsewhere_are_watched(film: Library) -> None:
    film.write("texts/kite.txt", KITE)
    film.save("manifests/a.toml", '[clips.kite]\nprompt_file = "../texts/kite.txt"\n')
    with Lines(film) as lines:
        before = lines.plan("create clip.kite")["changes"][0]["key"]
        film.save("texts/kite.txt", "A blue kite")
        assert lines.plan("create clip.kite")["changes"][0]["key"] != before
        (film.root / "texts/kite.txt").unlink()
        assert lines.next("diagnostics")["diagnostics"][0]["code"] == "S109"
        film.write("texts/kite.txt", KITE)
        assert lines.plan("create clip.kite")["changes"][0]["key"] == before


def test_a_take_that_another_command_picks_is_planned_on(tmp_path: Path) -> None:
    steps = 'takes = 2\n[[clips.kite.steps]]\nextend = "It lands."\nseconds = 4\n'
    film = make(tmp_path / "film", clip("kite", KITE) + steps)
    with Lines(film) as lines:
        lines.say(f"apply {lines.plan('create clip.kite#1', 'create clip.kite#2')['token']}")
        lines.plan()
        for take in ("2", "1"):
            pick = [sys.executable, "-m", "sorasync", "--library", str(film.root), "pick", "clip.kite", take]
            subprocess.run(pick, check=True, capture_output=True, env=surroundings())
            lines.plan(f"extend clip.kite#{take}/1")


def test_what_a_linked_manifest_points_to_is_watched(film: Library) -> None:
    film.write("shared/lamp.toml", clip("lamp", "A lamp"))
    (film.root / "manifests/lamp.toml").symlink_to("../shared/lamp.toml")
    with Lines(film) as lines:
        lines.plan("create clip.boat", "create clip.kite", "create clip.lamp")
        film.save("shared/lamp.toml", clip("torch", "A torch"))
        lines.plan("create clip.boat", "create clip.kite", "create clip.torch")


def test_a_file_that_was_emptied_to_be_written_anew_is_waited_for(film: Library) -> None:
    text = film.read("manifests/a.toml")
    with Lines(film) as lines:
        lines.plan("create clip.boat", "create clip.kite")
        (film.root / ".git").mkdir()
        film.write(".git/index.lock", "")
        film.write("manifests/a.toml", "")
        film.write("manifests/b.toml", clip("lamp", "A lamp"))
        film.write("manifests/a.toml", text)
        shutil.rmtree(film.root / ".git")
        lines.plan("create clip.boat", "create clip.kite", "create clip.lamp")


def test_a_library_that_is_none_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sorasync", "watch", "--library", str(tmp_path)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=surroundings()
    )
    assert done.returncode == 1
    assert b"no sorasync.toml" in done.stderr
