"""Two hosts give the same ids: a question, a picture and an import are about what one of them has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sorasync.cli.views.drift_output import drift_text
from sorasync.cli.views.import_output import imported_text
from sorasync.cli.views.resolve_output import questions_text, settled_text
from sorasync.errors import SorasyncError
from sorasync.operations.drift import sweep_all
from sorasync.operations.import_all import import_remote
from sorasync.operations.import_one import import_render
from sorasync.operations.plan import PlanOptions
from sorasync.operations.recover import recover_state
from sorasync.operations.resolve import Answer, Questions, Settled, questions, settle
from sorasync.plan.selection import Selection
from sorasync.preview.media import tiny_video
from sorasync.provider.errors import ProviderError
from sorasync.provider.local import in_process
from sorasync.state.lock import LockWait
from sorasync.state.record import Status
from tests.hosts.two_hosts import ADDRESSES, KEYS, Down, TwoHosts, at, clip

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


ROUTE = '[route.safe]\nprefer = ["default", "two"]\n'


def made(it: TwoHosts, monkeypatch: pytest.MonkeyPatch, host: str, prompt: str, job: str = "1") -> str:
    """Let a host make a video past the program, with an id that another host may give as well."""
    named = SimpleNamespace(token_hex=lambda _: job)
    monkeypatch.setattr("sorasync.preview.dialects.base.secrets", named)
    body = {"prompt": prompt, "model": "sora-2", "size": "1280x720", "seconds": "4"}

    async def post() -> None:
        key = {"authorization": f"Bearer {KEYS[host]}"}
        async with httpx.AsyncClient(transport=in_process(it.apps[host]), headers=key) as client:
            (await client.post(f"{ADDRESSES[host]}/videos", json=body)).raise_for_status()

    asyncio.run(post())
    it.clock.time += 60.0
    return f"video_{job}"


def imported(it: TwoHosts, address: str, job: str, **options: Any) -> str:
    return "\n".join(imported_text(import_render(it.project, address, job, LockWait("import"), **options)))


def lost(it: TwoHosts) -> None:
    """Render clip.a at the default host, which keeps neither the job nor its file."""
    it.apply(detach=True)
    it.clock.time += 60.0
    it.faults("default", {"route": ["get", "content", "list"], "do": "not_found"})
    it.apply()
    assert (it.record("clip.a#1").status, it.record("clip.a#1").remote_id) == (Status.LOST, "video_1")


def test_a_lost_render_is_bound_to_the_same_id_at_the_host_that_has_it(
    it: TwoHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.configure("[defaults]", ROUTE + "[defaults]")
    it.write(clip("a", at("safe")))
    made(it, monkeypatch, "two", "A a. At dusk.")
    lost(it)

    assert "is video_1 at two: the next apply downloads it" in imported(it, "clip.a", "video_1")
    assert it.apply().complete
    assert it.record("clip.a#1").provider == "openai@http://two.example/v1"
    assert (it.paid("default"), it.paid("two")) == (["a"], ["a"])


def test_a_lost_render_is_found_again_where_it_was_made_before_its_clip_moved(
    it: TwoHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.write(clip("a"))
    made(it, monkeypatch, "two", "A c. At dusk.")
    lost(it)
    it.faults("default")
    it.write(clip("a", at("two")))

    assert "is video_1 at default" in imported(it, "clip.a", "video_1")
    assert it.apply().complete


def test_an_import_takes_the_host_whose_video_fits(it: TwoHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    it.configure("[defaults]", ROUTE + "[defaults]")
    it.write(clip("a", at("safe")) + clip("c"))
    made(it, monkeypatch, "two", "A a. At dusk.")
    it.apply(PlanOptions(selection=Selection(target=("clip.c",))))
    assert it.record("clip.c#1").remote_id == "video_1"

    assert "is video_1 at two" in imported(it, "clip.a", "video_1")
    assert it.apply().complete
    assert (it.paid("default"), it.paid("two")) == (["c"], ["a"])


def test_an_import_that_several_hosts_or_none_can_serve_says_what_each_has(
    it: TwoHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.configure("[defaults]", ROUTE + "[defaults]")
    it.write(clip("a", at("safe")))
    for host in ("default", "two"):
        made(it, monkeypatch, host, "A a. At dusk.", "both")
    made(it, monkeypatch, "default", "A d. At dusk.", "none")
    with pytest.raises(SorasyncError) as several:
        imported(it, "clip.a", "video_both", force=True)
    with pytest.raises(SorasyncError) as none:
        imported(it, "clip.a", "video_none")

    assert several.value.message == ("video_both is a video at several hosts: default: it fits; two: it fits")
    assert several.value.hint == "choose a host with --provider NAME; nothing was changed"
    assert none.value.message.startswith(
        "no host has video_none as clip.a asks for it: default: its prompt differs; two: "
    )
    it.down["default"] = Down()
    with pytest.raises(ProviderError) as unasked:
        imported(it, "clip.a", "video_both")
    assert unasked.value.hint is not None
    assert "--provider NAME asks one host alone for video_both" in unasked.value.hint
    assert "is video_both at two" in imported(it, "clip.a", "video_both", provider="two")


def test_only_one_host_has_what_is_bound_by_force(it: TwoHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    it.configure("[defaults]", ROUTE + "[defaults]")
    it.write(clip("a", at("safe")) + '[characters.mossy]\nname = "Mossy"\nvideo = "m.mp4"\n')
    (it.root / "manifests" / "m.mp4").write_bytes(tiny_video(1280, 720, 3, ""))
    made(it, monkeypatch, "two", "A d. At dusk.")
    with pytest.raises(ProviderError) as absent:
        imported(it, "clip.a", "video_1", provider="default")
    assert absent.value.hint == "--provider NAME asks another host; nothing was changed"
    with pytest.raises(SorasyncError) as other:
        imported(it, "clip.a", "video_1", provider="two")
    assert other.value.message == "video_1 is not what clip.a asks for: its prompt differs"
    assert "name another host with --provider NAME" in str(other.value.hint)
    assert "is video_1 at two" in imported(it, "clip.a", "video_1", force=True)
    with pytest.raises(SorasyncError, match="character at default: it has no use at two"):
        imported(it, "character.mossy", "char_1", provider="two")


def test_what_a_host_has_is_advised_to_a_render_with_the_host_where_another_would_be_asked(
    it: TwoHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.configure("[defaults]", ROUTE + "[defaults]")
    made(it, monkeypatch, "two", "A a. At dusk.")

    def advice() -> str:
        (left,) = import_remote(it.project, LockWait("import"), dry_run=True, provider="two").left_out
        return left.why

    it.write(clip("a"))
    command = "sorasync import 'clip.a' video_1 --provider two"
    assert advice() == f"it is what clip.a asks for at default: {command}"
    it.write(clip("a") + clip("b", at("two")).replace("A b.", "A a."))
    assert advice() == "it is what clip.b asks for: sorasync import 'clip.b' video_1"
    it.write(clip("a", at("safe")))
    assert advice() == f"it is what clip.a asks for: {command}"
    made(it, monkeypatch, "default", "A d. At dusk.")
    imported(it, "clip.a", "video_1", provider="two")
    assert it.apply().complete
    assert it.record("clip.a#1").provider == "openai@http://two.example/v1"


def test_videos_that_nobody_declared_are_advised_with_the_host_that_has_them(
    it: TwoHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.configure("[defaults]", ROUTE + "[defaults]")
    it.write(clip("a", at("safe")))
    for job in ("1", "2"):
        for host in ("default", "two"):
            made(it, monkeypatch, host, "A a. At dusk.", job)

    with it.store() as store:
        told = list(drift_text(sweep_all(it.project, store, it.project.graph(it.project.library())).drift))
    found = recover_state(it.project, LockWait("recover"))
    command = "sorasync import --remote --provider"
    assert told[1:] == [
        f"2 videos at {host} are not in this state: {command} {host} declares what it can."
        for host in ("default", "two")
    ]
    ids = ", ".join(f"video_{job} --provider {host}" for host in ("default", "two") for job in "12")
    why = f"several videos fit: sorasync import 'clip.a' ID, of {ids}"
    assert found.missing == [("clip.a", why)]
