"""Make the pictures of README and docs: three frames of the example library's animatics.

Run by hand, from the root of the repository, when the drawing has changed: what it writes is in git.
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
OUT = ROOT / "docs" / "pictures" / "animatics.webp"
# Clips, and the second of each that is shown.
SHOWN = (("harbour", 2.6), ("kitchen", 5.2), ("letter", 2.6))
WIDTH, HEIGHT, GAP = 426, 240, 8


def frame_at(path: Path, seconds: float) -> Image.Image:
    """The frame of a video that is shown at a time."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= seconds:
                return frame.to_image()
    raise ValueError(f"{path} is shorter than {seconds} s")


def main() -> None:
    """Render the example library in a temporary copy, and put the frames side by side."""
    with tempfile.TemporaryDirectory() as directory:
        library = Path(directory)
        shutil.copy(ROOT / "sorasync.toml", library)
        shutil.copytree(ROOT / "manifests", library / "manifests")
        names = [word for name, _ in SHOWN for word in ("--target", f"clip.{name}")]
        command = [sys.executable, "-m", "sorasync", "apply", "--yes", "--library", directory, *names]
        subprocess.run(command, check=True)
        sheet = Image.new("RGB", (len(SHOWN) * (WIDTH + GAP) - GAP, HEIGHT), "white")
        for place, (name, seconds) in enumerate(SHOWN):
            picture = frame_at(library / "assets" / f"{name}.mp4", seconds).resize((WIDTH, HEIGHT))
            sheet.paste(picture, (place * (WIDTH + GAP), 0))
        OUT.parent.mkdir(exist_ok=True)
        sheet.save(OUT, quality=82, method=6)


if __name__ == "__main__":
    main()
