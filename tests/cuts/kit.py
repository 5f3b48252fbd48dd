"""Videos whose every frame can be told apart, and films measured frame by frame."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from sorasync.state.record import Status
from tests.cli.kit import Film

SAMPLE_RATE = 48_000
_DARKEST, _STEP = 24, 2
_BITS = 7


def video(
    path: Path,
    fps: int,
    frames: int,
    size: tuple[int, int] = (64, 36),
    *,
    beep: float | None = None,
    striped: bool = False,
) -> Path:
    """A video whose frames get lighter one by one, or that has each one's number in seven stripes, as bits.

    With `beep` a tenth of a second of tone begins there.
    """
    width, height = size
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "5", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if beep is not None else None
        for number in range(frames):
            planes = np.full((height * 3 // 2, width), 128, np.uint8)
            planes[:height] = _stripes(number, width) if striped else _DARKEST + _STEP * number
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and beep is not None:
            samples = tone(frames / fps, beep, 0.1)
            for at in range(0, samples.shape[1], 1024):
                part = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(samples[:, at : at + 1024]), format="fltp", layout="stereo"
                )
                part.sample_rate, part.pts, part.time_base = SAMPLE_RATE, at, Fraction(1, SAMPLE_RATE)
                container.mux(sound.encode(part))
            container.mux(sound.encode(None))
    return path


def picture(path: Path, number: int, size: tuple[int, int] = (64, 36)) -> Path:
    """A PNG as light as that frame of a video."""
    light = _DARKEST + _STEP * number
    grey = np.full((size[1], size[0], 3), round((light - 16) * 255 / 219), np.uint8)
    frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = *size, "rgb24"
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _stripes(number: int, width: int) -> npt.NDArray[np.uint8]:
    """One row of the picture that holds a number."""
    bits = [number >> (at * _BITS // width) & 1 for at in range(width)]
    return np.where(bits, 200, 40).astype(np.uint8)


def tone(seconds: float, begins: float, lasts: float) -> npt.NDArray[np.float32]:
    """Silence with a tone of 1 kHz in it."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = 0.5 * np.sin(2 * np.pi * 1000 * time) * ((time >= begins) & (time < begins + lasts))
    return np.stack([wave, wave]).astype(np.float32)


def wave_file(path: Path, samples: npt.NDArray[np.float32]) -> Path:
    """A WAV file of samples."""
    import wave

    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())
    return path


def stored(film: Film, address: str, source: Path) -> None:
    """Make the state and the disk as if a render had been applied and its video or still were that file."""
    data = source.read_bytes()
    sha = hashlib.sha256(data).hexdigest()
    suffix = ".mp4" if source.suffix == ".mp4" else f".still{source.suffix}"
    path = film.project.assets().path_of(sha, suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    render = film.render(address)
    with film.store() as store:
        run = store.start_run("sorasync apply --yes", "ada", "studio", 1)
        store.add_asset(sha, len(data), "video", suffix)
        film.put(store, render, Status.STORED, run, asset=sha)
        store.bind(address, render.key, run=run)
        store.finish_run(run, "done")


def frames_of(path: Path) -> list[float]:
    """Which source frame each frame of a film shows, by its lightness; below 0 for black."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(1)
        found = []
        for number, frame in enumerate(container.decode(stream)):
            assert frame.time is not None and abs(frame.time - number / rate) < 1e-3
            picture = np.asarray(frame.to_ndarray(format="yuv420p"))[: frame.height]
            middle = picture[frame.height // 3 : -frame.height // 3, frame.width // 3 : -frame.width // 3]
            found.append((float(middle.mean()) - _DARKEST) / _STEP)
        return found


def numbers_of(path: Path) -> list[int]:
    """The numbers in the stripes of each frame of a film."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            row = np.asarray(frame.to_ndarray(format="yuv420p"))[frame.height // 2]
            middles = [round((bit + 0.5) * frame.width / _BITS) for bit in range(_BITS)]
            found.append(sum((int(row[at]) > 120) << bit for bit, at in enumerate(middles)))
    return found


def samples_of(path: Path) -> npt.NDArray[np.float32]:
    """The sound of a film, left channel, beginning with its first picture."""
    with av.open(str(path)) as container:
        parts = [np.asarray(f.to_ndarray())[0] for f in container.decode(container.streams.audio[0])]
    return np.concatenate(parts).astype(np.float32)


def beeps(samples: npt.NDArray[np.float32], rate: float) -> list[int]:
    """The frames at which a tone begins after silence."""
    edges = range(0, len(samples), 240)
    loud = [float(np.abs(samples[at : at + 240]).max()) > 0.05 for at in edges]
    starts = [at for at, now in enumerate(loud) if now and not any(loud[max(0, at - 8) : at])]
    return [round(at * 240 / SAMPLE_RATE * rate) for at in starts]
