"""What the documentation shows can be typed: commands, options, files, links."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from sorasync import Library
from sorasync.cli.main import cli
from sorasync.preview.faults.rule import FaultPlan
from sorasync.profile import load_profile
from tests.docs.pages import PAGES, ROOT, Block, blocks
from tests.warm_program import put_program

_ENDS = {"|", "||", "&&", ";", ">", ">>", "<", "&"}


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each command of ours in a block for the shell."""
    text = re.sub(r"<<'?(\w+)'?\n.*?^\1$", "", block.code, flags=re.MULTILINE | re.DOTALL)
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in _ENDS:
                words.append(word)
                continue
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words and words[0] == "sorasync":
                yield words[1:]
            words = []


@pytest.mark.parametrize("block", [*blocks("sh", "bash", "console")], ids=str)
def test_every_command_that_a_page_shows_can_be_typed(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    # The files of an example are not here.
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, ctx: Path(value))
    monkeypatch.setattr(click.File, "convert", lambda self, value, param, ctx: value)
    for words in commands(block):
        group: click.Command = cli
        context = cli.make_context("sorasync", list(words))
        while isinstance(group, click.Group) and (rest := [*context._protected_args, *context.args]):
            name, command, left = group.resolve_command(context, rest)
            assert command is not None, words
            context, group = command.make_context(name, list(left), parent=context), command


@pytest.mark.parametrize("block", [*blocks("json", "yaml", "python")], ids=str)
def test_every_file_that_a_page_shows_can_be_read(block: Block) -> None:
    match block.language:
        case "json":
            json.loads(block.code)
        case "yaml":
            yaml.safe_load(block.code)
        case _:
            compile(block.code, str(block), "exec")


# What the rest of the library would have: other clips, files, and a command that a check runs.
_ELSEWHERE = {"S107", "S109", "S112"}


@pytest.mark.parametrize("block", [*blocks("toml")], ids=str)
def test_every_toml_file_that_a_page_shows_is_one_that_sorasync_accepts(block: Block, tmp_path: Path) -> None:
    keys = set(tomllib.loads(block.code))
    if "family" in keys:
        (tmp_path / "host.toml").write_text(block.code, encoding="utf-8")
        assert load_profile("./host.toml", base_dir=tmp_path).name
        return
    if "rules" in keys:
        assert FaultPlan.model_validate(tomllib.loads(block.code)).rules
        return
    declares = keys & {"clips", "stills", "characters", "cuts", "picks", "review"}
    name = (
        "manifests/review.toml"
        if "review" in keys
        else "manifests/film.toml"
        if declares
        else "sorasync.toml"
    )
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text('[provider]\nprofile = "preview"\n', encoding="utf-8")
    (tmp_path / name).write_text(block.code, encoding="utf-8")
    faults = [one for one in Library.open(tmp_path).validate() if one.severity.value == "error"]
    assert [one.message for one in faults if one.code not in _ELSEWHERE] == []


_AUTHOR = {
    f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def test_the_first_page_works_as_it_is_typed(tmp_path: Path, program: str) -> None:
    _install, *typed = [block.code for block in blocks("sh") if block.page == "index.md"]
    assert len(typed) == 4
    path = f"{put_program(program, tmp_path / 'bin').parent}{os.pathsep}{os.environ['PATH']}"
    script = "set -e\n" + "\necho ---\n".join(typed)
    done = subprocess.run(
        [shutil.which("bash") or "sh", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)} | _AUTHOR,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    first, second, third, _ = done.stdout.split("---\n")
    assert "Plan: 1 to create" in first and "1 done" in first
    assert "waits for" in second or "waiting" in second
    assert "1 to extend" in third
    assert {one.name for one in (tmp_path / "film" / "assets").glob("*.mp4")} >= {"harbour.mp4"}
    git = ["git", "-C", str(tmp_path / "film")]
    assert subprocess.run([*git, "status", "--short"], capture_output=True, check=True).stdout == b""
    listed = subprocess.run([*git, "ls-files"], capture_output=True, check=True, text=True).stdout.split()
    assert {"sorasync.toml", ".gitattributes", "state/README.md", "manifests/picks.toml"} <= set(listed)


def test_the_last_step_of_the_tutorial_names_a_host_that_renders_its_clips(tmp_path: Path) -> None:
    typed = "".join(block.code for block in blocks("sh") if block.page == "tutorial.md")
    (settings,) = [block.code for block in blocks("toml") if block.page == "tutorial.md"]
    for name, text in re.findall(
        r"^cat > (manifests/\S+) <<'END'\n(.*?)^END$", typed, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "sorasync.toml").write_text(settings, encoding="utf-8")
    library = Library.open(tmp_path)
    assert library.validate() == ()
    plan = library.plan(offline=True).plan
    assert plan.diagnostics == () and plan.refusals == () and not plan.cost.unknown
    assert {change.action.value for change in plan.changes} == {"create"}
    assert library.profile.base_url is not None
    assert f"export {library.profile.auth.env}=" in typed


def test_the_cut_of_the_page_fits_clips_of_four_seconds(tmp_path: Path) -> None:
    cut = next(block.code for block in blocks("toml") if block.page == "cuts.md")
    shown = '[stills.quay]\nprompt = "A quay."\n' + "".join(
        f'[clips.{name}]\nprompt = "A pier."\nseconds = 4\ntakes = 2\n' for name in ("harbour", "market")
    )
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text('[provider]\nprofile = "preview"\n', encoding="utf-8")
    (tmp_path / "manifests" / "cut.toml").write_text(cut + shown, encoding="utf-8")
    # The sound track alone is not here.
    faults = [one for one in Library.open(tmp_path).validate() if one.severity.value == "error"]
    assert [one.code for one in faults] == ["S109"]


@pytest.mark.heavy
def test_the_tutorial_makes_its_film(tmp_path: Path, program: str) -> None:
    pytest.importorskip("opentimelineio")
    # The last step needs a key, and pays.
    *typed, _ = [block.code for block in blocks("sh") if block.page == "tutorial.md"]
    path = f"{put_program(program, tmp_path / 'bin').parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [shutil.which("bash") or "sh", "-c", "\n".join(["set -e", *typed])],
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assets = tmp_path / "homecoming" / "assets"
    made = {path.suffix for path in assets.glob("*homecoming*")}
    assert made == {".mp4", ".srt", ".otio"}
    assert "He is coming home." in (assets / "homecoming.srt").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_installs_the_program_by_a_name_that_an_index_could_give_to_anybody(page: Path) -> None:
    assert re.findall(r"pip(?:x)? install '?sorasync\b.*", page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), target
        if heading:
            assert heading in _anchors(place), target


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = set(re.findall(r'"([\w-]+)\.md"', (ROOT / "zensical.toml").read_text(encoding="utf-8")))
    assert listed == {page.stem for page in (ROOT / "docs").glob("*.md")}
    built = {page.stem: page.read_text(encoding="utf-8") for page in (tmp_path / "site").glob("*.html")}
    assert built.keys() >= listed
    # A block whose beginning is not understood is printed as it is.
    assert [name for name, text in built.items() if "```" in text] == []
    # Code in a table shows the backslash of an escaped bar.
    assert [name for name, text in built.items() if "\\|" in text] == []
