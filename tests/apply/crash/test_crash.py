"""Hundreds of killed applies: nothing is paid for twice, nothing is lost, whatever the moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply.crash.harness import JOB_MODES, MODES, Mode, Verdict, crash
from tests.apply.crash.judge import bill

KILLS = 240

COMMIT = "commit state.session._Transaction.__exit__"
# A few of the steps that are found by themselves, to see that they are.
STEPS = {
    f"{COMMIT} for apply.render.send.send.<locals>.<lambda>",
    f"{COMMIT} for apply.change_executor.ChangeExecutor._fetch.<locals>.<lambda>",
    "sent extend",
    "answered edit",
    "answered content",
}
JOB_STEPS = {step for step in STEPS if "extend" not in step and "edit" not in step and "content" not in step}
STEPS_OF_BATCHES = {"sent files", "answered batch"}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[Mode, Verdict]:
    return crash(tmp_path_factory.mktemp("crash"), KILLS, seed=7)


def test_two_hundred_killed_applies_pay_once_and_lose_nothing(verdicts: dict[Mode, Verdict]) -> None:
    assert [verdict.wrong for verdict in verdicts.values()] == [{}] * len(MODES)
    assert sum(verdict.kills for verdict in verdicts.values()) >= KILLS


def test_applies_that_are_asked_to_end_say_so_and_lose_nothing(verdicts: dict[Mode, Verdict]) -> None:
    assert sum(verdict.signals for verdict in verdicts.values()) >= len(MODES)


def test_processes_died_at_every_step_that_is_found(verdicts: dict[Mode, Verdict]) -> None:
    # Which of them one mode comes to is a matter of how long each takes.
    died = frozenset[str]().union(*(verdict.steps for verdict in verdicts.values()))
    assert died >= STEPS | STEPS_OF_BATCHES


@pytest.mark.heavy
def test_however_a_lost_answer_is_settled_a_killed_apply_pays_once(tmp_path: Path) -> None:
    """Hosts that render by job, one for each class of lost answers, and a library with two hosts."""
    verdicts = crash(tmp_path, 2 * len(JOB_MODES), seed=3, modes=JOB_MODES)
    assert {mode.name: verdict.wrong for mode, verdict in verdicts.items() if verdict.wrong} == {}
    assert all(verdict.kills and verdict.steps >= JOB_STEPS for verdict in verdicts.values())


def test_a_job_that_was_billed_and_is_not_held_is_found() -> None:
    rows = [{"job": "one", "label": "clip.a", "kind": "create"}, {"job": "two", "label": "", "kind": "edit"}]
    assert bill(rows, {"library": {"one": "key", "two": "other"}}) == {}
    assert bill(rows, {"library": {"one": "key"}}) == {"nobody": ["two was billed for edit"]}


def test_a_key_with_two_jobs_is_found() -> None:
    rows = [{"job": "one", "label": "a", "kind": "create"}, {"job": "two", "label": "a", "kind": "create"}]
    assert bill(rows, {"library": {"one": "key", "two": "key"}}) == {"library": ["key has 2 jobs"]}


def test_a_job_that_is_held_and_was_never_billed_is_found() -> None:
    assert bill([], {"library": {"one": "key"}}) == {"library": ["one was never billed"]}
