"""Checks beside an apply: what they find is shown, and no render ever waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sorasync.checks import worker_pool
from sorasync.checks.check_result import CheckResult, broken
from sorasync.checks.measure_request import VideoToCheck
from sorasync.operations import check, check_after_apply
from tests.cli.kit import Film, make

MANIFEST = """\
[clips.pier]
prompt = "A pier, slow pan."
takes = 2
[clips.bay]
prompt = "A bay at noon, slow push-in."
checks = { black = false }
"""
# White is black as well: every video fails.
CHECKS = "[checks]\nblack = { level = 1.0 }\nstrobing = false\nflash = false\n"


@pytest.fixture
def library(tmp_path: Path, capsys: pytest.CaptureFixture[str], in_process: None) -> Film:
    pytest.importorskip("starlette")
    library = make(tmp_path / "film", capsys, MANIFEST)
    library.write("sorasync.toml", library.read("sorasync.toml") + CHECKS)
    return library


def one_clip(library: Film) -> None:
    """Less to draw."""
    library.write("manifests/a.toml", '[clips.pier]\nprompt = "A pier."\n')


def test_what_fails_is_in_the_report_the_status_and_at_the_address(library: Film) -> None:
    answer = library.run("apply", "--yes")
    assert answer.code == 0
    for take in (1, 2):
        assert f"! clip.pier#{take}: black: black for 4.00 s from 0.00 s (frame 0)" in answer.out
    assert "clip.bay: black" not in answer.out

    status = library.run("status")
    assert "    ✗ #1: black: black for 4.00 s" in status.out
    assert "2 videos fail a check." in status.out
    rows = library.run("status", "--format", "json").json["addresses"]
    assert {row["address"]: len(row["failed_checks"]) for row in rows} == {"clip.bay": 0, "clip.pier": 2}

    for form in ("github", "markdown"):
        comment = library.run("plan", "--format", form).out
        assert "Failed checks: 2" in comment and "clip.pier#2: black: black for 4.00 s" in comment

    shown = library.run("show", "clip.pier#1")
    assert "✗ black: black for" in shown.out
    assert "✓ size: 1280x720" in shown.out
    render = library.run("show", "clip.bay", "--format", "json").json["renders"][0]
    assert [one["check"] for one in render["checks"]] == ["size", "seconds", "frozen"]

    assert "fails black" in library.run("pick", "pier").out
    picked = library.run("pick", "pier", "2")
    assert "Warning: take 2 fails black: black for 4.00 s" in picked.out
    assert picked.code == 0

    # Where the settings allow it now, nothing fails any more, and nothing is measured by looking at it.
    library.write("sorasync.toml", library.read("sorasync.toml").replace("1.0", "0.04"))
    assert "fail a check" not in library.run("status").out


def test_programs_and_comments_get_it_too(library: Film) -> None:
    one_clip(library)
    report = library.run("apply", "--yes", "--format", "json").json
    assert [(one["address"], one["check"], one["verdict"]) for one in report["failed_checks"]] == [
        ("clip.pier", "black", "failed"),
    ]
    library.write("manifests/b.toml", '[clips.quay]\nprompt = "A quay."\n')
    comment = library.run("apply", "--yes", "--format", "markdown").out
    assert "| <code>clip.quay</code> | black | failed | <code>black for 4.00 s" in comment


def test_without_checks_nothing_is_started(library: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "WorkerPool", None)
    text = library.read("sorasync.toml")
    library.write("sorasync.toml", text[: text.index("[checks]")])
    one_clip(library)
    assert library.run("apply", "--yes").code == 0


def replace_check(
    monkeypatch: pytest.MonkeyPatch, check: Callable[[VideoToCheck], list[CheckResult]]
) -> None:
    """Let a pool answer so."""
    monkeypatch.setattr(worker_pool.WorkerPool, "check", lambda self, video: check(video))


def test_no_render_waits_for_a_check(library: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    all_stored = threading.Event()
    real = check_after_apply.ChecksAfterApply.finish

    def slow(video: VideoToCheck) -> list[CheckResult]:
        all_stored.wait()
        return [broken(name, "slow") for name in video.names]

    def finish(self: Any, **more: Any) -> Any:
        with library.project.store() as store:
            assert len(store.stored_videos()) == 3
        assert library.run("state", "lock", "status").code in (0, 64)
        all_stored.set()
        return real(self, **more)

    replace_check(monkeypatch, slow)
    monkeypatch.setattr(check_after_apply.ChecksAfterApply, "finish", finish)
    answer = library.run("apply", "--yes", "--format", "json")
    assert answer.code == 0
    assert {one["verdict"] for one in answer.json["failed_checks"]} == {"error"}


@pytest.mark.parametrize("error", [RuntimeError("a bug"), OSError(28, "No space left on device")])
def test_a_check_that_breaks_costs_no_render(
    library: Film, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    one_clip(library)

    def breaking(video: VideoToCheck) -> list[CheckResult]:
        raise error

    replace_check(monkeypatch, breaking)
    answer = library.run("apply", "--yes")
    assert answer.code == 0
    assert "1 done" in answer.out


def test_ctrl_c_while_checking_ends_the_checks_and_nothing_else(
    library: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_clip(library)

    def interrupted(self: Any) -> None:
        raise KeyboardInterrupt

    replace_check(monkeypatch, lambda video: [broken(name, "late") for name in video.names])
    monkeypatch.setattr(check_after_apply.ChecksAfterApply, "_wait", interrupted)
    answer = library.run("apply", "--yes")
    assert answer.code == 0
    assert "1 done" in answer.out
    assert "`sorasync check` runs the rest" in answer.err


def test_what_is_missing_is_named_and_the_render_is_made(
    library: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_clip(library)
    monkeypatch.setattr(check, "_LEAST_AV", (99,))
    answer = library.run("apply", "--yes")
    assert answer.code == 0
    assert "[checks] cannot run" in answer.err
    answer = library.run("check")
    assert answer.code == 1
    assert "checking videos needs the extra checks" in answer.err
