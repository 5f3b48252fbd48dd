"""Make the pictures of a plan and of watch mode that the docs show, as SVG.

Run by `make pictures` when what they show has changed: what it writes is in git. The program runs in a
terminal of its own, on a copy of the example library, and what stands on its screen is drawn.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures"
COLUMNS = 100
_CELL, _LINE, _EDGE = 8.4, 18, 14
_BACK, _FRONT = "#1d2125", "#d7dce0"
_COLOURS = {
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "yellow": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#76e3ea",
}
# The most seconds that a screen is waited for.
_PATIENCE = 60.0


class Terminal:
    """A program in a terminal of `rows` lines, and what is on its screen."""

    def __init__(self, library: Path, rows: int, *words: str) -> None:
        self.screen = pyte.Screen(COLUMNS, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, COLUMNS, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sorasync", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(rows)},
            cwd=library,
        )
        os.close(theirs)

    def wait_for(self, seen: Callable[[str], bool]) -> None:
        """Read until the screen is as wanted, or the program has ended."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._ours], [], [], 0.5)
            try:
                data = os.read(self._ours, 65_536) if ready else b""
            except OSError:
                return
            if data:
                self._stream.feed(data)
            elif seen("\n".join(self.screen.display)):
                return
        raise TimeoutError("\n".join(self.screen.display))

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())


def svg(screen: pyte.Screen, command: str) -> str:
    """The screen as a picture, below the command that was typed."""
    rows = [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(screen.lines)]
    while rows and not "".join(char.data for char in rows[-1]).strip():
        rows.pop()
    width, height = COLUMNS * _CELL + 2 * _EDGE, (len(rows) + 2) * _LINE + 2 * _EDGE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img" '
        f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">',
        f"<title>{escape(command)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{_BACK}"/>',
        f'<text x="{_EDGE}" y="{_EDGE + _LINE * 0.75:g}" fill="#8b949e">$ {escape(command)}</text>',
    ]
    for y, row in enumerate(rows):
        lines += _row(row, _EDGE + (y + 2.75) * _LINE)
    return "\n".join([*lines, "</svg>", ""])


def _row(row: list[Char], y: float) -> Iterator[str]:
    """The words of one line, each stretched to its cells, whatever font there is."""
    x = 0
    for style, group in groupby(row, key=_style):
        text = "".join(char.data for char in group)
        for part in re.finditer(r"\S+(?: \S+)*", text):
            start = _EDGE + (x + part.start()) * _CELL
            length = len(part[0]) * _CELL
            yield (
                f'<text x="{start:g}" y="{y:g}" textLength="{length:g}" '
                f'lengthAdjust="spacingAndGlyphs" {style}>{escape(part[0])}</text>'
            )
        x += len(text)


def _style(char: Char) -> str:
    colour = _COLOURS.get(char.fg, f"#{char.fg}" if re.fullmatch("[0-9a-f]{6}", char.fg) else _FRONT)
    weight = ' font-weight="bold"' if char.bold else ""
    line = ' text-decoration="line-through"' if char.strikethrough else ""
    return f'fill="{colour}"{weight}{line}'


def replaced(path: Path, before: str, after: str) -> None:
    """Change one place of a manifest."""
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{path.name} has no {before!r}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def main() -> None:
    """Apply the example library, change it, and draw a plan and watch mode."""
    with tempfile.TemporaryDirectory() as directory:
        library = Path(directory) / "the-last-letter"
        library.mkdir()
        shutil.copy(ROOT / "sorasync.toml", library)
        shutil.copytree(ROOT / "manifests", library / "manifests")
        subprocess.run(
            [sys.executable, "-m", "sorasync", "apply", "--yes", "--quiet", "--library", str(library)],
            check=True,
        )
        manifests = library / "manifests"
        watching = Terminal(library, 14, "watch")
        watching.wait_for(lambda text: "No changes" in text or "no changes" in text)
        replaced(manifests / "01-first-clip.toml", "two gulls", "three gulls")
        watching.wait_for(lambda text: "three" in text)
        (OUT / "watch.svg").write_text(svg(watching.screen, "sorasync watch"), encoding="utf-8")
        watching.type("q")
        watching.process.wait(timeout=_PATIENCE)
        replaced(manifests / "03-takes.toml", "takes = 3", "takes = 4")
        for name in ("08-the-end.toml", "09-cut.toml"):
            replaced(manifests / name, "goodnight", "good-night")
        planning = Terminal(library, 40, "plan")
        planning.wait_for(lambda text: False)
        (OUT / "plan.svg").write_text(svg(planning.screen, "sorasync plan"), encoding="utf-8")


if __name__ == "__main__":
    main()
