"""Files for other programs: what is read back from them is the cut that was written."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import opentimelineio as otio
import pytest

from tests.cli.kit import Answer, Film, make
from tests.cuts.kit import stored, tone, video, wave_file

# The adapter's reader of .fcpxml asks an XML element for its truth, which Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")

FILM = """
[clips.a]
prompt = "=A kitchen, at night."
[clips.b]
scene = "A harbour."
seconds = 8
[[clips.b.shots]]
action = "two gulls"
[[clips.b.shots]]
dialogue = [{ speaker = "Ada", line = "We are late." }, { speaker = "Bo", line = "Are we?" }]
[[clips.b.steps]]
extend = "Shot 1\\nDialogue:\\n- Ada: \\"Yes.\\""
seconds = 4

[cuts.reel]
fps = 24
names = "{cut}_{scene:02}_{shot:03}"
events = [
  { transition = "fade", length = "6f" },
  { clip = "a", in = 1, out = 3 },
  { transition = "dissolve", length = "15f" },
  { clip = "b", in = 2, scene = 2 },
  { gap = "12f" },
  { clip = "a", out = "40f", scene = 2 },
]
audio = [{ file = "../sound/the theme.wav", at = 1, in = 0.5 }]
markers = [{ at = 2, name = "Title", color = "red" }]
"""
# Clips with what is read of each source, and the dissolve between the first two.
A, B, LAST = (24, 48 - 8), (48 + 7, 240 - 7), (0, 40)


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library with a cut, of which one clip is rendered."""
    wave_file(tmp_path / "film/sound/the theme.wav", tone(30, 0, 30))
    made = make(tmp_path / "film", capsys, FILM)
    stored(made, "clip.a#1", video(tmp_path / "a.mp4", 24, 96))
    return made


