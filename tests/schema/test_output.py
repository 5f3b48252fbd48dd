"""What commands print with `--format json` is what the published schema says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

pytest.importorskip("starlette")

from sorasync.apply.events import Moment
from sorasync.apply.report import End
from sorasync.checks.check_result import Verdict
from sorasync.cli.app.output_schema import contract, output_schema, outputs_of
from sorasync.cli.main import COMMANDS, cli
from sorasync.operations.status import RenderStage
from sorasync.plan.action import Action
from tests.ci.paid import a_studio, clips
from tests.cli.conftest import film as film
from tests.cli.kit import Film
from tests.schema.contract import shape_faults

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


# Commands without JSON, and why.
NO_JSON = {
    "completion": "prints a script for a shell",
    "run": "works until it is stopped, and says what it does in lines",
    "schema": "prints JSON Schemas whatever the format",
}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        if isinstance(command, click.Group):
            context = click.Context(command)
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield f"{name} {inner}", found
        else:
            yield name, command


def test_every_command_that_shows_something_has_a_shape() -> None:
    shown = {name for name, _ in commands()} - NO_JSON.keys()
    assert {name for name in shown if not outputs_of(name)} == set()
    assert {name for name in NO_JSON if outputs_of(name)} == set()
    named = {" ".join(word for word in form.split() if word[:2] != "--") for form in contract()["commands"]}
    assert named - {"cut diff", "history show", "prices sync"} == shown
    for name, command in commands():
        (option,) = (one for one in command.params if one.name == "format")
        assert ("json" in (option.metavar or "")) is (name not in ("completion", "run")), name


def test_the_schema_is_sound_and_every_shape_is_used() -> None:
    schema = output_schema()
    Draft202012Validator.check_schema(schema)
    assert list(loose_ends(schema)) == []


# Only other shapes are like them.
_BASES = {"cut"}


def loose_ends(schema: dict[str, Any]) -> Iterator[str]:
    """References that lead nowhere, and shapes that nothing refers to."""
    text = json.dumps(schema)
    named = set(re.findall(r'"#/\$defs/(\w+)"', text))
    yield from named ^ (schema["$defs"].keys() - _BASES)


def test_the_words_of_the_contract_are_those_of_the_program() -> None:
    known = {"action": Action, "end": End, "moment": Moment, "stage": RenderStage, "verdict": Verdict}
    for name, words in known.items():
        assert set(contract()["enums"][name]) == {word.value for word in words}, name


def test_every_command_prints_what_its_shape_says(film: Callable[[str], Film]) -> None:
    it = film(CLIPS)

    def told(line: str) -> Any:
        """The output of a command as JSON; the kit holds it to the schema."""
        return it.run(*line.split(), "--format", "json").json

    budget = "[budget]\nper_day = 1\nper_apply = 0.5\nper_day_seconds = 100\n"
    it.write("sorasync.toml", it.read("sorasync.toml") + budget)
    for line in ("validate", "plan", "status", "explain", "explain S207", "profiles", "profiles openai"):
        told(line)
    lines = [json.loads(line) for line in it.run("apply", "--yes", "--events").out.splitlines()]
    assert {line["type"] for line in lines} >= {"plan", "event", "report"}
    assert [shape_faults(["event_line"], line) for line in lines] == [[]] * len(lines)
    it.write("manifests/cut.toml", '[cuts.reel]\nevents = [{ clip = "pier" }, { gap = 1 }]\n')
    it.write("manifests/more.toml", '[clips.hill]\nprompt = "A hill."\nprotect = true\n')
    assert told("apply --yes")["outcomes"] and told("plan --refresh")["cuts"]
    for line in (
        "status",
        "show bay",
        "why bay",
        "find epic",
        "graph",
        "history",
        "history show 1",
        "log bay",
    ):
        assert len(told(line)) > 2 or line == "history"
    for by in ("clip", "day", "month", "model", "run"):
        told(f"cost --by {by}")
    for line in ("cost --usable", "cost --accuracy", "prices", "prices --used", "pick bay", "pick bay 2"):
        told(line)
    for line in ("drift --offline", "doctor --offline", "gc", "preflight", "fmt --check", "resolve", "wait"):
        told(line)
    for line in ("state list --all", "state check", "state lock", "state backups", "state recover --offline"):
        told(line)
    assert told("cut reel --out reel.csv")["events"] and told("cut reel --out reel.otio")["file"]
    assert told("migrate --from sora-2 --to sora-2-pro")["clips"]
    it.write("manifests/more.toml", '[clips.hill]\nprompt = "A green hill."\n')
    assert told("unprotect hill")["lifted"] and told("accept hill --reason typo --yes")["accepted"]
    it.write("manifests/more.toml", "")
    assert told("apply --yes") and told("gc")["renders"] and told("gc --delete --yes")["deleted"]
    entry = {"litellm_provider": "openai", "mode": "video_generation", "output_cost_per_second": 0.2}
    it.write("map.json", json.dumps({"openai/sora-2": entry}))
    assert told("prices sync map.json --provider openai")["models"] == 1
    assert told("destroy --yes")["deleted"]["keys"] and told("state restore 1")["restored"] == 1
    assert told("state export state.json")["file"] == "state.json"
    assert told("state export")["tables"]["records"] == json.loads(it.read("state.json"))["tables"]["records"]
    assert told(f"init {it.root}/new")["written"]
    assert it.run("state", "import", str(it.root / "state.json"), "--format", "json").code in (0, 1)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("show nothing", 1),
        ("pick pier 9", 1),
        ("retry pier", 1),
        ("import pier video_1", 1),
        ("resolve pier --forget", 1),
        ("state restore 7", 1),
        ("accept pier --reason x", 1),
        ("state unlock 1", 1),
        ("cut nothing", 1),
        ("plan --target nothing", 1),
        ("cost --usable --csv", 64),
        ("plan --no-such-option", 64),
        ("no-such-command", 64),
    ],
)
def test_an_error_is_one_document_too(film: Callable[[str], Film], line: str, code: int) -> None:
    it = film('[clips.pier]\nprompt = "A pier."\n')
    answer = it.run(*line.split(), "--format", "json")
    assert answer.code == code and shape_faults(["error"], answer.json) == []
    assert answer.json["error"]["code"] == code


def test_faults_are_told_as_the_schema_says(film: Callable[[str], Film]) -> None:
    it = film("[clips.hill\n")
    for command in ("plan", "validate", "status", "graph"):
        assert it.run(command, "--format", "json").json["diagnostics"]
    (line,) = it.run("apply", "--yes", "--events").out.splitlines()
    assert shape_faults(["event_line"], json.loads(line)) == []


def test_a_refused_plan_is_as_the_schema_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with a_studio(tmp_path / "studio", capsys) as studio:
        studio.configure("[safety]", "max_creates = 1", "[budget]", "per_apply = 0.10", "per_day = 9")
        studio.write(clips("pier", "bay"))
        answer = studio.run("plan", "--format", "json")
        assert answer.code == 5 and len(answer.json["refusals"]) == 2
        studio.run("apply", "--yes", "--allow-creates", "9", "--max-cost", "1")
        assert studio.run("cost", "--format", "json").json["total"]["renders"] == 2
        assert studio.run("history", "--format", "json").json["runs"]


def test_the_schema_refuses_what_is_none_of_it() -> None:
    assert shape_faults(["plan"], {"format_version": 1})
    assert shape_faults(["event_line"], {"type": "event", "address": "clip.a", "moment": "soon"})
