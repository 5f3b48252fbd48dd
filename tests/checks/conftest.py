"""What tests of checks share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.checks import worker_pool
from sorasync.checks.check_result import CheckResult
from sorasync.checks.measure import check_video
from sorasync.checks.measure_request import VideoToCheck
from tests.checks.films import film, flat, moving


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure in this process: starting one costs more than all that is measured."""

    def check(self: worker_pool.WorkerPool, video: VideoToCheck) -> list[CheckResult]:
        return check_video(video)

    monkeypatch.setattr(worker_pool.WorkerPool, "check", check)


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small videos of four seconds: two that are fine, and one that is black from half-way on."""
    directory = tmp_path_factory.mktemp("shots")
    return {
        "wall": film(directory / "wall.mp4", moving, 32, rate=8),
        "dark": film(directory / "dark.mp4", lambda n: flat(0) if n >= 16 else moving(n), 32, rate=8),
        "fence": film(directory / "fence.mp4", lambda n: moving(n, 6), 32, rate=8),
    }
