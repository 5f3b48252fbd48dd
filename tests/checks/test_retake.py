"""`--replace failing`: retakes are planned with their price, limited, and end where nothing fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.films import film, moving
from tests.cli.kit import Film, make

MANIFEST = """\
[clips.pier]
prompt = "A pier, slow pan."
takes = 2
[clips.bay]
prompt = "A bay at noon."
checks = { black = false }
"""


@pytest.fixture
def library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """Three videos, of which both takes of the pier fail: white is black as well."""
    pytest.importorskip("starlette")
    library = make(tmp_path / "film", capsys, MANIFEST)
    configure(library)
    assert library.run("apply", "--yes").code == 0
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
    assert planned(library) == ([], "0.00", [])


def test_budgets_and_thresholds_hold_for_retakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = make(tmp_path / "film", capsys, '[clips.pier]\nprompt = "A pier."\n')
    config = library.read("sorasync.toml") + '[provider]\nprofile = "openai"\n[assets]\ntolerance_pct = 100\n'
    library.write("sorasync.toml", config + "[checks]\nblack = { level = 1.0 }\n")
    library.settle()
    with library.store() as store:
        record = store.record(library.render("clip.pier#1").key)
    assert record is not None and record.asset is not None
    target = library.project.assets().path_of(record.asset)
    target.write_bytes(film(tmp_path / "video.mp4", moving, 48).read_bytes())
    assert library.run("check").code == 1
    asked = "plan", "--replace", "failing", "--offline"
    assert library.run(*asked, "--format", "json").json["cost_usd"] == "0.40"
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
    assert notices == ["clip.pier#2 fails a check; retaking it for $0.40 is beyond [retake] budget"]


def test_a_clip_is_retaken_so_often_and_no_more(library: Film) -> None:
    configure(library, retake="[retake]\nmax_per_clip = 1\n")
    assert library.run("apply", "--replace", "failing", "--yes").code == 0
    addresses, _, notices = planned(library)
    assert addresses == []
    assert "clip.pier has been retaken 1 time: [retake] max_per_clip" in notices[0]
    assert library.run("plan", "--format", "json").json["changes"] == []
