"""Bundles that another program reads, shot lists with pictures, and what FCPXML holds beside its clips."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import opentimelineio as otio
import pytest

from tests.cli.kit import Film, make
from tests.cuts.kit import picture, stored, tone, video, wave_file

FILM = """
[stills.quay]
prompt = "A quay at dawn."
[clips.a]
prompt = "A kitchen."
[clips.b]
prompt = "A harbour, 市場."

[cuts.reel]
size = "64x36"
events = [
  { clip = "a", in = 1, out = 3, gain = -6 },
  { gap = 1 },
  { still = "quay", length = 2 },
  { clip = "b", out = 1, gain = -3 },
]
audio = [
  { file = "theme.wav", gain = -8.5 },
  { file = "theme.wav", at = 2, out = 2, gain = 3 },
]
markers = [{ at = 3.5, name = "Title" }, { at = 0, name = "First" }]
"""


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library with a cut, all of it rendered; only one clip has sound."""
    wave_file(tmp_path / "film/manifests/theme.wav", tone(8, 0, 8))
    made = make(tmp_path / "film", capsys, FILM)
    stored(made, "clip.a#1", video(tmp_path / "a.mp4", 24, 96, beep=1.0))
    stored(made, "clip.b#1", video(tmp_path / "b.mp4", 25, 100))
    stored(made, "still.quay#1", picture(tmp_path / "quay.png", 60))
    return made


def test_a_bundle_holds_its_media_and_another_program_reads_it(film: Film, tmp_path: Path) -> None:
    answer = film.run("cut", "reel", "--out", "out/reel.otioz")
    assert answer.code == 0, answer.err
    bundle = film.root / "out/reel.otioz"
    with zipfile.ZipFile(bundle) as file:
        media = [name for name in file.namelist() if name.startswith("media/")]
        assert [Path(name).suffix for name in media] == [".mp4", ".png", ".mp4", ".wav"]
        assert file.read(media[0]) == (film.root.parent / "a.mp4").read_bytes()
    # It is written again in place of the one before.
    assert film.run("cut", "reel", "--out", "out/reel.otioz").code == 0
    tool = Path(sys.executable).with_name("otiotool")
    listed = subprocess.run(
        [tool, "-i", bundle, "--list-clips", "--list-tracks", "--stats"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(name in listed for name in ("CLIP: a", "CLIP: quay", "CLIP: b", "TRACK: V1"))
    read = otio.adapters.read_from_file(str(bundle))
    assert read.duration().value == 48 + 24 + 48 + 24
    for clip in read.find_clips():
        assert clip.media_reference.target_url in media


# The adapter asks an XML element for its truth, which Python warns of from 3.12 on.
@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
def test_fcpxml_has_gains_as_bare_numbers_markers_and_who_has_sound(film: Film) -> None:
    answer = film.run("cut", "reel", "--out", "reel.fcpxml")
    assert answer.code == 0 and "Not in" not in answer.out
    root = ET.parse(film.root / "reel.fcpxml").getroot()
    assets = {one.get("name"): one.get("hasAudio") for one in root.iter("asset")}
    assert assets == {"a": "1", "quay": "0", "b": "0", "theme.wav": "1"}
    spine = root.find(".//spine")
    assert spine is not None and [one.tag for one in spine] == ["clip", "gap", "clip", "clip"]
    # Of a clip without sound a gain says nothing.
    volumes = {one.get("name"): [v.get("amount") for v in one.findall("adjust-volume")] for one in spine}
    assert volumes == {"a": ["-6"], "Gap": [], "quay": [], "b": []}
    lanes = {one.get("lane"): one.find("adjust-volume") for one in spine.iter("clip") if one.get("lane")}
    assert {lane: v.get("amount") for lane, v in lanes.items() if v is not None} == {"-1": "-8.5", "-2": "3"}
    markers = {one.get("name"): [m.attrib for m in one.findall("marker")] for one in spine}
    assert markers["quay"] == [{"start": "1/2s", "duration": "1/24s", "value": "Title"}]
    # In the time of what it is on: the first frame of clip.a that is seen is its second 1.
    assert markers["a"] == [{"start": "1s", "duration": "1/24s", "value": "First"}]
    assert "Not in .xml files: gains." in film.run("cut", "reel", "--out", "reel.xml").out


def test_a_pdf_has_a_picture_for_each_shot_and_says_what_no_font_has(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sorasync.preview.animatic.fonts import extra_fonts

    with extra_fonts(()):
        answer = film.run("cut", "reel", "--out", "reel.pdf")
    assert answer.code == 0, answer.err
    assert "Not in .pdf files: characters without a font here (場市: install fonts-noto-cjk)." in answer.out
    first = (film.root / "reel.pdf").read_bytes()
    assert first.startswith(b"%PDF-") and first.count(b"/Subtype /Image") == 3
    assert first.count(b"/Type /Page\n") == 1
    with extra_fonts(()):
        film.run("cut", "reel", "--out", "again.pdf")
    assert (film.root / "again.pdf").read_bytes() == first
    monkeypatch.setitem(sys.modules, "fpdf", None)
    answer = film.run("cut", "reel", "--out", "reel.pdf")
    assert answer.code == 1 and "a shot list with pictures needs the extra film" in answer.err


def test_a_prompt_that_is_longer_than_a_page_is_shortened(film: Film) -> None:
    film.write("manifests/a.toml", FILM.replace("A kitchen.", "A kitchen with many things. " * 900))
    answer = film.run("cut", "reel", "--out", "reel.pdf")
    assert answer.code == 0, answer.err
    assert (film.root / "reel.pdf").read_bytes().count(b"/Type /Page\n") == 2
