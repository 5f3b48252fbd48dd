"""A cut as MLT plays it, the engine of Kdenlive, Shotcut and Flowblade."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.kit import make
from tests.cuts.kit import numbers_of, stored, video

MELT = shutil.which("melt")
FILM = """
[clips.a]
prompt = "A."
[clips.b]
prompt = "B."
[cuts.reel]
fps = 24
events = [
  { clip = "a", in = 1, out = 3 },
  { gap = "12f" },
  { clip = "b", in = "12f", out = "00:00:02:00" },
  { clip = "a", out = "10f" },
]
"""
SHOWN = [*range(24, 72), *[0] * 12, *range(12, 48), *range(10)]


@pytest.mark.heavy
@pytest.mark.skipif(MELT is None, reason="melt is not installed")
@pytest.mark.parametrize("suffix", [".otio", ".xml", ".fcpxml", ".edl"])
def test_melt_shows_the_same_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    assert MELT is not None
    film = make(tmp_path / "film", capsys, FILM)
    for name in ("a", "b"):
        stored(film, f"clip.{name}#1", video(tmp_path / f"{name}.mp4", 24, 96, (128, 72), striped=True))
    assert film.run("cut", "reel", "--out", f"edit/reel{suffix}").code == 0
    edit = film.root / "edit"
    convert = Path(sys.executable).with_name("otioconvert")
    subprocess.run([convert, "-i", f"reel{suffix}", "-o", "reel.mlt"], cwd=edit, check=True, timeout=120)
    drawn = ["-consumer", "avformat:reel.mp4", "vcodec=libx264", "crf=8", "an=1", "real_time=-1", "-silent"]
    subprocess.run([MELT, "reel.mlt", *drawn], cwd=edit, check=True, timeout=300)
    assert numbers_of(edit / "reel.mp4") == SHOWN
