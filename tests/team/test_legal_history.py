"""The checker of histories finds nothing in a legal one, and each thing that must not happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.team.legal_history import Charge, History, Step, illegal

A, B = "a" * 64, "b" * 64

Spoil = Callable[[History], History]


def moved(id_: int, key: str, before: str | None, after: str, run: int = 1, **data: object) -> Step:
    return Step(id_, float(id_), "moved", run, key, {"from": before, "to": after, **data})


LEGAL = History(
    steps=(
        moved(1, A, None, "intent"),
        moved(2, B, None, "intent"),
        moved(3, A, "intent", "submitted", remote_id="video_1"),
        moved(4, B, "intent", "unknown", run=2),
        moved(5, A, "submitted", "failed"),
        moved(6, B, "unknown", "submitted", run=2, remote_id="video_2"),
        moved(7, A, "failed", "intent", run=3),
        moved(8, A, "intent", "submitted", run=3, remote_id="video_3"),
        moved(9, B, "submitted", "rendered", run=2),
        moved(10, B, "rendered", "stored", run=2),
        moved(11, A, "submitted", "rendered", run=3),
        moved(12, A, "rendered", "stored", run=3),
    ),
    records={A: ("stored", "clip.a#1"), B: ("stored", "clip.b#1")},
    charges=(
        Charge(1.5, "video_1", "clip.a"),
        Charge(2.5, "video_2", "clip.b"),
        Charge(7.5, "video_3", "clip.a"),
    ),
)


def without(history: History, *ids: int) -> History:
    return replace(history, steps=tuple(step for step in history.steps if step.id not in ids))


def with_step(history: History, step: Step) -> History:
    return replace(history, steps=tuple(sorted((*history.steps, step), key=lambda one: (one.at, one.id))))


def charged(history: History, charge: Charge) -> History:
    return replace(history, charges=(*history.charges, charge))


def test_a_legal_history_is_legal() -> None:
    assert illegal(LEGAL) == []


def test_a_charge_that_somebody_asks_about_is_legal() -> None:
    left = replace(without(LEGAL, 6, 9, 10), records={**LEGAL.records, B: ("unknown", "clip.b#1")})
    assert illegal(left) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda it: charged(it, Charge(0.5, "video_3", "clip.a")), "before there was an intent"),
        (lambda it: charged(it, Charge(8.5, "video_4", "clip.c")), "nobody asks about it"),
        (
            lambda it: charged(
                with_step(it, Step(20, 8.2, "moved", 3, A, {"from": "submitted", "to": "submitted"})),
                Charge(7.7, "video_3", "clip.a"),
            ),
            "charged twice",
        ),
        (lambda it: replace(it, charges=(*it.charges, it.charges[1])), "charged twice"),
        (lambda it: with_step(it, moved(20, B, "stored", "lost", run=1)), "which others have"),
        (
            lambda it: with_step(it, Step(20, 5.5, "moved", 1, B, moved(4, B, "unknown", "lost").data)),
            "others",
        ),
        (lambda it: without(it, 5), "was submitted and moves from failed"),
        (lambda it: without(it, 9, 11), "moves from rendered"),
        (lambda it: without(it, 12), "the log ends with rendered"),
        (lambda it: with_step(it, moved(20, B, "stored", "intent", run=2)), "moves from stored to intent"),
        (lambda it: with_step(it, Step(20, 20, "withdrawn", 2, B, {})), "that was not there"),
        (lambda it: replace(it, records={B: it.records[B]}), "is gone"),
    ],
)
def test_what_must_not_happen_is_found(spoil: Spoil, words: str) -> None:
    assert words in "\n".join(illegal(spoil(LEGAL)))
