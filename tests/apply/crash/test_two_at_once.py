"""Two processes apply one library at the same time: one works, the other is refused or waits."""

from __future__ import annotations

from pathlib import Path

from sorasync.operations.project import Project
from tests.apply.crash.case import RENDERS, Case, look
from tests.apply.crash.server import PROCESSES, ledger, serving
from tests.apply.crash.victim import run

LOCKED = 6


def test_of_two_applies_at_once_one_is_refused_and_nothing_is_paid_for_twice(tmp_path: Path) -> None:
    with serving(tmp_path / "server") as url:
        for number in range(3):
            case = Case(f"k{number}", tmp_path / f"k{number}", url)
            case.write()
            codes = _together(case.root)
            assert codes in ([0, LOCKED], [0, 0]), codes
            case.finish()
            assert not case.faults
        rows = ledger(url)
    assert len(rows) == 3 * RENDERS
    assert len({row["label"] for row in rows}) == len(rows)


def test_of_two_applies_at_once_the_second_may_wait_for_the_first(tmp_path: Path) -> None:
    with serving(tmp_path / "server") as url:
        case = Case("k0", tmp_path / "k0", url)
        case.write()
        assert _together(case.root, "--lock-timeout", "60") == [0, 0]
        assert not look(Project.open(case.root))
        assert len(ledger(url)) == RENDERS


def _together(library: Path, *arguments: str) -> list[int | None]:
    """The exit codes of two applies that begin at the same moment, sorted."""
    both = [PROCESSES.Process(target=run, args=(library, None, None, *arguments)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    return sorted((process.exitcode for process in both), key=str)
