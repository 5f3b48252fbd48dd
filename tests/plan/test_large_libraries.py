"""What keeps a plan of a million clips in memory: one copy of each text, and lines that are not gathered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bench.generate import fill_state, write_library
from sorasync.cli.app.output import print_lines
from sorasync.cli.commands import plan as command
from sorasync.operations import plan as planning
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from tests.cli.kit import Film


def test_a_large_library_holds_each_text_of_manifests_state_and_disk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_library(tmp_path, 7)
    fill_state(tmp_path)
    apart = make_plan(Project.open(tmp_path), PlanOptions(offline=True))
    monkeypatch.setattr(planning, "_WORTH_SHARING", 1)
    found = make_plan(Project.open(tmp_path), PlanOptions(offline=True))
    assert found.plan == apart.plan
    known = found.known
    assert isinstance(known.present, set)
    addresses = {id(address) for address in found.graph.keys}
    keys = {id(key) for key in found.graph.keys.values()}
    assert len(known.briefs) == len(known.bindings) == len(keys) == 9
    assert {id(key) for key in known.briefs} == {id(one.key) for one in known.bindings.values()} == keys
    assert {id(address) for address in known.bindings} == addresses
    assert {id(one.asset) for one in known.briefs.values()} == {id(digest) for digest in known.present}


def test_lines_are_printed_while_they_are_generated(capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []

    def lines() -> Iterator[str]:
        for number in range(5_000):
            yield f"line {number}"
        printed.append(capsys.readouterr().out)

    print_lines(lines())
    assert printed[0].splitlines()[:2] == ["line 0", "line 1"]
    assert printed[0].count("\n") >= 4_000
    assert printed[0] + capsys.readouterr().out == "".join(f"line {number}\n" for number in range(5_000))


def test_a_plan_gathers_its_lines_only_where_it_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_library(tmp_path, 7)
    film, gathered = Film(tmp_path, capsys), list[bool]()

    def watched(lines: Iterable[str]) -> None:
        gathered.append(isinstance(lines, list))
        print_lines(lines)

    monkeypatch.setattr(command, "print_lines", watched)
    assert "clip.shot-6" in film.run("plan").out
    fill_state(tmp_path)
    assert film.run("plan").code == 0
    assert gathered == [False, True]
