"""What a change to a manifest costs, on a small library that has been applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.example.library import Used, copied, facts, picture

SETTINGS = """
[library]
name = "small"

[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""
CLIPS = """
[clips.chain]
prompt = "A paper boat drifts under a bridge."

[[clips.chain.steps]]
extend = "Continue as the boat reaches the open sea."

[[clips.chain.steps]]
edit = "The same at night."

[clips.choice]
prompt = "A lantern swings in the wind."
takes = 3

[clips.board]
scene = "A plain stage."

[[clips.board.shots]]
camera = "static"
action = "a curtain falls"
palette = ["red", "crimson", "scarlet"]

[[clips.board.shots]]
camera = "static"
action = "a curtain rises"
palette = ["green", "lime", "forest"]

[[clips.board.shots]]
camera = "static"
action = "a curtain burns"
palette = ["blue", "navy", "royal"]
"""
FILE = "manifests/clips.toml"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, applied once; tests work on copies."""
    from sorasync.cli.main import run

    root = tmp_path_factory.mktemp("library") / "small"
    (root / "manifests").mkdir(parents=True)
    (root / "sorasync.toml").write_text(SETTINGS, encoding="utf-8")
    (root / FILE).write_text(CLIPS, encoding="utf-8")
    assert run(["--library", str(root), "apply", "--yes", "--quiet"]) == 0
    return root


@pytest.fixture
def library(applied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Used:
    return Used(copied(applied, tmp_path / "small"), capsys)


def test_a_plan_after_an_apply_is_empty(library: Used) -> None:
    plan = library.plan()
    assert plan["changes"] == []
    assert plan["summary"]["unchanged"] == 7
    assert library.call("plan", "--detailed-exitcode")[0] == 0


def test_a_renamed_clip_is_one_move_and_costs_nothing(library: Used) -> None:
    library.rewrite(FILE, "[clips.board]", "[clips.stage]")
    text = (library.root / FILE).read_text(encoding="utf-8")
    (library.root / FILE).write_text(text.replace("clips.board.", "clips.stage."), encoding="utf-8")
    plan = library.plan()
    assert [(change["address"], change["action"]) for change in plan["changes"]] == [("clip.stage", "move")]
    assert float(plan["cost_usd"]) == 0
    library.apply()
    assert library.planned() == []
    assert (library.root / "assets/stage.mp4").exists()
    assert not (library.root / "assets/board.mp4").exists()


def test_a_prompt_that_is_changed_back_gets_its_first_video_back_for_nothing(library: Used) -> None:
    video = library.root / "assets/board.mp4"
    first = video.read_bytes()
    library.rewrite(FILE, "A plain stage.", "A stage of painted cardboard.")
    assert library.planned() == [("clip.board", "replace")]
    library.apply()
    assert video.read_bytes() != first
    library.rewrite(FILE, "A stage of painted cardboard.", "A plain stage.")
    plan = library.plan()
    assert [(change["address"], change["action"]) for change in plan["changes"]] == [("clip.board", "move")]
    assert float(plan["cost_usd"]) == 0
    library.apply()
    assert library.planned() == []
    assert video.read_bytes() == first


@pytest.mark.parametrize(
    ("step", "action", "cost"),
    [('extend = "A gull lands."\nseconds = 4', "extend", 0.4), ('edit = "In fog."', "edit", 0.4)],
)
def test_a_step_at_the_end_is_the_only_thing_planned(
    library: Used, step: str, action: str, cost: float
) -> None:
    library.append(FILE, f"\n[[clips.board.steps]]\n{step}\n")
    plan = library.plan()
    (change,) = plan["changes"]
    assert (change["address"], change["action"]) == ("clip.board#1/1", action)
    assert float(plan["cost_usd"]) == pytest.approx(cost)


def test_a_new_first_prompt_plans_its_whole_chain_and_nothing_else(library: Used) -> None:
    library.rewrite(FILE, "A paper boat drifts", "A paper swan drifts")
    plan = library.plan()
    assert [(change["address"], change["action"]) for change in plan["changes"]] == [
        ("clip.chain", "replace"),
        ("clip.chain#1/1", "replace"),
        ("clip.chain#1/2", "replace"),
    ]
    assert float(plan["cost_usd"]) == pytest.approx(0.4 + 0.4 + 0.8)


def test_a_fourth_take_is_one_create(library: Used) -> None:
    library.rewrite(FILE, "takes = 3", "takes = 4")
    assert library.planned() == [("clip.choice#4", "create")]


def test_a_take_less_retires_one_and_costs_nothing(library: Used) -> None:
    library.rewrite(FILE, "takes = 3", "takes = 2")
    plan = library.plan()
    assert [(change["address"], change["action"]) for change in plan["changes"]] == [
        ("clip.choice#3", "retire")
    ]
    assert float(plan["cost_usd"]) == 0


def test_what_is_for_people_only_plans_nothing(library: Used) -> None:
    library.rewrite(FILE, "takes = 3", '# three to choose from\ntakes = 3\ntags = ["night"]\nx-note = "mine"')
    (library.root / FILE).rename(library.root / "manifests/other.toml")
    assert library.planned() == []


def test_takes_of_one_prompt_are_different_videos(library: Used) -> None:
    takes = [(library.root / f"assets/choice/take-{take}.mp4").read_bytes() for take in (1, 2, 3)]
    assert len(set(takes)) == 3


def test_the_frames_of_a_storyboard_show_its_shots_in_order(library: Used) -> None:
    board = library.root / "assets/board.mp4"
    strongest = []
    for seconds in (0.6, 2.0, 3.4):
        seen = picture(board, seconds)[200:440, 80:960].reshape(-1, 3).mean(axis=0)
        strongest.append("rgb"[int(seen.argmax())])
    assert strongest == ["r", "g", "b"]


def test_an_extended_clip_has_the_summed_length(library: Used) -> None:
    assets = library.root / "assets"
    first = facts(assets / "chain/take-1.mp4")
    extended = facts(assets / "chain/take-1-step-1.mp4")
    edited = facts(assets / "chain.mp4")
    assert first.seconds == pytest.approx(4, abs=0.05)
    assert extended.seconds == pytest.approx(8, abs=0.05)
    assert edited.seconds == pytest.approx(8, abs=0.05)
    assert extended.frames == 2 * first.frames
    assert first.size == extended.size == edited.size == (1280, 720)
