"""Machines that share a state draw animatics in themselves: what one has drawn, the others can use."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sorasync.cli.main import run
from sorasync.clock import SystemClock
from sorasync.operations.project import Project
from sorasync.preview.drawing import DrawingJob
from sorasync.preview.media import tiny_video
from sorasync.state.leases import joined
from sorasync.state.lock import LockWait
from tests.postgres_server import PostgresServer
from tests.team.test_runner_workspace import archive

CONFIG = """
[library]
name = "drawn"
[provider]
profile = "drawn.toml"
[state]
url = "{state}"
[assets]
url = "file://{bucket}"
"""
# As the built-in one; what its list lacks was never sent.
PROFILE = 'extends = "preview"\nname = "drawn"\n[abilities]\nlist_settle_seconds = 0\n'
CAST = """
[characters.fennel]
name = "Fennel"
video = "fennel.mp4"
[clips.a]
prompt = "Fennel waits."
characters = ["fennel"]
"""
MORE = """
[[clips.a.steps]]
extend = "She waves."
seconds = 4
[clips.b]
prompt = "Fennel runs."
characters = ["fennel"]
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A clone of the library on a machine of its own: only state and bucket are shared."""

    root: Path

    def write(self, text: str) -> None:
        """Replace the manifest."""
        (self.root / "manifests" / "film.toml").write_text(text, encoding="utf-8")

    def said(self, *arguments: str, code: int = 0) -> str:
        """What a command prints."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert run(["--library", str(self.root), *arguments]) == code, out.getvalue()
        return out.getvalue()

    def apply(self, *arguments: str, code: int = 0) -> str:
        """Apply without a question."""
        return self.said("apply", "--yes", *arguments, code=code)

    def plan(self) -> dict[str, str]:
        """The reason of each change."""
        changes: Any = json.loads(self.said("plan", "--format", "json"))["changes"]
        return {change["address"]: change["reason"] for change in changes}

    def drawn(self) -> list[str]:
        """What its own preview provider was asked for."""
        return ledger(self.root / "state" / "preview")


def ledger(data: Path) -> list[str]:
    """The kind and label of everything in the ledger of a preview provider."""
    with contextlib.closing(sqlite3.connect(data / "preview.db")) as database:
        return [f"{kind} {label}" for kind, label in database.execute("SELECT kind, label FROM ledger")]


@pytest.fixture
def machines(
    tmp_path: Path, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Machine, Machine]:
    """Two machines, which draw grey videos at once."""
    monkeypatch.setattr("sorasync.preview.renderer.carry_out", draw_at_once)
    monkeypatch.setattr("sorasync.preview.settings.PreviewSettings.hint_ms", 1)
    monkeypatch.setattr("sorasync.apply.batch.follow_batch._FIRST_WAIT", 0.01)
    monkeypatch.setattr("sorasync.apply.render.polled_job._SHORTEST", 0.01)
    (tmp_path / "bucket").mkdir()
    first, second = Machine(tmp_path / "first"), Machine(tmp_path / "second")
    (first.root / "manifests").mkdir(parents=True)
    config = CONFIG.format(state=postgres.url(schema), bucket=tmp_path / "bucket")
    (first.root / "sorasync.toml").write_text(config)
    (first.root / "drawn.toml").write_text(PROFILE)
    (first.root / "manifests" / "fennel.mp4").write_bytes(tiny_video(720, 1280, 4, "fennel"))
    first.write(CAST)
    shutil.copytree(first.root, second.root)
    return first, second


def draw_at_once(drawing: DrawingJob, progress: Callable[[float], None]) -> None:
    """A grey video in the place of an animatic; what it is drawn from has to be there."""
    for file in (drawing.source, *(clip for _, clip in drawing.cast)):
        assert file is None or file.stat().st_size
    drawing.out.write_bytes(tiny_video(drawing.width, drawing.height, drawing.seconds, drawing.out.stem))


