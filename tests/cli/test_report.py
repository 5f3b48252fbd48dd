"""How an apply that was left off is told: what ended alike in one line."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click import unstyle

pytest.importorskip("starlette")
pytest.importorskip("av")

from sorasync.apply.events import Moment
from sorasync.apply.report import End, Outcome, Report
from sorasync.cli.main import run
from sorasync.cli.terminal.units import spent_text
from sorasync.cli.views.apply.report_groups import alike, next_step
from sorasync.cli.views.apply.report_json import report_json
from sorasync.cli.views.apply.report_markdown import report_markdown
from sorasync.cli.views.apply.report_text import report_text
from sorasync.plan.action import Action
from sorasync.plan.plan import Plan
from sorasync.state.account import Spent
from tests.apply.world import World, numbered

STEP = '[[clips.{name}.steps]]\nextend = "On."\nseconds = 4\n'


def interrupted(tmp_path: Path, manifest: str) -> tuple[World, Plan, Report]:
    """An apply that gets Ctrl-C when its first render was sent."""
    world = World(tmp_path, manifest, render_seconds=3000.0)
    plan = world.plan()
    world.act(Moment.SENT, lambda: signal.raise_signal(signal.SIGINT))
    return world, plan, world.apply(parallelism=1)


def stepped(count: int) -> str:
    names = [f"c{number:03d}" for number in range(count)]
    return "".join(f'[clips.{name}]\nprompt = "A {name}."\n{STEP.format(name=name)}' for name in names)


def test_what_was_not_started_is_one_line_and_json_has_all(tmp_path: Path) -> None:
    world, plan, report = interrupted(tmp_path, numbered(60))
    lines = [unstyle(line) for line in report_text(plan, report, world.project)]
    assert "- clip.c001, clip.c002, clip.c003 and 56 more: skipped: not started" in lines
    assert len(lines) < 8
    assert json.dumps(report_json(plan, report)).count("not started") == 59
    shown = report_markdown(plan, report)
    assert "| <code>clip.c001</code>, " in shown and " and 56 more |" in shown
    assert len(shown.splitlines()) < 12


def test_what_waits_is_counted_with_what_it_waits_for(tmp_path: Path) -> None:
    world, plan, report = interrupted(tmp_path, stepped(30))
    lines = [unstyle(line) for line in report_text(plan, report, world.project)]
    assert "! clip.c000#1/1 waits for clip.c000" in lines
    assert (
        "! clip.c001#1/1, clip.c002#1/1, clip.c003#1/1 and 26 more wait for "
        "clip.c001, clip.c002, clip.c003 and 26 more" in lines
    )
    assert report_markdown(plan, report).count("waits for") == 2


def failed(label: str, message: str, step: str) -> Outcome:
    return Outcome(label, Action.CREATE, End.FAILED, message, next=step)


def test_few_keep_a_line_each_and_steps_that_differ_are_said_to() -> None:
    few = [failed(f"clip.{name}", "no room", f"try {name}") for name in "abc"]
    many = [failed(f"clip.m{number}", "gone", f"try m{number}") for number in range(4)]
    report = Report(tuple(few + many), 1)
    assert [len(part) for group in alike(report) for part in group.parts] == [1, 1, 1, 4]
    steps = [next_step(part) for group in alike(report) for part in group.parts]
    assert steps == ["try a", "try b", "try c", "try m0, and likewise for the others"]


def test_requests_that_a_gateway_sent_again_stand_in_brackets_behind_the_sum() -> None:
    assert spent_text(Spent(Decimal("0.80"), 8.0, 0, resends=4)) == "$0.80 (and 4 resends, perhaps billed)"


@pytest.mark.parametrize("reason", ["no credit is left.", "is there a cache in front of it?"])
def test_a_reason_that_ends_a_sentence_gets_no_second_full_stop(tmp_path: Path, reason: str) -> None:
    world, plan, report = interrupted(tmp_path, numbered(2))
    told = replace(report, stopped=reason)
    assert f"Stopped early: {reason}" in list(report_text(plan, told, world.project))


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        ('[stills.quay]\nprompt = "A quay."\n', "stills"),
        (numbered(1), "videos"),
        ('[stills.quay]\nprompt = "A quay."\n' + numbered(1), "videos and stills"),
    ],
)
def test_the_last_line_names_what_was_made(tmp_path: Path, manifest: str, what: str) -> None:
    world = World(tmp_path, manifest)
    plan = world.plan()
    *_, last = report_text(plan, world.apply(), world.project)
    assert last.startswith(f"The {what} are in ")


@pytest.mark.parametrize("time", ["tomorrow", "2026-13-01T22:00"])
def test_a_wrong_time_is_answered_with_an_example(time: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "--not-before", time]) == 64
    assert f"{time!r} is not a date and time such as 2026-12-01T22:00" in capsys.readouterr().err
