"""Small media files and a library that names them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

from sorasync.manifest.diagnostic import Diagnostic
from sorasync.operations.project import Project
from sorasync.preflight import check_media

CONFIG = '[provider]\nprofile = "preview"\n[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'


def picture(
    path: Path, width: int, height: int, kind: str = "PNG", mode: str = "RGB", frames: int = 1
) -> Path:
    """An image of one colour, or an animated one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [Image.new(mode, (width, height), 40 * index) for index in range(1, frames + 1)]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(path, kind, **more)
    return path


def film(
    path: Path,
    width: int,
    height: int,
    seconds: float,
    *,
    codec: str = "libx264",
    container: str = "mp4",
    sound: bool = False,
) -> Path:
    """A video, with a tone if asked for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format=container) as file:
        options = {"preset": "ultrafast"} if codec == "libx264" else {}
        video = file.add_stream(codec, rate=10, options=options)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        voice = file.add_stream("aac", rate=48_000) if sound else None
        for number in range(round(seconds * 10)):
            image = np.full((height, width, 3), 10 + number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if voice is not None:
            for number in range(round(seconds * 48_000 / 1024)):
                tone = np.sin(np.arange(1024, dtype=np.float32) / 20)[None, :]
                heard = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
                heard.sample_rate, heard.pts, heard.time_base = 48_000, number * 1024, Fraction(1, 48_000)
                file.mux(voice.encode(heard))
            file.mux(voice.encode(None))
    return path


def library(root: Path, manifest: str, config: str = CONFIG) -> Path:
    """A library of one manifest; `refs/` is beside it, below `manifests/`."""
    (root / "manifests").mkdir(parents=True, exist_ok=True)
    (root / "sorasync.toml").write_text(config)
    (root / "manifests" / "a.toml").write_text(manifest)
    return root


def found(root: Path, only: set[str] | None = None) -> list[Diagnostic]:
    """What the check of a library finds."""
    project = Project.open(root)
    loaded = project.library()
    return check_media(loaded, project.graph(loaded), project.hosts, only)


def codes(root: Path) -> list[str]:
    """The codes of what the check finds, in order."""
    return [one.code for one in found(root)]
