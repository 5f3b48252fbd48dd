"""A file that ends its process, or never ends, costs its own result and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sorasync.checks.bare_environment import bare_environment
from sorasync.checks.check_result import Verdict
from sorasync.checks.measure_request import VideoToCheck
from sorasync.checks.worker_pool import WorkerPool
from sorasync.manifest.check_schema import ChecksModel
from tests.checks.films import film, moving

_NAMES = ("black", "flash")
_ANSWER = '[{"check": "black", "verdict": "passed", "message": "", "measured": null, "allowed": null, '
_ANSWER += '"at": null, "until": null, "frame": null}]'


def asked(path: Path) -> VideoToCheck:
    return VideoToCheck(path, ChecksModel(), _NAMES)


def worker(lines: str) -> tuple[str, ...]:
    """A worker that does this with each line that it reads."""
    return sys.executable, "-c", f"import os, signal, sys, time\nfor line in sys.stdin:\n    {lines}"


def test_a_worker_answers_for_one_video_after_another(tmp_path: Path) -> None:
    good = film(tmp_path / "a.mp4", moving, 24)
    with WorkerPool(1) as pool:
        for _ in range(2):
            assert [(one.check, one.verdict) for one in pool.check(asked(good))] == [
                ("black", Verdict.PASSED),
                ("flash", Verdict.PASSED),
            ]
        missing = pool.check(asked(tmp_path / "missing.mp4"))
        assert {one.verdict for one in missing} == {Verdict.ERROR}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "its process was killed by signal 11"),
        ("sys.exit(3)", "its process ended with 3"),
        ("print('nonsense', flush=True)", "the answer is not valid"),
    ],
)
def test_a_worker_that_ends_is_replaced(lines: str, why: str, tmp_path: Path) -> None:
    crash = f"{lines} if 'bad' in line else print({_ANSWER!r}, flush=True)"
    with WorkerPool(1, command=worker(crash)) as pool:
        found = pool.check(asked(tmp_path / "bad.mp4"))
        assert [(one.verdict, one.message) for one in found] == [
            (Verdict.ERROR, f"it could not be checked: {why}")
        ] * len(_NAMES)
        assert [one.verdict for one in pool.check(asked(tmp_path / "good.mp4"))] == [Verdict.PASSED]


def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    with WorkerPool(1, command=worker("time.sleep(600)"), patience=0.1) as pool:
        found = pool.check(asked(tmp_path / "bad.mp4"))
    assert {one.message for one in found} == {"it could not be checked: it takes longer than 0.1 s"}


def test_nothing_starts_after_the_pool_is_closed(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    pool.close()
    assert {one.verdict for one in pool.check(asked(tmp_path / "a.mp4"))} == {Verdict.ERROR}


def test_a_worker_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "PATH" in bare_environment()
    assert bare_environment().keys() <= os.environ.keys()
    assert not any("secret" in value for value in bare_environment().values())
