"""A shell completes addresses from the manifests, as they stand, and quickly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.generate import write_library
from sorasync.cli.arguments.address_argument import completions
from sorasync.cli.main import COMMANDS, cli, run
from sorasync.manifest.codes import ALL_CODES
from sorasync.manifest.outline import Named, outline
from sorasync.operations.project import Project
from sorasync.state.backup import backup
from tests.effort import calls
from tests.state.making import render

TOWNS = """\
[clips.town]
prompt = "{{ city }}."
matrix = { city = ["New York", "Newcastle", "L'Aquila"] }
"""
MANIFEST = """\
[defaults]
tags = ["film"]
[vars]
cities = ["Lisbon", "Osaka"]
[clips.market]
prompt = "A."
takes = 3
pick = 2
steps = [{ edit = "B." }, { edit = "C." }]
[clips.market-night]
from = "market"
tags = ["night"]
steps = [{ edit = "B." }]
[clips.promo]
prompt = "{{ city }}."
matrix = { city = "{{ cities }}", n = [1, 2] }
[characters.mossy]
name = "Mossy"
video = "m.mp4"
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library in which one manifest is being written and cannot be read."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text("[env.live]\n[env.stage]\n")
    (tmp_path / "manifests/a.toml").write_text(MANIFEST)
    (tmp_path / "manifests/b.toml").write_text("[clips.half\nprompt = ")
    return tmp_path


def completed(library: Path, *words: str) -> list[str]:
    """What the program offers for a command line that ends in the last word, as a shell asks it."""
    from click.shell_completion import ShellComplete

    arguments = ["--library", str(library), *words[:-1]]
    asking = ShellComplete(cli, {}, "sorasync", "_SORASYNC_COMPLETE")
    return [item.value for item in asking.get_completions(arguments, words[-1])]


MARKET = ["clip.market", "clip.market-night"]
PROMO = [f"clip.promo[city={city},n={n}]" for city in ("Lisbon", "Osaka") for n in (1, 2)]
TYPED = {
    ("show", "clip."): [*MARKET, *PROMO],
    ("show", ""): [*MARKET, *PROMO, "character.mossy"],
    ("show", "c"): [*MARKET, *PROMO, "character.mossy"],
    ("show", "clip.market#"): ["clip.market#1", "clip.market#2", "clip.market#3"],
    ("why", "clip.market#2/"): ["clip.market#2/1", "clip.market#2/2"],
    ("show", "mar"): ["market", "market-night"],
    ("show", "clip.promo[city=O"): PROMO[2:],
    ("show", "clip.half"): [],
    ("pick", ""): [*MARKET, *PROMO],
    ("log", "character.m"): ["character.mossy"],
    ("status", "clip.market-"): ["clip.market-night"],
    ("plan", "--target", "clip.mark"): MARKET,
    ("plan", "--target", "tag:"): ["tag:film", "tag:night"],
    ("apply", "--exclude", "tag:n"): ["tag:night"],
    ("plan", "--replace", "clip.market-"): ["clip.market-night"],
    ("retry", "clip.market", "clip.market-"): ["clip.market-night"],
    ("pre",): ["preflight", "preview"],
    ("completion", ""): ["bash", "zsh", "fish"],
    ("plan", "--tar"): ["--target"],
    ("--env", ""): ["live", "stage"],
    ("plan", "--env", "st"): ["stage"],
    ("plan", "--format", ""): ["text", "json", "github", "markdown"],
    ("status", "--format", "j"): ["json"],
    ("explain", "s12"): [code for code in ALL_CODES if code.startswith("S12")],
    ("state", "restore", ""): [],
}


@pytest.mark.parametrize("words", TYPED)
def test_a_command_line_is_completed(words: tuple[str, ...], library: Path) -> None:
    assert completed(library, *words) == TYPED[words]


def test_files_are_left_to_the_shell(library: Path) -> None:
    from click.shell_completion import ShellComplete

    asking = ShellComplete(cli, {}, "sorasync", "_SORASYNC_COMPLETE")
    for words in (["plan", "--out"], ["apply"], ["fmt"]):
        assert [item.type for item in asking.get_completions(words, "")] == ["file"], words


def test_every_argument_that_is_an_address_is_completed() -> None:
    import click

    from sorasync.cli.arguments.address_argument import AddressType
    from sorasync.cli.main import COMMANDS

    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            if "ADDRESS" in (parameter.metavar or ""):
                assert isinstance(parameter.type, AddressType), f"{name} {parameter.name}"


def test_where_there_is_no_library_nothing_is_offered(tmp_path: Path) -> None:
    assert completed(tmp_path, "show", "") == []


def test_what_is_offered_is_declared(library: Path) -> None:
    from sorasync.operations.project import Project

    (library / "manifests/b.toml").unlink()
    (library / "manifests/m.mp4").write_bytes(b"x")
    project = Project.open(library)
    loaded = project.library()
    graph = project.graph(loaded)
    assert {one.address for one in outline(library)} == {
        *(f"clip.{name}" for name in graph.clips),
        *(f"character.{slug}" for slug in loaded.characters),
    }
    for one in outline(library):
        if one.address.startswith("clip."):
            assert len(graph.clips[one.address.removeprefix("clip.")].takes) == one.takes


