"""What commands print with `--format json` is what the published schema says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

pytest.importorskip("starlette")

from tests.ci.paid import a_studio, clips
from tests.cli.conftest import film as film
from tests.cli.kit import Film

CLIPS = """\
[clips.pier]
prompt = "A pier."
[clips.bay]
prompt = "An epic bay, 4K."
takes = 2
[[clips.bay.steps]]
extend = "On."
seconds = 4
"""


@pytest.fixture
def schema(film: Callable[[str], Film]) -> dict[str, Any]:
    found: dict[str, Any] = film("").run("schema", "output").json
    Draft202012Validator.check_schema(found)
    return found


def faults(schema: dict[str, Any], name: str, data: object) -> list[str]:
    validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(data)]


def test_every_output_is_as_the_schema_says(film: Callable[[str], Film], schema: dict[str, Any]) -> None:
    it = film(CLIPS)
    budget = "[budget]\nper_day = 1\nper_apply = 0.5\nper_day_seconds = 100\n"
    it.write("sorasync.toml", it.read("sorasync.toml") + budget)
    assert faults(schema, "validation", it.run("validate", "--format", "json").json) == []
    assert faults(schema, "plan", it.run("plan", "--format", "json").json) == []
    assert faults(schema, "status", it.run("status", "--format", "json").json) == []
    lines = [json.loads(line) for line in it.run("apply", "--yes", "--events").out.splitlines()]
    assert {line["type"] for line in lines} >= {"plan", "event", "report"}
    assert [faults(schema, "event_line", line) for line in lines] == [[]] * len(lines)
    assert faults(schema, "plan", it.run("plan", "--refresh", "--format", "json").json) == []
    it.write("manifests/cut.toml", '[cuts.reel]\nevents = [{ clip = "pier" }, { gap = 1 }]\n')
    assert faults(schema, "plan", it.run("plan", "--format", "json").json) == []
    it.write("manifests/more.toml", '[clips.hill]\nprompt = "A hill."\n')
    assert faults(schema, "report", it.run("apply", "--yes", "--format", "json").json) == []
    assert faults(schema, "status", it.run("status", "--format", "json").json) == []
    assert faults(schema, "history", it.run("history", "--format", "json").json) == []
    for by in ("clip", "day", "month", "model", "run"):
        assert faults(schema, "cost", it.run("cost", "--by", by, "--format", "json").json) == []
    assert faults(schema, "usable_cost", it.run("cost", "--usable", "--format", "json").json) == []
    assert faults(schema, "cost_accuracy", it.run("cost", "--accuracy", "--format", "json").json) == []
    assert faults(schema, "prices", it.run("prices", "--format", "json").json) == []
    entry = {"litellm_provider": "openai", "mode": "video_generation", "output_cost_per_second": 0.2}
    it.write("map.json", json.dumps({"openai/sora-2": entry}))
    synced = it.run("prices", "sync", "map.json", "--provider", "openai", "--format", "json").json
    assert faults(schema, "price_sync", synced) == []
    it.write("manifests/more.toml", "[clips.hill\n")
    assert faults(schema, "error", it.run("plan", "--format", "json").json) == []
    (line,) = it.run("apply", "--yes", "--events").out.splitlines()
    assert faults(schema, "event_line", json.loads(line)) == []


def test_a_refused_plan_is_as_the_schema_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], schema: dict[str, Any]
) -> None:
    with a_studio(tmp_path / "studio", capsys) as studio:
        studio.configure("[safety]", "max_creates = 1", "[budget]", "per_apply = 0.10", "per_day = 9")
        studio.write(clips("pier", "bay"))
        answer = studio.run("plan", "--format", "json")
        assert answer.code == 5 and len(answer.json["refusals"]) == 2
        assert faults(schema, "plan", answer.json) == []
        studio.run("apply", "--yes", "--allow-creates", "9", "--max-cost", "1")
        assert faults(schema, "cost", studio.run("cost", "--format", "json").json) == []
        assert faults(schema, "history", studio.run("history", "--format", "json").json) == []


def test_the_schema_refuses_what_is_none_of_it(schema: dict[str, Any]) -> None:
    assert faults(schema, "plan", {"format_version": 1})
    assert faults(schema, "event_line", {"type": "event", "address": "clip.a", "moment": "soon"})
