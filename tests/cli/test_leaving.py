"""Ctrl-C twice with the preview provider in the same process, whose threads draw."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("av")

from sorasync.preview.app import PreviewSettings, create_app
from tests.cli.kit import Film

CLIPS = '[clips.a]\nprompt = "A pier at dusk."\n[clips.b]\nprompt = "A pier at dawn."\n'

_NEVER_DRAWN = """
import sys, threading
from sorasync.cli import main
from sorasync.preview import renderer

def draw(drawing, progress):
    drawing.part.parent.mkdir(parents=True, exist_ok=True)
    drawing.part.write_bytes(b"begun")
    print("drawing", flush=True)
    threading.Event().wait()

renderer.carry_out = draw
sys.argv = ["sorasync", "apply", "--yes", "--library", sys.argv[1]]
main.main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_second_ctrl_c_waits_for_no_drawing_and_loses_nothing(
    number: signal.Signals, code: int, film: Callable[[str], Film]
) -> None:
    it = film(CLIPS)
    with subprocess.Popen(
        [sys.executable, "-c", _NEVER_DRAWN, str(it.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            heard(child, "drawing")
            child.send_signal(number)
            heard(child, "stopping")
            child.send_signal(number)
            said = child.communicate(timeout=120)[0]
        finally:
            child.kill()
    assert child.returncode == code
    assert "interrupted" in said and "Traceback" not in said
    assert it.run("apply", "--yes", "--quiet").code == 0
    assert it.run("plan", "--detailed-exitcode").code == 0
    assert not [part for part in it.root.glob("state/preview/parts/*/*") if part.read_bytes() == b"begun"]
    assert charges(it.project.preview_data) == 2


def heard(child: subprocess.Popen[str], word: str) -> None:
    """Read on until a line holds the word."""
    assert child.stdout is not None
    assert any(word in line for line in child.stdout), f"it ended without {word}"


def charges(data: Path) -> int:
    app = create_app(PreviewSettings(data, draw=False))
    found = len(app.state.server.ledger.charges())
    asyncio.run(app.state.server.aclose())
    return found


_SWALLOWED = """
import signal, sys, threading
from sorasync.cli.app.interrupt import heed_signals

class Finalized:
    def __del__(self):
        signal.raise_signal(int(sys.argv[1]))

# Whoever starts this in the background of a shell has SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
heed_signals()
try:
    Finalized()
    threading.Event().wait(60)
except KeyboardInterrupt as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Terminated")]
)
def test_a_signal_that_comes_where_nothing_can_be_raised_is_not_lost(
    number: signal.Signals, raised: str
) -> None:
    command = [sys.executable, "-c", _SWALLOWED, str(int(number))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.stdout, ended.stderr) == (f"{raised}\n", "")