@pytest.fixture(autouse=True)
def quick_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawings are tested elsewhere: here only their place counts."""
    from sorasync.preview import drawing

    monkeypatch.setattr(
        drawing, "carry_out", lambda job, progress: job.out.parent.mkdir(parents=True, exist_ok=True)
    )


def written(film: Film, name: str) -> tuple[Answer, str]:
    answer = film.run("cut", "reel", "--out", f"edit/{name}")
    assert answer.code == 0, answer.err
    return answer, film.read(f"edit/{name}")


def timeline(film: Film, suffix: str) -> otio.schema.Timeline:
    _, text = written(film, f"reel{suffix}")
    adapter = {".otio": "otio_json", ".edl": "cmx_3600", ".fcpxml": "fcpx_xml", ".xml": "fcp_xml"}[suffix]
    found = otio.adapters.read_from_string(text, adapter)
    return (
        found
        if isinstance(found, otio.schema.Timeline)
        else next(iter(found.find_children(descended_from_type=otio.schema.Timeline)), found)
    )


def pictures(found: Any) -> list[Any]:
    return list(next(track for track in found.tracks if track.kind == otio.schema.TrackKind.Video))


def source(item: Any) -> tuple[int, int]:
    """The first frame and the length of an item."""
    part = item.trimmed_range()
    return round(part.start_time.rescaled_to(24).value), round(part.duration.rescaled_to(24).value)


def address(film: Film, url: str) -> Path:
    """Where a relative address leads from the directory of the file."""
    return (film.root / "edit" / unquote(url)).resolve()


@pytest.mark.parametrize("suffix", [".otio", ".edl", ".fcpxml", ".xml"])
def test_an_editing_program_reads_the_same_cut(film: Film, suffix: str) -> None:
    items = pictures(timeline(film, suffix))
    clips = [item for item in items if isinstance(item, otio.schema.Clip)]
    # An EDL has the dissolve begin where it does in the film, not in its middle.
    first, second = ((24, 33), (48, 240)) if suffix == ".edl" else (A, B)
    assert [source(clip) for clip in clips] == [first, second, LAST]
    assert [clip.name for clip in clips] == ["reel_01_001", "reel_02_001", "reel_02_002"]
    gaps = [item for item in items if isinstance(item, otio.schema.Gap)]
    assert [source(gap)[1] for gap in gaps] == [12]
    dissolves = [item for item in items if isinstance(item, otio.schema.Transition)]
    whole = [round(one.in_offset.value + one.out_offset.value) for one in dissolves]
    assert whole == ([] if suffix == ".fcpxml" else [15])


@pytest.mark.parametrize("suffix", [".otio", ".fcpxml", ".xml"])
def test_media_are_named_relative_to_the_file(film: Film, suffix: str) -> None:
    found = timeline(film, suffix)
    clips = [item for item in pictures(found) if isinstance(item, otio.schema.Clip)]
    urls = [clip.media_reference.target_url for clip in clips]
    assert not any(url.startswith(("/", "file:")) for url in urls)
    assert (
        urls[0] == urls[2]
        and address(film, urls[0]).read_bytes() == (film.root.parent / "a.mp4").read_bytes()
    )
    assert address(film, urls[1]).parent == film.root / "state/cache/animatics"
    (track,) = [track for track in found.tracks if track.kind == otio.schema.TrackKind.Audio]
    (sound,) = [item for item in track if isinstance(item, otio.schema.Clip)]
    assert address(film, sound.media_reference.target_url) == film.root / "sound/the theme.wav"
    assert source(sound) == (12, 325 - 24)


def test_markers_and_keys_are_in_the_timeline(film: Film) -> None:
    found = timeline(film, ".otio")
    (marker,) = found.tracks.markers
    assert (marker.name, marker.color, marker.marked_range.start_time.value) == ("Title", "RED", 48)
    first = pictures(found)[0].metadata["sorasync"]
    assert (first["address"], first["key"]) == ("clip.a#1", film.render("clip.a#1").key)
    assert first["fade_in_frames"] == 6
    assert found.duration().value == 48 - 15 + 240 + 12 + 40


def test_what_a_format_does_not_carry_is_said(film: Film) -> None:
    answer, _ = written(film, "reel.edl")
    assert "Not in .edl files: sound tracks, fades, markers." in answer.out
    film.write("manifests/a.toml", FILM.replace("fps = 24", "fps = 12"))
    answer = film.run("cut", "reel", "--out", "reel.edl")
    assert answer.code == 1 and "CMX 3600 EDL has no timecode for 12 frames a second" in answer.err
    assert film.run("cut", "reel", "--out", "reel.otio").code == 0
    assert film.run("cut", "reel", "--out", "reel.aaf").code == 64


def test_subtitles_of_a_cut_without_dialogue_are_said_to_be_none(film: Film) -> None:
    film.write(
        "manifests/quiet.toml",
        '[clips.quiet]\nprompt = "A pier."\n[cuts.still]\nevents = [{ clip = "quiet" }]\n',
    )
    answer = film.run("cut", "still", "--out", "edit/still.srt")
    assert answer.out == "edit/still.srt: empty, because no clip of the cut has dialogue.\n"
    assert film.read("edit/still.srt") == ""
    assert film.run("cut", "still", "--out", "edit/still.srt", "--format", "json").json["subtitles"] == 0


def test_subtitles_have_the_dialogue_in_the_time_of_the_cut(film: Film) -> None:
    answer, text = written(film, "reel.srt")
    assert "edit/reel.srt: 3 subtitles, " in answer.out
    blocks = text.strip().split("\n\n")
    assert [block.split("\n", 2)[2] for block in blocks] == ["We are late.", "Are we?", "Yes."]
    times = [block.split("\n")[1].split(" --> ") for block in blocks]
    # The clip begins at 33 frames, from its second 2 on; the extension at its second 8, and its line of one
    # second stands in the middle of its four.
    assert times[2] == ["00:00:08,875", "00:00:09,875"]
    assert times[0][1] < times[1][0] and times[1][1] < times[2][0]
    assert all(start < stop for start, stop in times)


def test_a_shot_list_has_a_row_for_each_event(film: Film) -> None:
    _, text = written(film, "reel.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == ["reel_01_001", "reel_02_001", "gap", "reel_02_002"]
    assert rows[0]["prompt"] == "'=A kitchen, at night."
    assert [row["cost_usd"] for row in rows] == ["0.00", "1.20", "", "0.00"]
    assert [row["footage"] for row in rows] == ["rendered", "animatic", "", "rendered"]
    assert (rows[1]["starts_at"], rows[1]["ends_at"]) == ("00:00:01:09", "00:00:11:09")
    assert (film.root / "edit" / rows[0]["file"]).resolve().is_file()
