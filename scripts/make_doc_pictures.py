"""Make the pictures of README and docs: three frames of the example library's film, before anything is paid.

Run by `make pictures` when the drawing has changed: what it writes is in git.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import av
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures" / "film.webp"
CUT = "the-last-letter"
# Seconds of the film: the harbour, a line in the kitchen, the lighthouse.
SHOWN = (2.5, 8.5, 17.0)
WIDTH, HEIGHT, GAP = 426, 240, 8


def frame_at(path: Path, seconds: float) -> Image.Image:
    """The frame of a video that is shown at a time."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= seconds:
                return frame.to_image()
    raise ValueError(f"{path} is shorter than {seconds} s")


def main() -> None:
    """Make the film in a temporary copy of the example library, and put the frames side by side."""
    with tempfile.TemporaryDirectory() as directory:
        library = Path(directory)
        shutil.copy(ROOT / "sorasync.toml", library)
        shutil.copytree(ROOT / "manifests", library / "manifests")
        film = library / "film.mp4"
        command = [sys.executable, "-m", "sorasync", "cut", CUT, "--library", directory, "--out", str(film)]
        subprocess.run(command, check=True)
        sheet = Image.new("RGB", (len(SHOWN) * (WIDTH + GAP) - GAP, HEIGHT), "white")
        for place, seconds in enumerate(SHOWN):
            sheet.paste(frame_at(film, seconds).resize((WIDTH, HEIGHT)), (place * (WIDTH + GAP), 0))
        OUT.parent.mkdir(exist_ok=True)
        sheet.save(OUT, quality=82, method=6)


if __name__ == "__main__":
    main()
