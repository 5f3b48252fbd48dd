"""Signals to a real process: how it ends, and that it says so without a traceback."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.apply.crash.doom import AtStep
from tests.apply.crash.library import Library
from tests.apply.crash.server import PROCESSES, Faults, ledger, serving
from tests.apply.crash.victim import begin

SENT, LOCKING = "sent create", "commit state.lock."
# Seconds that an apply may take to end; less than the server's delay.
SOON = 4.0
STUCK: Faults = [{"route": "create", "do": "stuck"}]
SLOW: Faults = [{"route": "create", "do": "delay", "delay": 2 * SOON}]


@pytest.mark.parametrize(
    ("faults", "step", "signals", "code"),
    [
        (STUCK, SENT, [signal.SIGINT], 130),
        (STUCK, SENT, [signal.SIGTERM], 143),
        (SLOW, SENT, [signal.SIGINT, signal.SIGINT], 130),
        (SLOW, SENT, [signal.SIGTERM, signal.SIGTERM], 143),
        ((), LOCKING, [signal.SIGINT], 130),
        ((), LOCKING, [signal.SIGTERM], 143),
    ],
    ids=["ctrl-c", "sigterm", "ctrl-c-twice", "sigterm-twice", "ctrl-c-planning", "sigterm-planning"],
)
def test_a_signal_ends_an_apply_soon_and_loses_nothing(
    tmp_path: Path, faults: Faults, step: str, signals: Sequence[signal.Signals], code: int
) -> None:
    library = tmp_path / "library"
    with serving(tmp_path / "server", faults) as url, ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        ended, said = pool.submit(signalled, library, url, step, signals).result()
        rows = ledger(url)
    assert ended == code, said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    assert len(rows) == len({row["job"] for row in rows}) == (0 if step == LOCKING else len(rows)) <= 1


def signalled(root: Path, url: str, step: str, signals: Sequence[signal.Signals]) -> tuple[int | None, str]:
    """How an apply ends that is sent a signal at a step, and each further one once it says that it stops.

    For a process that others are forked from.
    """
    library = Library("signal", root, url)
    library.write()
    library.clips('[clips.a]\nprompt = "A scene."\n')
    saying, said = os.pipe()
    child = begin(root, AtStep(step, signals[0]), output=said)
    os.close(said)
    text = ""
    for one in signals[1:]:
        text += _heard(saying, until="stopping")
        child.kill(one)
    code = child.wait(SOON)
    if code is None:
        child.kill()
        child.wait(SOON)
    return code, text + _heard(saying)


def _heard(pipe: int, until: str | None = None) -> str:
    """What comes out of a pipe up to a word, or its end."""
    text = ""
    while until is None or until not in text:
        assert select.select([pipe], [], [], 30.0)[0], text
        part = os.read(pipe, 65_536).decode()
        if not part:
            break
        text += part
    return text
