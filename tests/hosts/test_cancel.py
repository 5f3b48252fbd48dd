"""`sorasync cancel`: what it costs is said before, and the host's ledger agrees afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sorasync.apply.report import End
from sorasync.cli.main import run
from sorasync.errors import SorasyncError
from sorasync.operations.cancel import CancelEnd, Cancelled, InProgress, cancel, in_progress
from sorasync.operations.plan import PlanOptions
from sorasync.operations.retry import retry_renders
from sorasync.plan.action import Action
from sorasync.preview.app import PreviewSettings
from sorasync.preview.serve import running
from sorasync.state.lock import LockWait
from sorasync.state.record import CANCEL, Status
from tests.apply.world import ends
from tests.hosts.one_host import OneHost, with_key

MakeHost = Callable[..., OneHost]

# What each host bills of a job that is cancelled while it waits, and after it has begun; None: it goes on.
BILLS: dict[str, tuple[bool, bool | None]] = {
    "fal": (True, True),
    "replicate": (True, True),
    "comfyui": (False, False),
    "comfy-api": (False, True),
    "comfy-router": (False, True),
    "runway": (False, True),
    "ark": (False, None),
    "minimax": (True, True),
    "dashscope": (False, None),
}
A = '[clips.a]\nprompt = "A boat at dusk."\n'
B = '[clips.b]\nprompt = "A lamp at dusk."\n'


class Killed(BaseException):
    """The end of a process."""


async def _killed(_seconds: float) -> None:
    raise Killed


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeHost:
    """Makes a library with renders in progress at a host."""

    def make(dialect: str, manifest: str = A, **settings: Any) -> OneHost:
        it = with_key(OneHost(tmp_path, dialect, manifest, **settings), monkeypatch)
        it.apply(detach=True)
        return it

    return make


def cancelled(it: OneHost, *patterns: str, found: tuple[InProgress, ...] | None = None) -> list[Cancelled]:
    found = in_progress(it.project, patterns) if found is None else found
    return list(cancel(it.project, found, LockWait("cancel")))


def cancelled_and_killed(it: OneHost, found: tuple[InProgress, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel, and end the process after the request, before it knows what became of the job."""
    it.faults({"route": "cancel", "do": "cut_after"}, {"route": "get", "do": "error", "nth": [2, 3, 4]})
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(it.clock, "sleep", _killed)
        cancelled(it, found=found)
    it.faults()


def counted(it: OneHost) -> Decimal | None:
    """What the state counts for clip.a: None if nothing."""
    charge = it.record("clip.a#1").charge
    return None if charge is None else charge.usd


@pytest.mark.parametrize("begun", [False, True], ids=["queued", "begun"])
@pytest.mark.parametrize("dialect", BILLS)
def test_what_cancelling_costs_is_said_before_and_billed_after(
    host: MakeHost, dialect: str, begun: bool
) -> None:
    it = host(dialect)
    it.clock.time += 100 if begun else 0
    (shown,) = in_progress(it.project, ("a",))
    bills = BILLS[dialect][begun]
    if bills is None:
        assert shown.why_not is not None
        assert "cancels only queued jobs" in shown.why_not
        assert cancelled(it, found=(shown,)) == []
        assert it.apply().complete
        return
    assert (shown.why_not, shown.queued) == (None, not begun)
    assert shown.charge == (1 if bills else 0)
    assert cancelled(it, found=(shown,)) == [Cancelled("clip.a", CancelEnd.CANCELLED, Decimal(bills))]
    assert it.billed() == bills
    assert (counted(it) or 0) == bills
    assert it.plan().changes[0].action is Action.BLOCKED
    assert it.apply().outcomes[0].message.startswith("cancelled on ")
    assert it.server.requests["create"] == 1


def test_every_host_whose_profile_cancels_is_tried_here() -> None:
    from sorasync.profile import load_profile, profile_names

    jobs = {name: load_profile(name).job for name in profile_names()}
    assert {name for name, job in jobs.items() if job is not None and job.cancel is not None} == set(BILLS)


def test_a_cancelled_render_is_rendered_again_only_on_request(host: MakeHost) -> None:
    it = host("runway")
    cancelled(it, "a")
    (change,) = it.plan().changes
    assert change.reason.endswith("to try it again: --retry 'clip.a'")
    retry_renders(it.project, [], LockWait("retry"), blocked=True)
    assert it.plan().changes[0].action is Action.BLOCKED
    (lifted,) = retry_renders(it.project, ["a"], LockWait("retry"))
    assert lifted.cancelled
    assert it.apply().complete
    assert it.billed() == 1