def test_the_clips_of_rows_are_offered(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text("")
    (tmp_path / "manifests/p.csv").write_text("id,city\n7,Lisbon\n8,Osaka\n")
    clip = '[clips.ad]\nprompt = "{{ city }}."\ntakes = 2\n[clips.ad.each]\ncsv = "p.csv"\nkey = "id"\n'
    (tmp_path / "manifests/a.toml").write_text(clip + '[clips.b.each]\ncsv = "q.csv"\nkey = "id"\n')
    assert completed(tmp_path, "show", "clip.") == ["clip.ad[id=7]", "clip.ad[id=8]"]


def test_a_step_is_offered_only_behind_its_take() -> None:
    named = [Named("clip.a", takes=2, steps=1)]
    assert list(completions(named, "clip.a")) == ["clip.a"]
    assert list(completions(named, "clip.a#")) == ["clip.a#1", "clip.a#2"]
    assert list(completions(named, "clip.a#2/")) == ["clip.a#2/1"]
    assert list(completions(named, "clip.a#3")) == []


def test_the_copies_of_the_state_are_offered_with_their_time(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from click.shell_completion import ShellComplete

    project = Project.open(library)
    for name in ("a", "b"):
        with project.store(write=True) as store:
            backup(store)
            render(store, name)
    assert completed(library, "state", "restore", "") == ["1"]
    asking = ShellComplete(cli, {}, "sorasync", "_SORASYNC_COMPLETE")
    (one,) = asking.get_completions(["--library", str(library), "state", "restore"], "")
    assert one.help is not None and "serial" in one.help
    (library / "sorasync.toml").write_text("[state]\nurl = 3\n")
    assert completed(library, "state", "restore", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert f"_SORASYNC_COMPLETE={shell}_complete" in text
    assert text.endswith("\n")


def test_an_unknown_shell_is_refused() -> None:
    assert run(["completion", "tcsh"]) == 64


_ASK = """
eval "$(sorasync completion bash)"
compopt() { echo "compopt $*"; }
COMP_LINE=$1
COMP_POINT=${#COMP_LINE}
_sorasync_completion sorasync
printf '%s\\n' "${COMPREPLY[@]}"
"""

BASH = {
    "sorasync show clip.mark": "clip.market\nclip.market-night\n",
    "sorasync show 'clip.mark": "clip.market\nclip.market-night\n",
    "sorasync show clip.promo[city=O": "Osaka,n=1]\nOsaka,n=2]\n",
    "sorasync plan --target tag:": "film\nnight\n",
    "sorasync plan --out ": "compopt -o default\n\n",
    "sorasync compl": "completion\n",
    "sorasync show clip.town[city=N": "New\\ York\\]\nNewcastle]\n",
    "sorasync show clip.town[city=New\\ Y": "New\\ York\\]\n",
    "sorasync show 'clip.town[city=New Y": "clip.town[city=New York]\n",
    'sorasync show "clip.town[city=Newca': "clip.town[city=Newcastle]\n",
    "sorasync plan --target clip.town[city=L": "L\\'Aquila\\]\n",
}


FISH = {
    "sorasync show clip.promo[city=O": "clip.promo[city=Osaka,n=1]\nclip.promo[city=Osaka,n=2]\n",
    "sorasync plan --env ": "live\nstage\n",
    "sorasync pre": f"preflight\t{COMMANDS['preflight']}\npreview\t{COMMANDS['preview']}\n",
    "sorasync stat": f"status\t{COMMANDS['status']}\nstate\t{COMMANDS['state']}\n",
}


def on_path(tmp_path: Path) -> str:
    """A PATH on which the program stands under its name."""
    script = tmp_path / "bin" / "sorasync"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sorasync "$@"\n')
    script.chmod(0o755)
    return f"{script.parent}:{os.environ['PATH']}"


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
@pytest.mark.parametrize("line", FISH)
def test_fish_cuts_neither_addresses_nor_help_at_their_commas(
    line: str, library: Path, tmp_path: Path
) -> None:
    asking = f"sorasync completion fish | source; complete --do-complete '{line}'"
    found = subprocess.run(
        ["fish", "--no-config", "--command", asking],
        cwd=library,
        env={**os.environ, "PATH": on_path(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (found.stdout, found.stderr) == (FISH[line], "")


def test_fish_splits_an_answer_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "fish"]) == 0
    assert "string split --max 1 , --" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize("line", BASH)
def test_bash_replaces_what_follows_the_end_of_a_word(line: str, library: Path, tmp_path: Path) -> None:
    """Bash's own word ends are `=` and `:`; files named like an address's brackets do not get in the way."""
    (library / "clip.promoO").write_text("")
    (library / "manifests/towns.toml").write_text(TOWNS)
    found = subprocess.run(
        ["bash", "--norc", "-c", _ASK, "bash", line],
        cwd=library,
        env={**os.environ, "PATH": on_path(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (found.stdout, found.stderr) == (BASH[line], "")


def test_names_are_read_without_looking_into_what_they_name(tmp_path: Path) -> None:
    write_library(tmp_path, 1_000)
    assert sum(1 for _ in outline(tmp_path)) == 1_000
    assert calls(lambda: list(outline(tmp_path))) < 40 * 1_000


def test_completing_imports_no_models_and_no_planner(library: Path) -> None:
    """What makes a command slow to start must not be loaded to name what may follow it."""
    code = (
        "import sys; from click.shell_completion import ShellComplete; from sorasync.cli.main import cli; "
        "found = ShellComplete(cli, {}, 'sorasync', 'X').get_completions(['plan', '--target'], 'clip.'); "
        "assert len(found) == 6, found; "
        "slow = {'pydantic', 'sqlite3', 'httpx', 'rich', 'asyncio'} & set(sys.modules); "
        "sys.exit(repr(slow) if slow else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=library, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
