"""Clips of rows from the command line: planned as a group, tried in a sample, and never written down."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.ci.paid import Studio, a_studio

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
