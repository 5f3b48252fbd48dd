"""Stills in cuts: held as long as asked for, drawn where they are not rendered, handed over like clips."""

from __future__ import annotations

import csv
from pathlib import Path

import opentimelineio as otio
import pytest

from tests.cli.kit import Film, make
from tests.cuts.kit import frames_of, picture, stored, video

FILM = """
[stills.quay]
prompt = "A quay at dawn."
takes = 2
gate = true
[clips.a]
prompt = "A kitchen."

[cuts.reel]
size = "64x36"
events = [
  { transition = "fade", length = "6f" },
  { still = "quay", length = 1 },
  { transition = "dissolve", length = "7f" },
  { clip = "a", out = 1 },
  { still = "quay", take = 1, length = "5f", scene = 2 },
]
names = "{clip}_{scene:02}_{shot:02}"
"""


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library with a clip and the first take of a still, both rendered."""
    made = make(tmp_path / "film", capsys, FILM)
    stored(made, "clip.a#1", video(tmp_path / "a.mp4", 24, 96))
    stored(made, "still.quay#1", picture(tmp_path / "one.png", 60))
    return made


def test_a_still_is_held_from_its_first_frame_to_its_last(film: Film) -> None:
    film.write("manifests/picks.toml", '[picks]\n"still.quay" = 1\n')
    answer = film.run("cut", "reel", "--out", "reel.mp4")
    assert answer.code == 0, answer.err
    found = frames_of(film.root / "reel.mp4")
    assert len(found) == 24 - 7 + 24 + 5
    assert found[0] < found[1] < found[5] < 60
    assert found[6:17] == pytest.approx([60] * 11, abs=0.75)
    assert found[20] == pytest.approx((60 + 3) / 2, abs=1)
    assert found[24:41] == pytest.approx([float(number) for number in range(7, 24)], abs=0.75)
    assert found[41:] == pytest.approx([60] * 5, abs=0.75)


def test_what_is_not_rendered_or_picked_is_drawn_and_priced(film: Film) -> None:
    seen = film.run("cut", "reel", "--format", "json")
    assert seen.code == 0, seen.err
    assert [(one["address"], one["footage"]) for one in seen.json["events"]] == [
        ("still.quay#1", "rendered"),
        ("clip.a", "rendered"),
        ("still.quay#1", "rendered"),
    ]
    film.write("manifests/picks.toml", '[picks]\n"still.quay" = 2\n')
    seen = film.run("cut", "reel", "--format", "json")
    assert (seen.json["events"][0]["footage"], seen.json["cost_usd"]) == ("animatic", "0.1136")
    assert len(frames_of(Path(seen.json["file"]))) == 46
    assert list(film.root.glob("state/cache/animatics/*.png"))


def test_other_programs_get_the_picture_for_as_long_as_it_is_held(film: Film) -> None:
    assert film.run("cut", "reel", "--out", "reel.otio").code == 0
    track = otio.adapters.read_from_file(str(film.root / "reel.otio")).video_tracks()[0]
    clips = [one for one in track if isinstance(one, otio.schema.Clip)]
    lengths = [(one.name, int(one.source_range.duration.value)) for one in clips]
    assert lengths == [("quay_01_01", 20), ("a_01_02", 21), ("quay_02_01", 5)]
    for clip in clips[::2]:
        assert (film.root / clip.media_reference.target_url).read_bytes()[1:4] == b"PNG"
    assert film.run("cut", "reel", "--out", "reel.csv").code == 0
    rows = list(csv.DictReader((film.root / "reel.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["clip"] for row in rows] == ["still.quay", "a", "still.quay"]
    assert film.run("cut", "reel", "--out", "reel.srt").code == 0
