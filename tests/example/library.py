"""A library in a directory, used as a user would: its files are written, the command line is run."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from sorasync.cli.main import run

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Used:
    """A library and the terminal of whoever uses it."""

    root: Path
    terminal: pytest.CaptureFixture[str]

    def call(self, *args: str) -> tuple[int, str]:
        """Exit code and standard output of one command."""
        self.terminal.readouterr()
        code = run(["--library", str(self.root), *args])
        return code, self.terminal.readouterr().out

    def plan(self) -> dict[str, Any]:
        """What `plan --format json` says."""
        code, out = self.call("plan", "--format", "json")
        assert code == 0
        plan: dict[str, Any] = json.loads(out)
        return plan

    def planned(self) -> list[tuple[str, str]]:
        """Address and action of each planned change, in order."""
        return [(change["address"], change["action"]) for change in self.plan()["changes"]]

    def apply(self) -> None:
        """Carry out what is planned."""
        code, _ = self.call("apply", "--yes", "--quiet")
        assert code == 0

    def rewrite(self, file: str, before: str, after: str) -> None:
        """Change one place of a file."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), encoding="utf-8")

    def append(self, file: str, text: str) -> None:
        """Add to the end of a file."""
        path = self.root / file
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def copied(source: Path, root: Path) -> Path:
    """A copy of a library with all it has rendered."""
    return Path(shutil.copytree(source, root, symlinks=True))


@dataclass(frozen=True, slots=True)
class Facts:
    """What PyAV reads from a video: seconds, size, frames."""

    seconds: float
    size: tuple[int, int]
    frames: int


def facts(video: Path) -> Facts:
    """Decode a whole video and measure it."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        times = [frame.time or 0.0 for frame in container.decode(stream)]
        rate = float(stream.average_rate or 0)
        return Facts(times[-1] + 1 / rate, (stream.width, stream.height), len(times))


def picture(video: Path, seconds: float) -> Picture:
    """The frame that is seen at a time, as height x width x RGB."""
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if (frame.time or 0.0) >= seconds:
                return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    raise AssertionError(f"{video.name} has no frame at {seconds} s")
