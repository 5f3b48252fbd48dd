"""Clips of rows from the command line: planned as a group, tried in a sample, and never written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ci.paid import Studio, a_studio
from tests.cli.kit import Film

PEOPLE = "id,name\n" + "".join(f"{number},Person No {number}\n" for number in range(1, 13))
AD = '[clips.ad]\nprompt = "A letter to {{ name }}."\n[clips.ad.each]\ncsv = "people.csv"\nkey = "id"\n'


def everything(root: Path) -> bytes:
    """The state, the lock file and what lies beside the videos."""
    kept = [root / "sorasync.lock", *(root / "state").rglob("*"), *(root / "assets").rglob("*.json")]
    return b"".join(path.read_bytes() for path in kept if path.is_file() and "preview" not in str(path))


def test_rows_are_tried_in_a_sample_planned_as_a_group_and_written_down_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_studio(tmp_path, capsys) as studio:
        _check(studio)


def _check(studio: Studio) -> None:
    (studio.root / "manifests" / "people.csv").write_text(PEOPLE)
    (studio.root / "manifests" / "clips.toml").write_text(AD)
    planned = studio.run("plan")
    assert "9 more like clip.ad[…]" in planned.out
    assert "+$3.60" in planned.out
    assert planned.out.count("clip.ad[id=") == 3
    sample = studio.run("plan", "--sample", "2")
    assert "2 to create" in sample.out
    assert "apply --sample 2 --expect" in sample.out
    assert studio.run("apply", "--sample", "2", "--yes", "--quiet").code == 0
    assert studio.billed() == Decimal("0.80")
    assert len(studio.run("plan", "--format", "json").json["changes"]) == 10
    (studio.root / "manifests" / "people.csv").write_text(PEOPLE.replace("No 1\n", "No 99\n"))
    changed = studio.run("plan", "--target", "clip.ad[id=1]", "--full")
    assert "row changed" in changed.out
    assert "Person" not in changed.out + studio.run("plan", "--full").out
    changed = studio.run("plan", "--sample", "1", "--format", "github")
    assert "row changed" in changed.out
    assert "Person" not in changed.out
    written = everything(studio.root)
    assert b"ad[id=1]" in written
    assert b"Person No" not in written
    shown = studio.run("show", "clip.ad[id=1]").out
    assert "each.id" in shown
    assert "Person No 99" in shown
    _hand_on(studio)


def _hand_on(studio: Studio) -> None:
    """What is kept or sent: a saved plan, which is carried out all the same, a page, and a shot list."""
    root = studio.root
    with (root / "manifests" / "clips.toml").open("a") as file:
        file.write('[cuts.film]\nevents = [{ clip = "ad[id=1]" }, { clip = "ad[id=2]" }]\n')
    assert studio.run("plan", "--target", "clip.ad[id=1]", "--out", str(root / "saved.plan")).code == 0
    assert studio.run("review", "--html", str(root / "page")).code == 0
    assert studio.run("cut", "film", "--out", str(root / "shots.csv")).code == 0
    handed = [root / "saved.plan", root / "shots.csv", root / "page" / "index.html"]
    assert all(b"Person No" not in file.read_bytes() for file in handed)
    assert studio.run("apply", str(root / "saved.plan"), "--yes", "--quiet").code == 0
    assert studio.billed() == Decimal("1.20")
    assert "Person No 99" in studio.run("show", "clip.ad[id=1]").out
    assert studio.run("plan", "--target", "clip.ad[id=3]", "--out", str(root / "other.plan")).code == 0
    (root / "manifests" / "people.csv").write_text(PEOPLE.replace("No 3\n", "No 98\n"))
    stale = studio.run("apply", str(root / "other.plan"), "--yes")
    assert stale.code == 7
    assert "the row of clip.ad[id=3] has changed, or is gone" in stale.err
    assert studio.billed() == Decimal("1.20")


def test_the_line_of_a_group_is_that_of_the_page(film: Callable[[str], Film]) -> None:
    one = film(f"[defaults]\nseconds = 4\n{AD}")
    rows = "".join(f"{number},Person {number}\n" for number in range(1, 16))
    one.write("manifests/people.csv", f"id,name\n{rows}")
    group = next(line for line in one.run("plan").out.splitlines() if " more like " in line)
    page = " ".join((Path(__file__).parents[2] / "docs" / "rows.md").read_text(encoding="utf-8").split())
    shape = re.sub(r"[\d,.]+ more|\$[\d.]+", "N", " ".join(group.split()))
    assert shape in re.sub(r"[\d,.]+ more|\$[\d.]+", "N", page)


def test_a_name_of_several_clips_asks_for_one_of_those_that_are_declared(
    film: Callable[[str], Film],
) -> None:
    one = film(AD)
    one.write("manifests/people.csv", "id,name\n" + "".join(f"{n},Person\n" for n in (12, 7, 20, 21, 3)))
    one.settle()
    one.write("manifests/people.csv", "id,name\n" + "".join(f"{n},Person\n" for n in (12, 7, 20, 21)))
    one.settle()
    for command in ("log", "show"):
        refused = one.run(command, "clip.ad")
        assert refused.code == 1
        assert "'clip.ad' means 4 clips" in refused.err
        assert (
            "name one of them: 'clip.ad[id=7]', 'clip.ad[id=12]', 'clip.ad[id=20]' and 1 more" in refused.err
        )
    assert one.run("log", "clip.ad[id=3]").code == 0
    one.write("manifests/a.toml", "")
    assert "'ad' means 5 clips" in one.run("log", "ad").err
    one.write("manifests/a.toml", "nonsense")
    assert "'ad' means 5 clips" in one.run("log", "ad").err


def test_only_what_looks_alike_is_suggested(film: Callable[[str], Film]) -> None:
    one = film('[stills.pier]\nprompt = "A pier."\n[clips.market]\nprompt = "A market."\n')
    one.settle()
    for command in ("status", "log", "show"):
        refused = one.run(command, "nope").err
        assert "did you mean" not in refused and "sorasync status lists the addresses" in refused
        assert "did you mean still.pier?" in one.run(command, "still.peir").err
        assert "did you mean clip.market?" in one.run(command, "markt").err
    assert "Did you mean" not in one.run("cost", "--bogus").err
    assert "Did you mean '--usable'?" in one.run("cost", "--useable").err