def test_characters_and_sources_of_another_machine_are_used_here(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    first.apply()
    for machine in machines:
        machine.write(CAST + MORE)
    # Its clip has moved here, and is found by what is in it.
    (second.root / "refs").mkdir()
    (second.root / "manifests" / "fennel.mp4").rename(second.root / "refs" / "fennel.mp4")
    second.write((CAST + MORE).replace('"fennel.mp4"', '"../refs/fennel.mp4"'))
    second.apply()
    assert sorted(second.drawn()) == ["create clip.b", "extend clip.a#1/1"]
    assert first.plan() == second.plan() == {}


@pytest.mark.parametrize("how", ["--direct", "--batch"])
def test_what_another_machine_left_undrawn_is_drawn_here(machines: tuple[Machine, Machine], how: str) -> None:
    first, second = machines
    first.write(CAST + '[clips.b]\nprompt = "A quay."\n')
    first.apply("--detach", how, code=8)
    # The other line of its batch is left to who wants it.
    second.apply("--target", "clip.a", how)
    shutil.copyfile(first.root / "manifests" / "film.toml", second.root / "manifests" / "film.toml")
    second.apply(how)
    assert first.plan() == {}


def test_a_plan_says_what_another_machine_is_drawing(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    first.apply("--detach", code=8)
    assert second.plan() == {"clip.a": "its animatic is gone: drawn again"}
    project = Project.open(first.root)
    with project.store(write=True) as store, joined(store, SystemClock(), LockWait("apply", 0.0)) as leases:
        leases.take({record.key for record in store.in_flight()})
        assert second.plan() == {"clip.a": "another machine is drawing it"}
        assert "No drift" in second.said("drift")


def test_who_queues_a_render_needs_no_key_for_its_host(
    machines: tuple[Machine, Machine], schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = machines
    monkeypatch.delenv("XAI_API_KEY", raising=False)
    config = first.root / "sorasync.toml"
    config.write_text(config.read_text().replace("drawn.toml", "xai"))
    first.write('[clips.b]\nprompt = "A quay."\n')
    first.apply("--here", code=1)
    first.apply("--queue", f"queue-{schema}", "--detach", code=8)


@dataclass(frozen=True, slots=True)
class AtHand:
    """A runner of this machine, which ends when nothing is queued; `work` is where it unpacks libraries."""

    machine: Machine
    queue: str
    place: tuple[str, ...]
    work: Path

    def order(self) -> None:
        """Queue what is to be done, and let the runner do it."""
        self.machine.apply("--queue", self.queue, "--detach", code=8)
        place = (*self.place, "--work", str(self.work))
        self.machine.said("run", "--queue", self.queue, *place, "--until-empty")

    def versions(self) -> list[Path]:
        """The directories of the versions that it keeps."""
        return [path for path in self.work.glob("*/*") if path.is_dir()]


@pytest.fixture
def at_hand(
    machines: tuple[Machine, Machine], tmp_path: Path, postgres: PostgresServer, schema: str
) -> AtHand:
    """A runner for the first machine."""
    place = ("--database", postgres.url("").partition("?")[0], "--bucket", f"file://{tmp_path}/bucket")
    return AtHand(machines[0], f"queue-{schema}", place, tmp_path / "work")


def test_a_runner_draws_in_itself(machines: tuple[Machine, Machine], at_hand: AtHand) -> None:
    first, _ = machines
    first.write(CAST + MORE)
    at_hand.order()
    assert first.plan() == {}
    drawn = ["character Fennel", "create clip.a", "create clip.b", "extend clip.a#1/1"]
    (version,) = at_hand.versions()
    assert sorted(ledger(version / "state" / "preview")) == drawn

    # Once the next version is done, nothing of this one is needed here.
    first.write(CAST + MORE + '[clips.c]\nprompt = "A quay."\n')
    at_hand.order()
    assert first.plan() == {}
    (following,) = at_hand.versions()
    assert following != version
    assert ledger(following / "state" / "preview") == ["create clip.c"]
    assert [path.name for path in version.parent.glob("*.lock")] == [f"{following.name}.lock"]


def test_strange_files_are_given_up_at_once(
    machines: tuple[Machine, Machine], at_hand: AtHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = machines
    strange = archive({"manifests/film.toml": ""})
    monkeypatch.setattr("sorasync.operations.queue_apply.pack_library", lambda project: strange)
    at_hand.order()
    jobs = json.loads(first.said("queue", "--format", "json"))["jobs"]
    (job,) = [one for one in jobs if one["queue"] == at_hand.queue]
    assert (job["status"], job["attempts"]) == ("given up", 1)
    assert "no sorasync.toml" in job["message"]


@pytest.mark.parametrize("lost", ["gone", "damaged"])
def test_what_the_bucket_has_lost_is_put_back_by_a_runner(
    machines: tuple[Machine, Machine], at_hand: AtHand, tmp_path: Path, lost: str
) -> None:
    first, _ = machines
    first.write('[clips.a]\nprompt = "A quay."\n')
    at_hand.order()
    (video,) = (tmp_path / "bucket" / "objects").rglob("*.mp4")
    right = video.read_bytes()
    if lost == "gone":
        video.unlink()
        first.said("plan", "--refresh")
    else:
        video.write_bytes(bytes(len(right)))
        assert "missing  clip.a" in first.said("drift", "--full")
    (version,) = at_hand.versions()
    at_hand.order()
    assert video.read_bytes() == right
    assert ledger(version / "state" / "preview") == ["create clip.a"]
    assert "No drift" in first.said("drift", "--full")
    assert first.plan() == {}


def test_a_job_is_done_also_where_an_older_version_has_to_stay(
    machines: tuple[Machine, Machine], at_hand: AtHand, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = machines
    first.write('[clips.a]\nprompt = "A quay."\n')
    at_hand.order()
    (version,) = at_hand.versions()
    nobodys = version / "assets" / ".store" / "00" / f"{'0' * 64}.mp4"
    nobodys.parent.mkdir()
    nobodys.write_text("downloaded, and not recorded yet")
    first.write('[clips.a]\nprompt = "A quay."\n[clips.b]\nprompt = "A lake."\n')
    at_hand.order()
    assert f"drawn: {version} stays: 1 video of it is in no bucket" in capsys.readouterr().err
    assert first.plan() == {}
    assert nobodys.exists()


def test_a_runner_keeps_the_videos_of_a_library_that_has_them_elsewhere_in_its_own_directory(
    machines: tuple[Machine, Machine], at_hand: AtHand, tmp_path: Path
) -> None:
    first, _ = machines
    config = first.root / "sorasync.toml"
    config.write_text(f'{config.read_text()}path = "{tmp_path}/videos"\n')
    first.write('[clips.b]\nprompt = "A quay."\n')
    at_hand.order()
    assert first.plan() == {}
    assert not list((tmp_path / "videos").rglob("*.mp4"))
    assert len(list(at_hand.work.glob("*/*/assets/.store/*/*.mp4"))) == 1


def test_a_runner_started_as_the_hint_says_stores_in_the_bucket_of_the_library(
    machines: tuple[Machine, Machine], tmp_path: Path, schema: str
) -> None:
    first, _ = machines
    queue, work = f"queue-{schema}", ("--work", str(tmp_path / "work"))
    first.write(CAST)
    first.apply("--queue", queue, "--detach", code=8)
    # A runner of another library stores nothing of this one, and says with what it would.
    config = first.root / "sorasync.toml"
    text = config.read_text()
    (tmp_path / "depot").mkdir()
    config.write_text(text.replace(f"file://{tmp_path}/bucket", f"file://{tmp_path}/depot"))
    first.said("run", "--queue", queue, *work, "--until-empty")
    config.write_text(text)
    given_up = [
        job for job in json.loads(first.said("queue", "--format", "json"))["jobs"] if job["queue"] == queue
    ]
    assert [job["status"] for job in given_up] == ["given up"]
    assert given_up[0]["message"].endswith(f"; start it with --bucket file://{tmp_path}/bucket")

    first.apply("--queue", queue, "--detach", code=8)
    first.said("run", "--queue", queue, *work, "--until-empty")
    assert first.plan() == {}
