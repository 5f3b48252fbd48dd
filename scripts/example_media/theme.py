"""The music of the example's cut: a slow chord progression on a music box."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 48_000
SECONDS = 14
_CHORDS = ((220.0, 261.63, 329.63), (174.61, 220.0, 261.63), (130.81, 164.81, 196.0), (196.0, 246.94, 293.66))


def theme() -> npt.NDArray[np.float32]:
    """Samples of one channel: a note every half second, each fading away."""
    time = np.arange(RATE * SECONDS) / RATE
    sound = np.zeros_like(time)
    for number in range(SECONDS * 2):
        chord = _CHORDS[number // 4 % len(_CHORDS)]
        since = time - number / 2
        envelope = np.where(since >= 0, np.exp(-2.5 * np.maximum(since, 0)), 0)
        pitch = 2 * chord[number % 3]
        sound += envelope * (np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(4 * np.pi * pitch * time))
    return (0.25 * sound / np.abs(sound).max()).astype(np.float32)
