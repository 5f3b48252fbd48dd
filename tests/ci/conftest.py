"""Makes libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sorasync.clock import SystemClock
from tests.ci.paid import NOON, Studio, a_studio
from tests.cli.kit import Film, make


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> float:
    """Stop the machine's clock at noon in the middle of a month: no day ends while a test runs."""
    monkeypatch.setattr(SystemClock, "now", lambda self: NOON)
    return NOON


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Film]:
    """Makes a library of one manifest."""
    return lambda manifest: make(tmp_path / "film", capsys, manifest)


@pytest.fixture
def studio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Studio]:
    """A library whose provider bills."""
    with a_studio(tmp_path, capsys) as made:
        yield made
