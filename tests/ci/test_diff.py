"""`sorasync diff`: what two revisions ask for differently."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ci.test_github_example import git
from tests.cli.kit import Film

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="needs git")

Films = Callable[[str], Film]

_OLD = """
[clips.market]
prompt = "A cat walks through a market at noon."
[clips.old]
prompt = "Gone soon."
[clips.named]
prompt = "Keeps its words."
[clips.same]
prompt = "Never changes."
"""
_NEW = """
[clips.market]
prompt = "A cat walks through a quiet market at dusk."
seconds = 8
[clips.renamed]
prompt = "Keeps its words."
[clips.same]
prompt = "Never   changes."
description = "reworded"
[clips.new]
prompt = "Just come."
"""


def committed(film: Film, *, at: Path | None = None) -> None:
    """Commit everything in the library's repository."""
    top = at or film.root
    if not (top / ".git").exists():
        git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "add", "--all", ".")
    git(top, "commit", "--quiet", "--message", "A change")


def test_what_was_added_changed_renamed_and_removed_is_told_with_its_cost(film: Films) -> None:
    one = film(_OLD)
    committed(one)
    one.write("manifests/a.toml", _NEW)
    shown = one.run("diff", "HEAD").out.splitlines()
    kinds = [line.split()[:2] for line in shown if line[:1] in "+±→-" and line]
    assert kinds == [["±", "clip.market"], ["+", "clip.new"], ["-", "clip.old"], ["→", "clip.renamed"]]
    assert "      prompt: A cat walks through a {+quiet+} market at {-noon.-} {+dusk.+}" in shown
    assert shown[0].rstrip().endswith("$0.80  prompt changed, seconds 4 → 8")
    assert shown[-2].startswith("Compared with HEAD (")
    assert shown[-2].endswith("): 1 added, 1 changed, 1 renamed, 1 removed.")
    assert shown[-1].endswith("costs $2.00 now and would have cost $1.60 then: +$0.40.")


def test_what_is_paid_for_already_costs_neither_side_anything(film: Films) -> None:
    one = film(_OLD)
    committed(one)
    one.settle()
    one.write("manifests/a.toml", _OLD + '[clips.new]\nprompt = "Just come."\n')
    found = one.run("diff", "HEAD", "--format", "json").json
    assert (found["cost_then_usd"], found["cost_now_usd"], found["difference_usd"]) == (
        "0.00",
        "0.40",
        "0.40",
    )
    assert [row["address"] for row in found["differences"]] == ["clip.new"]


def test_words_that_do_not_matter_are_no_difference(film: Films) -> None:
    one = film(_OLD)
    committed(one)
    one.write("manifests/a.toml", _OLD.replace("Gone soon.", "Gone   soon.") + 'description = "x"\n')
    assert one.run("diff", "HEAD").out.startswith("The same renders as at HEAD (")


def test_a_library_in_a_directory_of_a_repository_is_compared_with_itself(film: Films) -> None:
    one = film(_OLD)
    one.write("manifests/refs/a.txt", "From {{ place }}.")
    one.write("manifests/b.toml", '[vars]\nplace = "afar"\n[clips.told]\nprompt_file = "refs/a.txt"\n')
    (one.root.parent / "sorasync.toml").write_text("nonsense = [")
    committed(one, at=one.root.parent)
    one.write("manifests/refs/a.txt", "From {{ place }} and back.")
    found = one.run("diff", "main", "--format", "json").json
    (told,) = found["differences"]
    assert (told["address"], told["difference"]) == ("clip.told", "changed")
    assert ["+", "afar and back."] in told["fields"][0]["words"]


def test_the_working_tree_its_index_and_branch_stay_as_they_are(film: Films) -> None:
    one = film(_OLD)
    committed(one)
    one.write("manifests/a.toml", _NEW)
    git(one.root, "add", "manifests/a.toml")
    one.write("manifests/a.toml", _NEW + "# more\n")
    one.write(".gitattributes", "manifests export-ignore\n")
    before = git(one.root, "status", "--porcelain", "--branch")
    assert one.run("diff", "HEAD").code == 0
    assert git(one.root, "status", "--porcelain", "--branch") == before
    assert one.read("manifests/a.toml") == _NEW + "# more\n"


def test_the_markdown_holds_a_table_and_the_words(film: Films) -> None:
    one = film(_OLD)
    committed(one)
    one.write("manifests/a.toml", _NEW)
    shown = one.run("diff", "HEAD", "--format", "markdown").out
    assert shown.startswith(
        "**sorasync: 1 added, 1 changed, 1 renamed, 1 removed** compared with <code>HEAD</code>"
    )
    assert "| <code>clip.renamed</code> | → renamed | <code>was clip.named</code> |  |" in shown
    assert "{-noon.-} {+dusk.+}" in shown


def test_each_environment_is_compared_with_its_own(film: Films) -> None:
    one = film(_OLD)
    one.write("sorasync.toml", one.read("sorasync.toml") + "[env.long.defaults]\nseconds = 8\n")
    committed(one)
    one.write("sorasync.toml", one.read("sorasync.toml").replace("seconds = 8", "seconds = 12"))
    assert one.run("diff", "HEAD").out.startswith("The same renders")
    found = one.run("diff", "HEAD", "--env", "long", "--format", "json").json
    assert found["summary"] == {"added": 0, "changed": 4, "renamed": 0, "removed": 0}


def test_where_there_is_no_repository_or_revision_it_is_said(film: Films) -> None:
    one = film(_OLD)
    answer = one.run("diff", "HEAD")
    assert answer.code == 1
    assert "is not in a git repository" in answer.err
    committed(one)
    for revision in ("nowhere", "HEAD~7", "HEAD:manifests", "main..main", ""):
        answer = one.run("diff", revision)
        assert answer.code == 1
        assert f"git knows no revision {revision!r}" in answer.err


def test_without_git_it_is_said(film: Films, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = film(_OLD).run("diff", "HEAD")
    assert answer.code == 1
    assert "git is not installed" in answer.err


def test_a_revision_without_the_library_or_with_a_faulty_one_is_said(film: Films) -> None:
    one = film(_OLD)
    library = one.root / "sorasync.toml"
    text = library.read_text()
    library.unlink()
    committed(one)
    library.write_text(text)
    assert "there is no library at HEAD" in one.run("diff", "HEAD").err
    one.write("manifests/a.toml", '[clips.a]\nprompt = "A"\nsecnds = 4\n')
    committed(one)
    one.write("manifests/a.toml", _OLD)
    answer = one.run("diff", "HEAD")
    assert answer.code == 1
    assert "the manifests of HEAD cannot be planned: manifests/a.toml:3: " in answer.err
