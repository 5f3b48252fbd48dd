"""Signals to a real process: how it ends, and that it says so without a traceback."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apply.crash.case import Case
from tests.apply.crash.server import PROCESSES, Faults, ledger, serving
from tests.apply.crash.victim import run

STUCK: Faults = [{"route": "create", "do": "stuck"}]
SLOW: Faults = [{"route": "create", "do": "delay", "delay": 5.0}]


@pytest.mark.parametrize(
    ("faults", "signals", "code"),
    [
        (STUCK, [signal.SIGINT], 130),
        (STUCK, [signal.SIGTERM], 143),
        (SLOW, [signal.SIGINT, signal.SIGINT], 130),
    ],
    ids=["ctrl-c", "sigterm", "ctrl-c-twice"],
)
def test_a_signal_ends_an_apply_soon_and_loses_nothing(
    tmp_path: Path, faults: Faults, signals: list[signal.Signals], code: int
) -> None:
    with serving(tmp_path / "server", faults) as url:
        case = Case("k0", tmp_path / "k0", url)
        case.write()
        process = PROCESSES.Process(target=run, args=(case.root, None, None))
        process.start()
        assert process.pid is not None
        _until(lambda: "k0-plain: " in _said(case))
        for number in signals:
            os.kill(process.pid, number)
            time.sleep(0.2)
        process.join(4)
        assert process.exitcode == code
        assert "Traceback" not in _said(case)
        assert len({row["label"] for row in ledger(url)}) == len(ledger(url))


def _said(case: Case) -> str:
    log = case.root / "run.log"
    return log.read_text() if log.exists() else ""


def _until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)
