"""A film as a camera would take it: texture that moves, and grain that is hard to compress."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

_WIDTH, _HEIGHT, _RATE = 1280, 720, 30


def grainy_film(out: Path, seconds: int) -> None:
    """Write one, in 720p at 30 frames a second."""
    chance = np.random.default_rng(1)
    high, wide = 1200, 2200
    across, down = np.fft.rfftfreq(wide)[None], np.fft.fftfreq(high)[:, None]
    distance = np.sqrt(across * across + down * down)
    distance[0, 0] = 1
    texture = np.fft.irfft2(np.fft.rfft2(chance.normal(size=(high, wide))) / distance**1.3, s=(high, wide))
    texture = (texture - texture.min()) / np.ptp(texture) * 220 + 15
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE, options={"crf": "20", "preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        for number in range(seconds * _RATE):
            left, top = int(number * 3.2), int(100 + 80 * np.sin(number / 30))
            part = texture[top : top + _HEIGHT, left : left + _WIDTH, None] * (1.0, 0.9, 0.8)
            pixels = np.clip(part + chance.normal(0, 2, (_HEIGHT, _WIDTH, 1)), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
