"""What a plan promises is what an apply does: the same faults, refusals, command and exit code."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.cli.main import run
from tests.ci.paid import Studio, clips
from tests.cli.kit import Film
from tests.preflight.media import picture

TWO = clips("a", "b")
MEDIA = """\
[clips.tall]
prompt = "A heron on a post."
image = "refs/tall.png"
[clips.text]
prompt = "A heron on a roof."
image = "refs/text.png"
"""


def with_media(studio: Studio) -> None:
    picture(studio.root / "manifests/refs/tall.png", 720, 1280)
    (studio.root / "manifests/refs/text.png").write_text("not an image")
    studio.write(MEDIA)


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_plan_refuses_the_media_that_apply_refuses(studio: Studio, form: str) -> None:
    with_media(studio)
    applied = studio.run("apply", "--yes", "--max-cost", "9")
    planned = studio.run("plan", "--offline", "--format", form)
    assert applied.code == planned.code == 1
    for code in ("S221", "S222"):
        assert code in applied.err
        assert code in planned.out + planned.err
    assert "sp1:" not in planned.out
    assert studio.billed() == 0


def test_one_fault_hides_no_other(studio: Studio) -> None:
    with_media(studio)
    for name, text in (
        ("broken", "[clips.x"),
        ("unknown", '[clips.y]\nprompt = "A {{ nobody }} runs."\n'),
        ("branch", '[clips.from-y]\nfrom = "y"\nsteps = [{ edit = "At night." }]\n'),
        ("model", '[clips.z]\nmodel = "nomodel"\nprompt = "A dog runs."\n'),
    ):
        (studio.root / "manifests" / f"{name}.toml").write_text(text)
    wanted = {"S101", "S106", "S120", "S221", "S222"}
    for command in (("validate",), ("plan", "--offline"), ("apply", "--yes")):
        answer = studio.run(*command)
        assert answer.code == 1
        assert {code for code in wanted if f"error[{code}]" in answer.err} == wanted
        assert "from-y" not in answer.err


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_plan_beyond_a_threshold_is_refused_as_its_apply_is(studio: Studio, form: str) -> None:
    studio.configure("[safety]", "max_replace_pct = 20", "min_existing = 2")
    studio.write(TWO)
    assert studio.run("apply", "--yes", "--max-cost", "9").code == 0
    planned = studio.run("plan", "--replace", "clip.a", "--format", form)
    applied = studio.run("apply", "--replace", "clip.a", "--yes", "--max-cost", "9")
    assert planned.code == applied.code == 5
    assert "S501" in planned.out
    assert "Apply exactly this" not in planned.out
    assert studio.run("plan", "--replace", "clip.a", "--detailed-exitcode").code == 5
    saved = studio.run("plan", "--replace", "clip.a", "--out", str(studio.root / "plan.json"))
    assert "carry it out" not in saved.err


def test_the_command_below_a_plan_carries_out_exactly_that_plan(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.configure("[env.stage]")
    studio.write(clips("a", "b", "c-d"))
    studio.run("--env", "stage", "apply", "--yes", "--max-cost", "9")
    paid = studio.billed()
    options = ("--target", "clip.*", "--exclude", "clip.b", "--replace", "clip.c*", "--direct")
    shown = studio.run("--env", "stage", "plan", *options).out
    (line,) = (line for line in shown.splitlines() if line.startswith("Apply exactly this: "))
    words = shlex.split(line.removeprefix("Apply exactly this: "))
    assert words[0] == "sorasync"
    assert words[words.index("--replace") + 1] == "clip.c*"
    assert run([*words[1:], "--yes", "--max-cost", "9"]) == 0
    assert studio.billed() == paid + Decimal("0.40")


@pytest.mark.parametrize(
    "options",
    [("--target", "clip.a"), ("--exclude", "clip.a"), ("--replace", "clip.a"), ("--batch",), ("--direct",)],
)
def test_a_saved_plan_is_not_applied_with_options_that_would_make_another_one(
    studio: Studio, options: tuple[str, ...]
) -> None:
    studio.write(TWO)
    saved = str(studio.root / "plan.json")
    studio.run("plan", "--out", saved)
    answer = studio.run("apply", saved, *options)
    assert answer.code == 64
    assert f"{options[0]} cannot change a saved plan" in answer.err
    assert studio.billed() == 0
    assert studio.run("apply", saved, "--offline").code == 0
    assert studio.billed() == Decimal("0.80")


def test_a_saved_plan_that_is_stale_or_gone_is_refused_before_anything_else_is_read(studio: Studio) -> None:
    studio.write(TWO)
    saved = str(studio.root / "plan.json")
    studio.run("plan", "--out", saved)
    assert studio.run("apply", saved).code == 0
    studio.write("[clips.a]\nprompt = ")
    stale, gone = studio.run("apply", saved), studio.run("apply", saved + ".old")
    assert stale.code == 7
    assert "the plan is stale: clip.a is now stored" in stale.err
    assert gone.code == 1
    assert "cannot read the plan file" in gone.err and "make one with sorasync plan --out FILE" in gone.err


def test_the_command_is_not_repeated_inside_apply(studio: Studio) -> None:
    studio.write(TWO)
    shown = studio.run("apply", "--yes", "--max-cost", "9").out
    assert "2 to create" in shown
    assert "Apply exactly this" not in shown


def test_what_an_apply_would_do_nothing_about_is_no_change(studio: Studio) -> None:
    studio.write(clips("a"))
    studio.faults({"route": "create", "do": "moderated", "prompt": "A a"})
    studio.run("apply", "--yes", "--max-cost", "9")
    answer = studio.run("plan", "--detailed-exitcode")
    assert "1 blocked" in answer.out
    assert answer.code == 0
    studio.write(clips("a", "b"))
    assert studio.run("plan", "--detailed-exitcode").code == 2


def test_quiet_and_short_show_as_little_as_they_say(studio: Studio) -> None:
    studio.write(TWO)
    quiet = studio.run("apply", "--yes", "--max-cost", "9", "-q").out.splitlines()
    assert quiet[0].startswith("Apply: 2 done.")
    studio.write(TWO.replace("A a at dusk", "A a at dawn"))
    assert "{-dusk.-}" in studio.run("plan").out
    short = studio.run("apply", "--yes", "--max-cost", "9", "--short").out
    assert "clip.a" in short
    assert "{-dusk.-}" not in short


def test_a_render_that_was_kept_is_reused_and_a_rename_is_a_move(studio: Studio) -> None:
    studio.write(clips("a"))
    studio.run("apply", "--yes", "--max-cost", "9")
    studio.write(clips("a").replace("dusk", "dawn"))
    studio.run("apply", "--yes", "--max-cost", "9")
    studio.write(clips("a"))
    answer = studio.run("plan")
    assert "→ clip.a  reuse" in answer.out
    assert "Plan: 1 to reuse, 0 unchanged." in answer.out
    assert studio.run("plan", "--format", "json").json["summary"]["move"] == 1
    assert "→ reuse" in studio.run("plan", "--format", "github").out
    studio.run("apply", "--yes")
    studio.write(clips("a").replace("clips.a", "clips.z"))
    assert "Plan: 1 to move, 0 unchanged." in studio.run("plan").out


def test_what_a_clone_lacks_is_not_downloaded_yet_and_what_was_here_is_missing(studio: Studio) -> None:
    studio.configure("[state]", "lock_file = true")
    studio.write(clips("a"))
    studio.run("apply", "--yes", "--max-cost", "9")
    clear(studio.root / "assets")
    assert "its file is missing or damaged here" in studio.run("plan").out
    clear(studio.root / "state")
    assert "not downloaded here yet" in studio.run("plan").out


def clear(directory: Path) -> None:
    import shutil

    shutil.rmtree(directory)


TAKES = """\
[clips.market]
prompt = "A market at dusk."
takes = 2
pick = 1
"""


def test_a_pick_by_hand_relinks_the_clips_own_name_in_a_free_line(studio: Studio) -> None:
    studio.write(TAKES)
    studio.run("apply", "--yes", "--max-cost", "9")
    paid, name = studio.billed(), studio.root / "assets/market.mp4"
    takes = {number: name.with_name("market") / f"take-{number}.mp4" for number in (1, 2)}
    assert name.samefile(takes[1])
    studio.write(TAKES.replace("pick = 1", "pick = 2"))

    planned = studio.run("plan", "--detailed-exitcode")
    assert (
        "→ clip.market  relink  free  assets/market.mp4 is clip.market#1, to be clip.market#2" in planned.out
    )
    assert "Plan: 1 to relink, 2 unchanged." in planned.out
    assert "Cost: nothing." in planned.out
    assert planned.code == 2
    as_data = studio.run("plan", "--format", "json").json
    assert as_data["changes"] == []
    assert [one["wanted"] for one in as_data["relinks"]] == ["clip.market#2"]
    assert "to relink" in studio.run("plan", "--format", "github").out
    drifted = studio.run("drift", "--detailed-exitcode")
    assert "assets/market.mp4 does not point to it" in drifted.out
    assert drifted.code == 3
    assert "assets/market.mp4 still points to another render" in studio.run("status").out

    applied = studio.run("apply")
    assert applied.code == 0
    assert "assets/market.mp4 is clip.market#2 now" in applied.out
    assert "Apply: 1 name relinked." in applied.out
    assert name.samefile(takes[2])
    assert studio.billed() == paid
    assert studio.run("plan", "--detailed-exitcode").code == 0
    assert studio.run("drift", "--detailed-exitcode").code == 0


def test_a_name_that_shows_an_earlier_render_is_relinked_whatever_the_clip(studio: Studio) -> None:
    """As where the names came back from a cache or a backup of an earlier day."""
    studio.write(clips("a"))
    studio.run("apply", "--yes", "--max-cost", "9")
    name, ledger = studio.root / "assets/a.mp4", studio.root / "assets/.store/names.json"
    earlier = studio.root / "earlier.mp4"
    earlier.hardlink_to(name)
    noted = ledger.read_bytes()
    studio.write(clips("a").replace("prompt = ", "revision = 1\nprompt = "))
    studio.run("apply", "--yes", "--max-cost", "9")
    name.unlink()
    name.hardlink_to(earlier)
    ledger.write_bytes(noted)

    planned = studio.run("plan", "--format", "json").json
    assert (planned["changes"], len(planned["relinks"])) == ([], 1)
    assert "assets/a.mp4 is an earlier render, to be clip.a" in studio.run("plan").out
    assert "Apply: 1 name relinked." in studio.run("apply").out
    assert not name.samefile(earlier)
    assert studio.run("plan", "--detailed-exitcode").code == 0


def test_names_that_only_one_machine_has_are_no_part_of_a_token(studio: Studio) -> None:
    studio.write(TAKES)
    studio.run("apply", "--yes", "--max-cost", "9")
    studio.write(TAKES.replace("pick = 1", "pick = 2") + clips("a"))
    here = studio.run("plan", "--format", "json").json
    (studio.root / "assets/.store/names.json").unlink()
    there = studio.run("plan", "--format", "json").json
    assert [len(one["relinks"]) for one in (here, there)] == [1, 0]
    assert here["token"] == there["token"]


def test_a_name_that_is_gone_is_made_again_and_a_file_of_somebody_else_is_left_alone(studio: Studio) -> None:
    studio.write(TAKES)
    studio.run("apply", "--yes", "--max-cost", "9")
    name = studio.root / "assets/market.mp4"
    (studio.root / "assets/.store/names.json").unlink()
    name.unlink()
    assert "assets/market.mp4 is not there, to be clip.market#1" in studio.run("plan").out
    name.write_text("mine")
    assert studio.run("plan", "--format", "json").json["relinks"] == []


def test_sorasync_pick_relinks_at_once(studio: Studio) -> None:
    studio.write(TAKES.replace("pick = 1\n", ""))
    studio.run("apply", "--yes", "--max-cost", "9")
    assert "Plan: no changes." in studio.run("pick", "market", "2").out
    name = studio.root / "assets/market.mp4"
    assert name.samefile(name.with_name("market") / "take-2.mp4")


def test_find_without_a_hit_fails_as_grep_does(film: Callable[[str], Film]) -> None:
    one = film(clips("a"))
    assert one.run("find", "dusk").code == 0
    assert one.run("find", "elephant").code == 1
    assert one.run("find", "elephant", "--format", "json").json["found"] == []


def test_gc_tells_renders_of_one_address_apart_and_takes_addresses(studio: Studio) -> None:
    for time in ("dusk", "dawn", "noon"):
        studio.write(clips("a", "b").replace("A a at dusk", f"A a at {time}"))
        studio.run("apply", "--yes", "--max-cost", "9")
    studio.write(clips("a").replace("dusk", "noon"))
    studio.run("apply", "--yes", "--max-cost", "9")
    listed = [line.split("  ")[0] for line in studio.run("gc").out.splitlines() if line.startswith("- ")]
    assert len(set(listed)) == 3
    assert "- clip.b#1" in listed
    assert all(line.endswith(")") for line in listed if "clip.a#1" in line)
    assert "1 retired render," in studio.run("gc", "clip.b").out
    assert "No retired render matches" in studio.run("gc", "clip.x*").out
    assert "Deleted: 2 renders" in studio.run("gc", "clip.a", "--delete", "--yes").out
    assert "1 retired render," in studio.run("gc").out
