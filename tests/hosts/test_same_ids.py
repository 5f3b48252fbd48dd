"""Two hosts give the same ids: a question, a picture and an import are about what one of them has."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from sorasync.cli.views.resolve_output import questions_text, settled_text
from sorasync.operations.plan import PlanOptions
from sorasync.operations.resolve import Answer, Questions, Settled, questions, settle
from sorasync.state.lock import LockWait
from sorasync.state.record import Status
from tests.hosts.two_hosts import KEYS, TwoHosts, at, clip

TWO = clip("a") + clip("b") + clip("c", at("two")) + clip("d", at("two"))


@pytest.fixture
def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoHosts:
    """A library with two clips at each of two hosts, which both call their batches batch_1."""
    for variable in KEYS.values():
        monkeypatch.setenv(variable, variable)
    monkeypatch.setattr("sorasync.preview.routes.batches.secrets", SimpleNamespace(token_hex=lambda _: "1"))
    return TwoHosts(tmp_path, TWO)


def answered(it: TwoHosts, name: str, answer: Answer, remote_id: str | None = None) -> Settled:
    return settle(it.project, name, answer, LockWait("resolve"), remote_id=remote_id)


def told(it: TwoHosts, found: Questions) -> str:
    return "\n".join(questions_text(found, it.project))


def forgotten(it: TwoHosts) -> None:
    """Both hosts have lost the lines of their batches: the outcome of all four renders is open."""
    it.apply(PlanOptions(batch=True), detach=True)
    with it.project.store(write=True) as store:
        for record in store.in_flight():
            store.move(record.key, Status.UNKNOWN, run=None)


def test_a_batch_in_flight_at_one_host_is_not_that_of_another(it: TwoHosts) -> None:
    it.configure("[providers.queue]", '[providers.two.routes]\nbatch_list = ""\n[providers.queue]')
    it.faults("two", {"route": "batch", "do": "cut_after"})
    it.apply(PlanOptions(batch=True), detach=True)
    it.apply(PlanOptions(batch=True), detach=True)
    assert it.record("clip.a#1").batch_id == "batch_1"
    it.configure('batch_list = ""', "")

    (question,) = questions(it.project).batches
    assert [one.batch.id for one in question.candidates] == ["batch_1"]
    answered(it, question.name, Answer.ADOPT, "batch_1")
    assert it.apply().complete
    assert (it.paid("default"), it.paid("two")) == (["a", "b"], ["c", "d"])


def test_the_lines_of_a_batch_at_each_host_are_two_questions(it: TwoHosts) -> None:
    forgotten(it)
    found = questions(it.project)

    here, there = sorted(found.batches, key=lambda one: one.name)
    assert (here.name, there.name) == ("batch:batch_1", "batch:batch_1@two")
    assert [one.address for one in here.records] == ["clip.a#1", "clip.b#1"]
    assert "sorasync resolve batch:batch_1@two --resend" in told(it, found)
    answered(it, "batch:batch_1", Answer.RESEND)
    assert it.record("clip.c#1").status is Status.UNKNOWN
    # The name does not pass to the question that is left.
    with pytest.raises(Exception, match="batch:batch_1 is not an open question"):
        answered(it, "batch:batch_1", Answer.RESEND)
    answered(it, "batch:batch_1@two", Answer.FORGET)
    assert not questions(it.project)


def test_what_is_sent_again_has_the_price_of_the_next_plan(it: TwoHosts) -> None:
    forgotten(it)
    assert settled_text(answered(it, "batch:batch_1", Answer.RESEND)) == (
        "The batch never arrived: the next apply sends its 2 renders again, for $0.80, or $0.40 with --batch."
    )
    assert str(it.plan().cost) == "$0.80"
    it.write(clip("a") + clip("c", at("two")) + clip("d", at("two")))
    assert settled_text(answered(it, "clip.c", Answer.RESEND)) == (
        "clip.c never arrived: the next apply sends it again, for $0.40."
    )
    it.write("[clips.a]\nprompt = 1\n")
    assert settled_text(answered(it, "clip.d", Answer.RESEND)) == (
        "clip.d never arrived: the next apply sends it again, at the price in its plan."
    )


def test_what_is_sent_again_may_be_declared_no_more(it: TwoHosts) -> None:
    forgotten(it)
    it.write(clip("a"))
    assert settled_text(answered(it, "batch:batch_1", Answer.RESEND)).endswith(
        "of its 2 renders the next apply sends 1 again, for $0.40, or $0.20 with --batch."
    )
    assert settled_text(answered(it, "clip.d", Answer.RESEND)) == (
        "clip.d never arrived: the next plan does not render it."
    )


def test_each_candidate_has_the_picture_of_its_host(it: TwoHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sorasync.preview.dialects.base.secrets", SimpleNamespace(token_hex=lambda _: "1"))
    it.write(clip("a") + clip("c", at("two")))
    for name in ("default", "two"):
        it.faults(name, {"route": "create", "do": "cut_after"}, {"route": "list", "do": "error"})
    it.apply(wait=60.0)
    it.clock.time += 60.0
    for name in ("default", "two"):
        it.faults(name)
    found = questions(it.project).open
    pictures = {q.record.address: c.thumbnail for q in found for c in q.candidates}
    assert set(pictures) == {"clip.a#1", "clip.c#1"}
    assert None not in pictures.values()
    assert len(set(pictures.values())) == 2
