"""Two videos side by side as one file, for people who have only a player."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sorasync.errors import SorasyncError
from sorasync.library_file import open_file
from sorasync.operations.output_file import require_output_file

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST_HEIGHT = 720
_GAP = 8
_BAR = 36
# How the names of the formats of single pictures end.
_PICTURE = "_pipe"
_BACK, _TEXT = (17, 17, 19), (236, 236, 240)


def compare(videos: tuple[Path, Path], labels: tuple[str, str], within: Path, out: Path) -> float:
    """Write both next to each other; the shorter one keeps its last picture. The length in seconds.

    A still is one that ended at once. There is no sound: of two at once none is heard. Raises `SorasyncError`
    for what is no video, and for two stills.
    """
    import av

    require_output_file(out)
    part = out.with_name(f".{out.name}.part")
    try:
        with ExitStack() as stack:
            files = [stack.enter_context(open_file(path, within=within)) for path in videos]
            length = _write((files[0], files[1]), labels, stack.enter_context(part.open("wb")))
        part.replace(out)
    except av.error.FFmpegError as error:
        raise SorasyncError(f"the two cannot be compared: {error.strerror or error}") from error
    except (OSError, IndexError) as error:
        raise SorasyncError(f"cannot write {out}: {getattr(error, 'strerror', None) or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return length


def _write(files: tuple[BinaryIO, BinaryIO], labels: tuple[str, str], target: BinaryIO) -> float:
    import av
    from PIL import Image

    with ExitStack() as stack:
        inputs = [stack.enter_context(av.open(file, "r")) for file in files]
        streams = [one.streams.video[0] for one in inputs]
        moving = [
            stream
            for one, stream in zip(inputs, streams, strict=True)
            if not one.format.name.endswith(_PICTURE)
        ]
        if not moving:
            raise SorasyncError("both are stills", hint="sorasync review shows them side by side")
        rate = max(Fraction(stream.average_rate or 24) for stream in moving)
        height = min(_LARGEST_HEIGHT, max(stream.height for stream in streams)) // 2 * 2
        widths = [round(stream.width * height / stream.height / 2) * 2 for stream in streams]
        canvas = Image.new("RGB", (sum(widths) + _GAP, height + _BAR), _BACK)
        for label, left in zip(labels, (0, widths[0] + _GAP), strict=True):
            _draw_label(canvas, label, left)
        output = stack.enter_context(av.open(target, "w", format="mp4"))
        track = output.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "fast"})
        track.width, track.height, track.pix_fmt = canvas.width, canvas.height, "yuv420p"
        frames = [
            _at_rate(one.decode(video=0), rate, (width, height))
            for one, width in zip(inputs, widths, strict=True)
        ]
        count = 0
        for one, other in _together(frames[0], frames[1]):
            if one is not None:
                canvas.paste(one, (0, _BAR))
            if other is not None:
                canvas.paste(other, (widths[0] + _GAP, _BAR))
            frame = av.VideoFrame.from_image(canvas)  # type: ignore[no-untyped-call]
            output.mux(track.encode(frame))
            count += 1
        output.mux(track.encode())
    return float(count / rate)


def _draw_label(canvas: Image, label: str, left: int) -> None:
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=18)
    shown = label.encode("latin-1", "replace").decode("latin-1")
    ImageDraw.Draw(canvas).text((left + 10, 8), shown, fill=_TEXT, font=font)


def _at_rate(frames: Iterator[object], rate: Fraction, size: tuple[int, int]) -> Iterator[Image]:
    """The picture that is seen at each frame of the output."""
    shown: Image | None = None
    number = 0
    for frame in frames:
        time = frame.time or 0.0  # type: ignore[attr-defined]
        while shown is not None and number / rate < Fraction(time).limit_denominator(100_000):
            yield shown
            number += 1
        shown = frame.to_image(width=size[0], height=size[1])  # type: ignore[attr-defined]
    if shown is not None:
        yield shown


def _together(one: Iterator[Image], other: Iterator[Image]) -> Iterator[tuple[Image | None, Image | None]]:
    """Both until the longer one ends; None where a picture stays."""
    while True:
        left, right = next(one, None), next(other, None)
        if left is None and right is None:
            return
        yield left, right
