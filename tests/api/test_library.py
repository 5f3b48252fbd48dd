"""The library for programs: the same plans, limits and locks as on the command line."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

import sorasync
from sorasync import Library
from sorasync.api import Notice
from sorasync.apply.events import ChangeEvent, Moment
from sorasync.apply.report import End
from sorasync.errors import SorasyncError
from sorasync.plan.policy import PlanRefused
from sorasync.plan.stale import PlanStale
from sorasync.state.lock import StateLocked
from tests.ci.paid import Studio, a_studio, clips

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "python.md"


@pytest.fixture
def studio(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    with a_studio(tmp_path, capsys) as studio:
        studio.write(clips("pier", "bay"))
        yield studio


def test_a_plan_is_that_of_the_command_line(studio: Studio) -> None:
    plan = Library.open(studio.root).plan()
    told = studio.run("plan", "--format", "json").json
    assert plan.token == told["token"]
    assert [change.label for change in plan.changes] == [change["address"] for change in told["changes"]]
    assert plan.cost_usd == Decimal(told["cost_usd"]) == Decimal("0.80")
    assert not plan.empty and not plan.refusals
    assert studio.billed() == 0


def test_a_plan_is_applied_once_and_told_as_it_happens(studio: Studio) -> None:
    library = Library.open(studio.root)
    moments: list[Moment] = []
    report = library.apply(library.plan(), on_event=lambda event: moments.append(event.moment))
    assert report.complete and report.spent.usd == Decimal("0.80") == studio.billed()
    assert moments.count(Moment.DONE) == 2
    assert library.plan().empty
    assert [run["command"] for run in studio.run("history", "--format", "json").json["runs"]] == [
        "sorasync.Library.apply"
    ]


def test_what_changed_since_the_plan_is_not_paid_for(studio: Studio) -> None:
    library = Library.open(studio.root)
    plan = library.plan()
    studio.write(clips("pier", "bay", "hill"))
    with pytest.raises(PlanStale):
        library.apply(plan)
    assert studio.billed() == 0


def test_a_plan_above_the_given_cost_is_refused(studio: Studio) -> None:
    library = Library.open(studio.root)
    with pytest.raises(PlanRefused):
        library.apply(library.plan(), max_cost=0.79)
    assert studio.billed() == 0
    assert library.apply(library.plan(), max_cost="0.80").complete


def test_a_selection_is_planned_and_applied_as_such(studio: Studio) -> None:
    library = Library.open(studio.root)
    report = library.apply(library.plan(target=["clip.bay"]))
    assert [one.label for one in report.outcomes] == ["clip.bay"]
    assert [row.stage.value for row in library.status("clip.bay", "clip.pier").rows] == ["done", "to do"]
    with pytest.raises(SorasyncError, match="matches nothing"):
        library.plan(target=["clip.nothing"])


def test_one_pattern_may_be_text(studio: Studio) -> None:
    library: Any = Library.open(studio.root)
    assert [one.label for one in library.plan(target="clip.bay").changes] == ["clip.bay"]
    assert [one.label for one in library.plan(exclude="bay").changes] == ["clip.pier"]
    for option in ("target", "exclude", "replace", "retry"):
        with pytest.raises(SorasyncError, match=r"'clip\.nope'"):
            library.plan(**{option: "clip.nope"})
        with pytest.raises(SorasyncError, match=f"{option} is text or several of it, not 7"):
            library.plan(**{option: 7})
    assert library.apply(library.plan(target="bay")).complete
    assert [row.address for row in library.status(stages="done").rows] == ["clip.bay"]
    assert [one.action.value for one in library.plan(replace="clip.bay", target="bay").changes] == ["replace"]
    assert len(library.migrate("sora-2", "sora-2-pro", patterns="clip.pier").clips) == 1
    with pytest.raises(SorasyncError, match="there is no check 'blakc'"):
        library.check(only="blakc")


def test_lengths_of_time_are_text_or_timedeltas(studio: Studio) -> None:
    library = Library.open(studio.root)
    library.apply(library.plan())
    studio.write(clips("pier"))
    library.apply(library.plan())
    assert len(library.retired(older_than="0s").renders) == 1
    assert library.retired(older_than="7d").renders == library.retired(older_than=timedelta(7)).renders == ()
    assert library.gc(older_than="7d").keys == ()
    for since in ("30d", timedelta(30), datetime.now(UTC) - timedelta(30)):
        assert library.cost("model", since=since).total.spent == Decimal("0.80")
    assert library.cost(since="0s").total.spent == 0
    for wrong in ("soon", 7):
        with pytest.raises(SorasyncError, match=f"older_than is a timedelta, or text .*, not {wrong!r}"):
            library.gc(older_than=wrong)  # type: ignore[arg-type]
        with pytest.raises(SorasyncError, match=f"since is a datetime, .*, not {wrong!r}"):
            library.cost(since=wrong)  # type: ignore[arg-type]


def test_a_wrong_choice_is_a_sentence(studio: Studio) -> None:
    library: Any = Library.open(studio.root)
    faulty: dict[str, Callable[[], object]] = {
        "by cannot be 'nope'": lambda: library.cost("nope"),
        "by cannot be 'day'": lambda: library.usable_cost("day"),
        "by cannot be None": lambda: library.estimate_accuracy(None),
        "the answer cannot be 'bogus'": lambda: library.resolve("pier", "bogus"),
        "a stage cannot be 'doing'": lambda: library.status(stages="doing"),
        "max_cost is an amount in dollars such as 2.50, not 'ten'": lambda: library.apply(
            library.plan(), max_cost="ten"
        ),
    }
    for message, call in faulty.items():
        with pytest.raises(SorasyncError, match=re.escape(message)):
            call()
    with pytest.raises(SorasyncError) as raised:
        library.cost("modell")
    assert raised.value.hint == "did you mean 'model'?"
    assert studio.billed() == 0


def test_events_can_be_iterated_and_a_run_that_is_left_is_stopped(studio: Studio) -> None:
    library = Library.open(studio.root)
    with library.start(library.plan(), parallelism=1) as run:
        for event in run:
            if isinstance(event, ChangeEvent) and event.moment is Moment.SENT:
                break
    assert run.ended
    assert {one.end for one in run.result().outcomes} <= {End.PENDING, End.SKIPPED, End.DONE}
    assert run.result().interrupted or run.result().complete
    paid = studio.billed()
    assert library.apply(library.plan()).complete
    assert studio.billed() == Decimal("0.80") >= paid


def test_only_one_apply_at_a_time(studio: Studio) -> None:
    library = Library.open(studio.root)
    plan = library.plan()
    with library.start(plan) as first:
        next(iter(first))
        second = library.start(plan)
        with contextlib.suppress(StateLocked, PlanStale):
            second.result()
        first.result()
    assert studio.billed() == Decimal("0.80")


def test_it_works_where_an_event_loop_runs_already(studio: Studio) -> None:
    async def in_a_notebook() -> None:
        library = Library.open(studio.root)
        assert library.apply(library.plan(target=["clip.pier"])).complete
        assert (await library.apply_async(library.plan())).complete

    asyncio.run(in_a_notebook())
    assert studio.billed() == Decimal("0.80")


def test_stills_are_listed_and_seen(studio: Studio) -> None:
    studio.write('[stills.quay]\nprompt = "A quay."\ntakes = 2\ngate = true\n')
    library = Library.open(studio.root)
    library.apply(library.plan())
    first, second = library.takes("still.quay")
    assert library.stills == {"quay": (first, second)} and library.clips == {}
    assert (first.address, first.seconds, first.picked) == ("still.quay#1", 0, False)
    assert first.file is not None and first.file.suffix == ".png"
    assert '<img alt="" width="480" src="data:image/png;base64,' in first._repr_html_()
    with pytest.raises(SorasyncError, match="there is no still 'kay'"):
        library.takes("still.kay")


def test_takes_are_listed_with_their_files(studio: Studio) -> None:
    studio.write('[clips.pier]\nprompt = "A pier at dusk."\ntakes = 2\npick = 2\n')
    library = Library.open(studio.root)
    assert [take.status for take in library.takes("pier")] == [None, None]
    library.apply(library.plan())
    first, second = library.takes("clip.pier")
    assert (first.picked, second.picked) == (False, True)
    assert first.file is not None and first.file.read_bytes()[4:8] == b"ftyp"
    assert first.cost_usd == Decimal("0.40") and second.address == "clip.pier#2"
    assert "<video" in first._repr_html_()
    assert library.clips == {"pier": (first, second)}
    with pytest.raises(SorasyncError, match="no clip 'peer'") as found:
        library.takes("peer")
    assert found.value.hint == "did you mean 'pier'?"


def test_faults_are_listed_and_not_raised(studio: Studio) -> None:
    library = Library.open(studio.root)
    assert library.validate() == ()
    studio.write('[clips.pier]\nprompt = "A pier."\nsecnods = 4\n')
    assert "secnods" in library.validate()[0].message
    (studio.root / "sorasync.toml").write_text("[provider\n")
    assert len(library.validate()) == 1


def test_a_plan_in_a_notebook_shows_hostile_words_as_words(studio: Studio) -> None:
    studio.write('[clips.x]\nprompt = "{{ word }} pier"\nmatrix = { word = ["<b>x"] }\n')
    shown = Library.open(studio.root).plan()._repr_html_()
    assert "&lt;b&gt;x" in shown and "<b>x" not in shown
    assert "$0.40" in shown


def test_what_the_page_shows_runs(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(studio.root)
    names: dict[str, object] = {}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for code in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL):
            exec(compile(code, DOCS.name, "exec"), names)
    assert "all done" in said.getvalue()
    assert "clip.pier stored" in said.getvalue()
    assert Notice("x").text == "x"


def test_what_the_page_shows_is_typed(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    example = tmp_path / "example.py"
    example.write_text("\n".join(blocks))
    arguments = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(ROOT / ".mypy_cache"),
        str(example),
    ]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_looking_gives_what_the_commands_show(studio: Studio) -> None:
    library = Library.open(studio.root)
    library.apply(library.plan(target=["clip.pier"]))

    def told(*words: str) -> Any:
        return studio.run(*words, "--format", "json").json

    assert library.status("pier").rows[0].stage.value == told("status", "pier")["addresses"][0]["stage"]
    assert library.show("pier").renders[0].file == told("show", "pier")["renders"][0]["file"]
    assert [one.address for one in library.find("dusk")] == [
        one["address"] for one in told("find", "dusk")["found"]
    ]
    assert list(library.graph("bay").renders) == ["clip.bay#1"]
    assert library.history()[0][0].id == told("history")["runs"][0]["run"]
    assert library.run(1).run.command == "sorasync.Library.apply"
    assert len(library.log("pier").events) == len(told("log", "pier")["events"])
    assert library.cost().total.spent == Decimal("0.40") == Decimal(told("cost")["total"]["spent_usd"])
    assert library.usable_cost().lines[0].name == told("cost", "--usable")["usable"][0]["name"]
    assert len(library.prices(used=True)) == len(told("prices", "--used")["prices"])
    assert library.drift().items == () and library.questions().open == ()
    assert library.retired().renders == () and library.cuts == {}
    assert library.doctor(offline=True).healthy and library.preflight().errors == 0
    assert [row.address for row in library.state.rows()] == ["clip.pier#1"]
    assert library.state.check().faults == () and library.state.lock() is None
    assert "pier" in library.status()._repr_html_() and "0.40" in library.cost()._repr_html_()


def test_changes_are_made_under_the_lock_and_the_name_of_the_method(studio: Studio) -> None:
    heard: list[str] = []
    library = Library.open(studio.root, notice=heard.append)
    studio.write('[clips.pier]\nprompt = "A pier at dusk."\nprotect = true\ntakes = 2\n')
    report = library.apply(library.plan())
    assert "clip.pier#1" in report._repr_html_()
    assert library.pick("pier", 2).picked.after == 2 and library.pick("clip.pier", None).plan.changes == ()
    studio.write('[clips.pier]\nprompt = "A pier at dawn."\ntakes = 2\n')
    assert library.unprotect("pier").guarded == ("clip.pier#1", "clip.pier#2")
    assert len(library.accept("clip.pier#1", reason="a typo").accepted) == 1
    assert [one.action.value for one in library.plan().changes] == ["replace"]
    assert len(library.migrate("sora-2", "sora-2-pro").clips) == 1
    with pytest.raises(SorasyncError, match="neither refused"):
        library.retry("pier")
    with pytest.raises(SorasyncError, match="no open question"):
        library.resolve("pier", "resend")
    library.apply(library.plan())
    assert len(library.retired().renders) == len(library.gc().keys) == 2
    commands = [run.command.removeprefix("sorasync.Library.") for run, _ in library.history()]
    assert commands == ["gc", "apply", "resolve", "retry", "accept", "unprotect", "apply"] and heard == []
    exported = library.state.export()
    assert len(library.destroy().keys) == 2 and library.state.rows() == ()
    assert library.state.restore(len(library.state.backups())) is not None
    assert library.state.check().faults == () and '"clip.pier#1"' in exported


def test_a_saved_plan_is_applied_and_a_new_library_is_made(studio: Studio, tmp_path: Path) -> None:
    library = Library.open(studio.root)
    library.plan(target=["clip.bay"]).save(tmp_path / "plan.json")
    assert library.apply(tmp_path / "plan.json").complete
    assert studio.billed() == Decimal("0.40") and library.wait().outcomes == ()
    assert Library.init(tmp_path / "new").validate() == ()


def test_the_package_loads_nothing_of_it_before_it_is_used() -> None:
    code = "import sorasync, sys; print([m for m in sys.modules if m.startswith('sorasync.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
    assert sorasync.Library is Library
    with pytest.raises(AttributeError):
        sorasync.Nothing  # noqa: B018
