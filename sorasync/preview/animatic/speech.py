"""The plain soundtrack of an animatic: each line of dialogue as a voice, or as a tone that lasts as long."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sorasync.preview.animatic.pictogram_names import language_of

RATE = 48_000
Samples = npt.NDArray[np.float32]

_PROGRAM = "espeak-ng"
_LONGEST_WAIT = 10
_LOUD = 0.14
_SYLLABLES_A_SECOND = 4.5
_FADE = 0.03
# What espeak-ng calls the languages whose code it does not have.
_VOICES = {"zh": "cmn", "en": "en-gb"}


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A line of dialogue in a video: from `start` to `stop` in seconds."""

    start: float
    stop: float
    speaker: str
    text: str


class Soundtrack:
    """The sound of some lines, in blocks of any length; memory does not grow with the video's."""

    def __init__(self, lines: Sequence[SaidLine]) -> None:
        self._lines = tuple(lines)

    def block(self, start: int, count: int) -> Samples:
        """The samples from `start` on."""
        found = np.zeros(count, np.float32)
        for line in self._lines:
            first, last = round(line.start * RATE), round(line.stop * RATE)
            begin, end = max(first, start), min(last, start + count)
            if begin < end:
                found[begin - start : end - start] += _said(line, begin - first, end - first)
        return found


def _said(line: SaidLine, begin: int, end: int) -> Samples:
    """Part of a line: by the voice, which may be done earlier, or as a tone."""
    length = round((line.stop - line.start) * RATE)
    voice = _voice(line.speaker, line.text, length)
    if voice is not None:
        part = voice[begin:end]
        return np.pad(part, (0, end - begin - part.size))
    at = np.arange(begin, end) / RATE
    pitch = 150.0 + 26 * (_digest(line.speaker) % 7)
    syllables = 0.55 - 0.45 * np.cos(2 * np.pi * _SYLLABLES_A_SECOND * at)
    fade = np.clip(np.minimum(at, length / RATE - at) / _FADE, 0, 1)
    tone = np.sin(2 * np.pi * pitch * at) + 0.35 * np.sin(4 * np.pi * pitch * at)
    return (_LOUD * syllables * fade * tone).astype(np.float32)


def _digest(text: str) -> int:
    return hashlib.sha256(text.lower().encode("utf-8", "surrogatepass")).digest()[0]


@lru_cache(maxsize=32)
def _voice(speaker: str, text: str, length: int) -> Samples | None:
    """A line as the program espeak-ng says it, in `length` samples at most; None where it cannot."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return None
    language = language_of(text)
    pitch = 30 + 6 * (_digest(speaker) % 7)
    command = [program, "-v", _VOICES.get(language, language), "-p", str(pitch), "--stdin", "--stdout"]
    try:
        done = subprocess.run(
            command,
            input=text.encode(errors="replace"),
            capture_output=True,
            timeout=_LONGEST_WAIT,
            check=True,
        )
        return _fitted(_read_wave(done.stdout), length)
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError, ValueError):
        return None


def _read_wave(data: bytes) -> Samples:
    with wave.open(io.BytesIO(data)) as sound:
        if sound.getsampwidth() != 2 or sound.getnchannels() != 1:
            raise ValueError("not 16 bits of one channel")
        # The length in the header of a stream is not known when it is written.
        samples = np.frombuffer(sound.readframes(min(sound.getnframes(), 60 * RATE)), "<i2")
        share = sound.getframerate() / RATE
    at = np.arange(int(samples.size / share)) * share
    voice: Samples = (np.interp(at, np.arange(samples.size), samples) / 32_768).astype(np.float32)
    return voice


def _fitted(voice: Samples, length: int) -> Samples:
    """A voice that takes too long, said faster."""
    if voice.size <= length or not voice.size:
        return voice
    at = np.linspace(0, voice.size - 1, length)
    faster: Samples = np.interp(at, np.arange(voice.size), voice).astype(np.float32)
    return faster