@pytest.mark.parametrize("begun", [False, True], ids=["queued", "begun"])
def test_a_fresh_clone_knows_by_the_lock_file_what_was_cancelled(host: MakeHost, begun: bool) -> None:
    it = host("runway")
    it.clock.time += 100 if begun else 0
    cancelled(it, "a")
    before = counted(it)
    shutil.rmtree(it.root / "state")
    assert [change.action for change in it.plan().changes] == [Action.BLOCKED]
    it.apply()
    assert counted(it) == before
    assert it.server.requests["create"] == 1


def test_a_cancelled_clip_with_another_prompt_is_rendered(host: MakeHost) -> None:
    it = host("runway")
    cancelled(it, "a")
    it.write(A.replace("boat", "ship"))
    assert it.apply().complete
    assert it.billed() == 1


def test_a_cancelled_render_does_not_go_on_to_the_next_host_of_its_route(
    host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    routed = """
[providers.two]
profile = "runway"
base_url = "http://two.example/v1"
api_key_env = "RUNWAYML_API_SECRET"
[route.safe]
prefer = ["default", "two"]
"""
    it = host("runway", A + 'provider = "safe"\n', config=routed)
    assert cancelled(it, "a")[0].end is CancelEnd.CANCELLED
    assert [change.action for change in it.plan().changes] == [Action.BLOCKED]
    # The same where only the next apply finds out.
    it.write(A.replace("boat", "ship") + 'provider = "safe"\n')
    it.apply(detach=True)
    found = in_progress(it.project, ("a",))
    cancelled_and_killed(it, found, monkeypatch)
    assert [one.end for one in it.apply().outcomes] == [End.BLOCKED]
    assert it.server.requests["create"] == 2


def test_an_answer_that_is_lost_is_settled_by_what_the_host_says_of_the_job(host: MakeHost) -> None:
    it = host("runway")
    it.faults({"route": "cancel", "do": "cut_after"})
    # That it does not know the job may be a slip: the next apply asks several times.
    assert cancelled(it, "a")[0].end is CancelEnd.ASKED
    assert ends(it.apply()) == {"clip.a": End.BLOCKED}
    assert it.billed() == 0
    assert counted(it) is None


def test_a_slip_of_a_host_that_refused_to_cancel_cancels_nothing(host: MakeHost) -> None:
    it = host("fal")
    it.faults({"route": "cancel", "do": "error"}, {"route": "get", "do": "not_found", "nth": 4})
    found = in_progress(it.project, ("a",))
    (end,) = cancelled(it, found=found)
    assert end.end is CancelEnd.ASKED
    assert it.record("clip.a#1").status is Status.SUBMITTED
    it.faults()
    assert it.apply().complete
    assert it.server.requests["create"] == 1


def test_a_request_that_never_arrived_leaves_the_render_in_progress(host: MakeHost) -> None:
    it = host("replicate", render_seconds=10_000.0)
    it.faults({"route": "cancel", "do": "cut_before"})
    (end,) = cancelled(it, "a")
    assert end.end is CancelEnd.ASKED
    assert it.record("clip.a#1").status is Status.SUBMITTED
    assert it.plan().changes[0].reason == "cancel requested"
    it.faults()
    assert cancelled(it, "a")[0].end is CancelEnd.CANCELLED


def test_a_render_that_was_to_be_cancelled_and_is_done_all_the_same_is_downloaded(host: MakeHost) -> None:
    it = host("replicate")
    it.faults({"route": "cancel", "do": "cut_before"})
    assert cancelled(it, "a")[0].end is CancelEnd.ASKED
    assert it.apply().complete
    record = it.record("clip.a#1")
    assert (record.status, record.error_stage) == (Status.STORED, None)
    assert it.billed() == 1


@pytest.mark.parametrize("dialect", ["runway", "replicate", "comfyui"])
def test_a_process_that_is_killed_after_its_request_leaves_the_rest_to_the_next_apply(
    host: MakeHost, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    it = host(dialect)
    found = in_progress(it.project, ("a",))
    cancelled_and_killed(it, found, monkeypatch)
    record = it.record("clip.a#1")
    assert (record.status, record.error_stage) == (Status.SUBMITTED, CANCEL)
    report = it.apply()
    assert ends(report) == {"clip.a": End.BLOCKED}
    assert report.outcomes[0].next == "sorasync retry 'clip.a'"
    assert it.billed() == (counted(it) or 0)
    assert it.server.requests["create"] == 1
    assert [change.action for change in it.plan().changes] == [Action.BLOCKED]


def test_a_render_that_begins_before_the_answer_is_left_alone_where_that_changes_the_refund(
    host: MakeHost,
) -> None:
    it = host("runway")
    found = in_progress(it.project, ("a",))
    it.clock.time += 100
    (end,) = cancelled(it, found=found)
    assert (end.end, end.charge) == (CancelEnd.KEPT, Decimal(1))
    assert "changes the refund" in end.message
    assert it.server.requests["cancel"] == 0
    assert it.apply().complete


def test_what_a_host_refuses_to_cancel_stays_in_progress(host: MakeHost) -> None:
    it = host("replicate")
    it.faults({"route": "cancel", "do": "status", "status": 422, "message": "not now"})
    (end,) = cancelled(it, "a")
    assert end.end is CancelEnd.KEPT
    assert "not now" in end.message
    assert it.record("clip.a#1").error_stage is None
    assert it.apply().complete


def test_each_render_that_cannot_be_cancelled_says_why(host: MakeHost) -> None:
    it = host("kling")
    (shown,) = in_progress(it.project)
    assert shown.why_not == "the profile of Kling has no request to cancel a render"
    assert cancelled(it, "a") == []


def test_a_request_whose_answer_was_lost_is_not_cancelled(host: MakeHost) -> None:
    it = host("runway", "")
    it.write(A)
    it.faults({"route": "create", "do": "cut_after"})
    it.apply()
    (shown,) = in_progress(it.project, ("a",))
    assert shown.why_not is not None
    assert shown.why_not.startswith("the answer to its request was lost")


def test_only_what_is_named_is_cancelled(host: MakeHost) -> None:
    it = host("runway", A + B)
    with pytest.raises(SorasyncError, match="c is not being rendered"):
        in_progress(it.project, ("c",))
    assert [one.label for one in in_progress(it.project)] == ["clip.a", "clip.b"]
    assert [one.label for one in cancelled(it, "clip.b")] == ["clip.b"]
    assert it.apply(PlanOptions()).outcomes[0].end is End.DONE
    assert it.billed() == 1


def test_the_command_says_what_it_costs_asks_and_prints_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = PreviewSettings(tmp_path / "served", dialect="runway", draw=False, render_seconds=10_000.0)
    it = with_key(OneHost(tmp_path, "runway", A + B), monkeypatch)

    def command(*args: str, code: int = 0) -> str:
        assert run(["--library", str(it.root), *args]) == code, capsys.readouterr()
        return capsys.readouterr().out

    with running(settings) as server:
        config = it.root / "sorasync.toml"
        config.write_text(config.read_text().replace("one.example", f"127.0.0.1:{server.port}"))
        command("apply", "--yes", "--detach", code=8)
        assert command("cancel") == (
            "× clip.a  queued  $1.00 refunded\n"
            "× clip.b  queued  $1.00 refunded\n"
            "2 renders to cancel: $2.00 refunded, $0.00 still charged.\n"
            "Nothing was cancelled. To cancel: sorasync cancel ADDRESS\n"
        )
        assert run(["--library", str(it.root), "cancel", "a"]) == 1
        assert "this would cancel 1 render, and this is not a terminal: pass --yes" in capsys.readouterr().err
        assert command("cancel", "a", "--yes").splitlines()[-2:] == [
            "× clip.a: cancelled, not charged",
            "Cancelled: 1 render. To render again: sorasync retry 'clip.a'",
        ]
        (told,) = json.loads(command("cancel", "b", "--yes", "--format", "json"))["renders"]
        assert (told["refund"], told["charge_usd"], told["end"]) == ("if_queued", "0.00", "cancelled")
        told = [line.partition(" UTC  ")[2] for line in command("log", "a").splitlines()]
        asked = told.index("clip.a: cancel requested, while queued")
        assert told[asked + 1].startswith("clip.a: cancelled on ")
        assert not [line for line in told if "refused" in line or "amended" in line]
        assert command("retry", "a").startswith("clip.a: cancelled on ")
        assert server.app.state.server.ledger.charges() == []
