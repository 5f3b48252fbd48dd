"""`apply --events` and `wait --events`: a stream of JSON lines for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

from tests.cli.kit import Film

FREE = '[provider]\nprofile = "preview"\n'
CLIPS = '[clips.pier]\nprompt = "A pier."\n[clips.bay]\nprompt = "A bay."\n'


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_apply_is_told_line_by_line(film: Callable[[str], Film]) -> None:
    it = film(CLIPS)
    token = it.run("plan", "--format", "json").json["token"]
    answer = it.run("apply", "--yes", "--events")
    first, *told, last = lines(answer.out)
    assert (first["type"], first["token"], last["type"]) == ("plan", token, "report")
    assert last["summary"]["done"] == 2 and "plan" not in last
    moments = [one["moment"] for one in told if one["type"] == "event" and one["address"] == "clip.pier"]
    assert moments[0] == "sent" and moments[-1] == "done"
    assert {one["type"] for one in told} <= {"event", "notice"}
    assert answer.err == "" and answer.code == 0


def test_a_wait_with_nothing_in_flight_ends_with_its_report(film: Callable[[str], Film]) -> None:
    (last,) = lines(film(CLIPS).run("wait", "--events").out)
    assert last["type"] == "report" and last["outcomes"] == []


def test_an_error_is_the_last_line(film: Callable[[str], Film]) -> None:
    it = film("[clips.pier]\nprmpt = 1\n")
    (last,) = lines(it.run("apply", "--yes", "--events").out)
    assert last["type"] == "error" and last["error"]["code"] == 1
    assert [one["code"] for one in last["diagnostics"]]


def test_a_reader_that_goes_away_disturbs_nothing(film: Callable[[str], Film]) -> None:
    it = film(CLIPS)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "sorasync", "apply", "--yes", "--events", "--library", str(it.root)]
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.DEVNULL) as child:
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        child.wait(120)
    assert it.run("plan", "--detailed-exitcode").code == 0
    assert len(list(Path(it.root, "assets").glob("*.mp4"))) == 2
