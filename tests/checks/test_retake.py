"""`--replace failing`: retakes are planned with their price, limited, and end where nothing fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.test_check_command import put
from tests.cli.kit import Film, make

MANIFEST = """\
[clips.pier]
prompt = "A pier, slow pan."
takes = 2
[clips.bay]
prompt = "A bay at noon."
checks = { black = false }
"""


pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def library(tmp_path: Path, capsys: pytest.CaptureFixture[str], shots: dict[str, Path]) -> Film:
    """Three videos, of which both takes of the pier fail: white is black as well."""
    library = make(tmp_path / "film", capsys, MANIFEST)
    library.write("sorasync.toml", library.read("sorasync.toml") + "[assets]\ntolerance_pct = 100\n")
    configure(library)
    library.settle()
    for address, shot in (("clip.pier#1", "wall"), ("clip.pier#2", "dark"), ("clip.bay#1", "fence")):
        put(library, address, shots[shot])
    assert library.run("check").code == 1
    return library


def configure(library: Film, *, level: float = 1.0, retake: str = "") -> None:
    config = library.read("sorasync.toml").partition("[checks]")[0]
    checks = f"[checks]\nblack = {{ level = {level} }}\nstrobing = false\nflash = false\n"
    library.write("sorasync.toml", f"{config}{checks}{retake}")


def planned(library: Film) -> tuple[list[str], str, list[str]]:
    """The addresses that a plan renders afresh, their price, and what it says besides."""
    plan = library.run("plan", "--replace", "failing", "--format", "json").json
    return [one["address"] for one in plan["changes"]], plan["cost_usd"], plan["notices"]


def test_a_plan_lists_retakes_with_their_price_and_only_when_asked(library: Film) -> None:
    assert library.run("plan", "--format", "json").json["changes"] == []
    assert planned(library) == (["clip.pier#1", "clip.pier#2"], "0.80", [])
    configure(library, level=0.04)
    assert planned(library) == (
        [],
        "0.00",
        ["2 videos were not checked with the current [checks]: sorasync check"],
    )
    assert library.run("check").code == 1
    assert planned(library) == (["clip.pier#2"], "0.40", [])


def test_budgets_and_thresholds_hold_for_retakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shots: dict[str, Path]
) -> None:
    library = make(tmp_path / "film", capsys, '[clips.pier]\nprompt = "A pier."\n')
    config = library.read("sorasync.toml") + '[provider]\nprofile = "openai"\n[assets]\ntolerance_pct = 100\n'
    library.write("sorasync.toml", config + "[checks]\nblack = { level = 1.0 }\n")
    library.settle()
    put(library, "clip.pier#1", shots["wall"])
    assert library.run("check").code == 1
    asked = "plan", "--replace", "failing", "--offline"
    plan = library.run(*asked, "--format", "json").json
    assert plan["cost_usd"] == "0.40" and plan["changes"][0]["reason"] == "fails black"
    for limit in ("[budget]\nper_apply = 0.1\n", "[safety]\nmax_replace_pct = 30\nmin_existing = 1\n"):
        library.write("sorasync.toml", config + limit + "[checks]\nblack = { level = 1.0 }\n")
        assert library.run(*asked).code == 5


def test_a_take_that_is_not_picked_is_left_alone(library: Film) -> None:
    library.run("pick", "pier", "1")
    addresses, cost, notices = planned(library)
    assert (addresses, cost) == (["clip.pier#1"], "0.40")
    assert notices == ["clip.pier#2 fails a check and is not picked: it is left alone"]


def test_retakes_of_a_plan_have_a_budget_of_their_own(library: Film) -> None:
    configure(library, retake="[retake]\nbudget = 0.5\n")
    addresses, cost, notices = planned(library)
    assert (addresses, cost) == (["clip.pier#1"], "0.40")
    assert notices == ["clip.pier#2 fails a check; retaking it for $0.40 exceeds [retake] budget"]


def test_a_clip_is_retaken_so_often_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("starlette")
    library = make(tmp_path / "film", capsys, '[clips.pier]\nprompt = "A pier."\n')
    configure(library, retake="[retake]\nmax_per_clip = 1\n")
    assert library.run("apply", "--yes").code == 0
    assert planned(library)[0] == ["clip.pier"]
    assert library.run("apply", "--replace", "failing", "--yes").code == 0
    addresses, _, notices = planned(library)
    assert addresses == []
    assert "[retake] max_per_clip gives clip.pier 1 retake" in notices[0]
    assert library.run("plan", "--format", "json").json["changes"] == []
