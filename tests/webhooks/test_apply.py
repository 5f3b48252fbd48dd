"""Webhooks and waiting, from the command line, with a real server that sends them."""

from __future__ import annotations

import base64
import contextlib
import random
import socket
from pathlib import Path

import pytest

from sorasync.apply.report import End
from sorasync.cli.main import run
from sorasync.clock import SystemClock
from sorasync.operations.project import Project
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.conftest import world as world
from tests.apply.world import clips, ends

SECRET = "whsec_" + base64.b64encode(b"a secret of ours").decode()


def free_port() -> int:
    """A port below those that the system hands out by itself: no other test gets it meanwhile."""
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", random.randrange(15_000, 32_000))) as one,
        ):
            return int(one.getsockname()[1])


def library(root: Path, url: str) -> str:
    (root / "manifests").mkdir(parents=True)
    (root / "sorasync.toml").write_text(
        f'[provider]\nprofile = "openai"\nbase_url = "{url}"\n'
        '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
    )
    (root / "manifests" / "a.toml").write_text('[clips.a]\nprompt = "a pier"\n')
    return str(root)


def _slept_through(patch: pytest.MonkeyPatch) -> list[float]:
    """The long sleeps that nothing ended before their time."""
    ended: list[float] = []
    pause = SystemClock.sleep

    async def sleep(self: SystemClock, seconds: float) -> None:
        await pause(self, seconds)
        if seconds > 20:
            ended.append(seconds)

    patch.setattr(SystemClock, "sleep", sleep)
    return ended


def test_a_webhook_makes_the_provider_be_asked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("SORASYNC_WEBHOOK_SECRET", SECRET)
    port = free_port()
    settings = PreviewSettings(
        tmp_path / "server",
        draw=False,
        render_seconds=1.5,
        poll_after_ms=60_000,
        webhook_url=f"http://127.0.0.1:{port}/hooks",
        webhook_secret=SECRET,
    )
    slept_through = _slept_through(monkeypatch)
    with running(settings) as server:
        root = library(tmp_path / "library", server.url)
        listen = f"127.0.0.1:{port}"
        assert run(["--library", root, "apply", "--yes", "--webhook-listen", listen]) == 0
    assert slept_through == []
    assert f"listening for webhooks on {listen}" in capsys.readouterr().err


def test_a_webhook_with_a_wrong_secret_is_told_of_and_wakes_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OURS", "whsec_" + base64.b64encode(b"another").decode())
    port = free_port()
    settings = PreviewSettings(
        tmp_path / "server",
        draw=False,
        render_seconds=0.05,
        poll_after_ms=500,
        webhook_url=f"http://127.0.0.1:{port}/hooks",
        webhook_secret=SECRET,
    )
    with running(settings) as server:
        root = library(tmp_path / "library", server.url)
        command = ["--library", root, "apply", "--yes", "--webhook-listen", f"127.0.0.1:{port}"]
        assert run([*command, "--webhook-secret-env", "OURS"]) == 0
    assert capsys.readouterr().err.count("a webhook was refused") == 1


def test_without_the_secret_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.delenv("SORASYNC_WEBHOOK_SECRET", raising=False)
    with running(PreviewSettings(tmp_path / "server", draw=False)) as server:
        root = library(tmp_path / "library", server.url)
        assert run(["--library", root, "apply", "--yes", "--webhook-listen", "127.0.0.1:0"]) == 1
        assert server.app.state.server.requests["create"] == 0
    assert "SORASYNC_WEBHOOK_SECRET is not set" in capsys.readouterr().err
    with Project.open(Path(root)).store() as store:
        assert store.runs() == []


@pytest.mark.parametrize("address", ["8080", ":8080", "host:", "host:99999"])
def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path, address: str) -> None:
    root = library(tmp_path, "http://127.0.0.1:9/v1")
    assert run(["--library", root, "apply", "--webhook-listen", address]) == 64


def test_detached_renders_are_fetched_by_wait(world: MakeWorld) -> None:
    it = world(clips("ab") + '[[clips.b.steps]]\nedit = "In fog."\n')
    assert ends(it.apply(detach=True))["clip.a"] is End.PENDING
    assert it.record("clip.a#1").status is Status.SUBMITTED
    report = it.apply(only_pending=True)
    assert ends(report) == {"clip.a": End.DONE, "clip.b": End.DONE}
    assert it.requests()["edit"] == 0
    assert it.apply().complete
    assert len(it.charges()) == 3


def test_wait_leaves_what_is_not_done_in_time_in_flight(world: MakeWorld) -> None:
    it = world(clips("a"), render_seconds=600)
    it.apply(detach=True)
    report = it.apply(only_pending=True, wait=60.0)
    assert ends(report) == {"clip.a": End.PENDING}
    assert ends(it.apply(only_pending=True)) == {"clip.a": End.DONE}


def test_wait_pays_nothing_for_an_answer_that_never_arrived(world: MakeWorld) -> None:
    it = world(clips("a"), config="[provider.abilities]\nlist_settle_seconds = 0\n")
    it.faults({"route": "create", "do": "cut_before", "count": 1}, {"route": "list", "do": "error"})
    it.apply()
    it.faults()
    it.apply(only_pending=True)
    assert it.charges() == []
    assert it.apply().complete


def test_wait_with_nothing_in_flight_says_so(world: MakeWorld, capsys: pytest.CaptureFixture[str]) -> None:
    it = world(clips("a"))
    assert run(["--library", str(it.root), "wait"]) == 0
    assert capsys.readouterr().out == "Nothing is in flight.\n"


def test_what_is_pending_for_the_same_reason_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with running(PreviewSettings(tmp_path / "server", draw=False, render_seconds=600)) as server:
        root = library(tmp_path / "library", server.url)
        more = "".join(f'[clips.b{number}]\nprompt = "pier {number}"\n' for number in range(9))
        (Path(root) / "manifests" / "b.toml").write_text(more)
        assert run(["--library", root, "apply", "--yes", "--detach", "--parallelism", "20"]) == 8
    shown = capsys.readouterr().out
    assert "… clip.a, clip.b0, clip.b1 and 7 more: pending: started" in shown
    assert shown.count("next:") == 1
