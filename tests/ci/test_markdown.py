"""Plans and reports in Markdown: what they say, how long they get, and that nothing breaks out of them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.cli.terminal.markdown import code, fenced
from sorasync.cli.views.plan.plan_markdown import COMMENT_LIMIT, SUMMARY_LIMIT, marker
from sorasync.manifest.diagnostic import Diagnostic, ManifestError, Position, Severity, files_at_fault
from tests.cli.kit import CONFIG, Film

Films = Callable[[str], Film]

_TWO = """
[clips.market]
prompt = "A market at dusk."
[clips.night]
prompt = "The same at night."
seconds = 8
"""


def test_a_comment_has_marker_token_headline_rows_and_the_whole_plan(film: Films) -> None:
    one = film(_TWO)
    found = one.run("plan", "--offline", "--format", "github").out
    token = one.run("plan", "--offline", "--format", "json").json["token"]
    lines = found.splitlines()
    assert lines[0] == "<!-- sorasync:plan:film -->"
    assert lines[1] == f"<!-- sorasync:token:{token} -->"
    assert lines[3].startswith("**sorasync: 2 to create - cost")
    rows = [line for line in lines if line.startswith("| <code>")]
    assert [row.split("|")[1].strip() for row in rows] == [
        "<code>clip.night</code>",
        "<code>clip.market</code>",
    ]
    assert rows[0].endswith("| 8 | $0.80 |")
    assert "<details><summary>Full plan</summary>" in found
    assert f"Token `{token}` · state #0" in lines[-1]


def test_a_summary_is_the_same_without_the_marker(film: Films) -> None:
    one = film(_TWO)
    comment = one.run("plan", "--offline", "--format", "github").out
    summary = one.run("plan", "--offline", "--format", "markdown").out
    assert "<!--" not in summary
    assert comment.split("\n", 3)[3].startswith(summary.rsplit("\n", 2)[0])


def test_an_environment_has_a_comment_of_its_own(film: Films) -> None:
    one = film(_TWO)
    one.write("sorasync.toml", one.read("sorasync.toml") + "\n[env.night]\n")
    found = one.run("plan", "--offline", "--format", "github", "--env", "night").out
    assert found.startswith("<!-- sorasync:plan:film:night -->\n")


def test_nothing_to_do_is_said_in_the_headline(film: Films) -> None:
    one = film(_TWO)
    one.settle()
    found = one.run("plan", "--offline", "--format", "github").out
    assert "**sorasync: no changes, 2 clips match the manifests**" in found
    assert "| address |" not in found


def test_a_comment_stays_below_its_limit_whatever_there_is_to_say(film: Films) -> None:
    many = "\n".join(
        f'[clips."c{n:04d}-{"_" * 50}"]\nprompt = "Clip {n}: {"`|<@" * 100}"\nseconds = 8'
        for n in range(1500)
    )
    one = film(many + '\n[clips.dear]\nprompt = "Dear."\nseconds = 8\nmodel = "sora-2-pro"\n')
    found = one.run("plan", "--offline", "--format", "github").out
    assert len(found) < COMMENT_LIMIT
    assert "<code>clip.dear</code>" in found.split("---: |")[2].splitlines()[1]
    assert found.count("\n| <code>") <= 50
    assert "more changes costing no more than these" in found
    assert "The full plan is too long to show here" in found
    assert "Token `sp1:" in found
    assert found.count("<details>") == found.count("</details>")
    summary = one.run("plan", "--offline", "--format", "markdown").out
    assert COMMENT_LIMIT < len(summary) < SUMMARY_LIMIT
    assert "Full plan" in summary
    assert found.count("<details>") == summary.count("</details>") - 1


def test_a_cut_comment_links_to_the_summary_of_the_job(film: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SERVER_URL", "https://git.example"), ("REPOSITORY", "a/b"), ("RUN_ID", "7")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    one = film("\n".join(f'[clips.c{n}]\nprompt = "Clip {n}."' for n in range(1200)))
    found = one.run("plan", "--offline", "--format", "github").out
    assert "(https://git.example/a/b/actions/runs/7)" in found


_HOSTILE = r"""
[clips.evil]
prompt = '''
``` </details> <script>alert(1)</script> | @everyone [x](http://e.example) <!-- sorasync:token:sp1:0 -->
~~~ ![y](http://e.example/z.png) #1 GH-2 :tada: www.e.example $a$ &amp; `x` **b** _c_
'''
description = "@everyone <img src=x>"
tags = ["a|b`c"]
"""


def test_what_a_manifest_says_cannot_leave_its_place(film: Films) -> None:
    one = film(_HOSTILE)
    one.settle()
    one.write("manifests/a.toml", _HOSTILE.replace("alert(1)", "alert(2)"))
    for form in ("github", "markdown"):
        found = one.run("plan", "--offline", "--format", form, "--full").out
        outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", found)
        for sign in ("<script", "<img", "@everyone", "](http", "www.", "sp1:0 ", "~~~"):
            assert sign not in outside, sign
        assert found.count("\n</details>") == outside.count("\n</details>")


def test_a_table_keeps_its_columns_whatever_a_matrix_is_named(film: Films) -> None:
    one = film('[clips.promo]\nprompt = "In {{ city }}."\nmatrix = { city = ["a|b", "@c `d`", "<e>"] }\n')
    rows = [
        line
        for line in one.run("plan", "--offline", "--format", "github").out.splitlines()
        if line.startswith("| <code>")
    ]
    assert len(rows) == 3
    assert {row.count("|") for row in rows} == {6}


@given(st.text())
def test_code_says_the_same_and_holds_no_sign_of_markdown_or_html(text: str) -> None:
    found = code(text)
    inner = found.removeprefix("<code>").removesuffix("</code>")
    assert not set(re.sub(r"&#\d+;", "", inner)) & set("`|<>@[]()*_~$\\:!#&\"'\n")
    assert "www." not in inner.lower()
    shown = html.unescape(inner)
    assert all(a == b or not a.isprintable() for a, b in zip(" ".join(text.split()), shown, strict=True))


@given(st.lists(st.text(alphabet="`~a\n ", max_size=12), max_size=5))
def test_nothing_inside_a_fence_ends_it(lines: list[str]) -> None:
    found = fenced(lines).splitlines()
    fence = found[-1]
    assert found[0] == f"{fence}text"
    assert not any(line.strip(" ").startswith(fence) for line in found[1:-1])


@given(
    st.text(min_size=1),
    st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True)),
)
def test_a_marker_is_one_comment_whatever_the_library_is_called(name: str, env: str | None) -> None:
    found = marker(name, env)
    inner = found.removeprefix("<!-- ").removesuffix(" -->")
    assert re.fullmatch(r"sorasync:plan:[A-Za-z0-9._~-]+(:[A-Za-z0-9._~-]+)?", inner)
    assert "--" not in inner


def test_names_that_have_to_be_changed_keep_comments_of_their_own() -> None:
    assert marker("a b", None) != marker("a-b", None)
    assert marker("a b", None) != marker("a/b", None)


def test_faulty_manifests_make_a_comment_too(film: Films) -> None:
    one = film('[clips.market]\nprompt = "A"\nsecnds = 4\n')
    answer = one.run("plan", "--offline", "--format", "github")
    assert answer.code == 1
    assert answer.out.startswith(
        "<!-- sorasync:plan:film -->\n\n**sorasync: no plan, 1 error in the manifests**"
    )
    assert "manifests/a.toml:3:1" in answer.out


def test_a_count_of_faults_says_in_which_files_they_are(film: Films) -> None:
    one = film('[clips.market]\nprompt = "A"\n')
    one.write("sorasync.toml", CONFIG + "[budgte]\nper_apply = 1\n")
    assert "no plan, 1 error in sorasync.toml**" in one.run("plan", "--format", "github").out
    assert one.run("plan", "--format", "json").json["error"]["message"] == "1 error in sorasync.toml"
    one.write("manifests/a.toml", '[clips.market]\nprompt = "A"\nsecnds = 4\n')
    one.write("sorasync.toml", CONFIG)
    assert "1 error in the manifests" in one.run("validate").err
    assert files_at_fault([]) == "the manifests"
    mixed = [
        Diagnostic("S103", Severity.ERROR, "odd", Position(file)) for file in ("sorasync.toml", "a.toml")
    ]
    assert str(ManifestError(mixed)) == "2 errors in sorasync.toml and the manifests"


def test_github_gets_summary_outputs_and_annotations(
    film: Films, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = film(_TWO + 'image = "no.png"\n')
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    answer = one.run("plan", "--offline")
    assert answer.code == 1
    assert "::error file=film/manifests/a.toml,line=7" in answer.err
    assert not (tmp_path / "GITHUB_OUTPUT").exists()
    one.write("manifests/a.toml", _TWO)
    plan = one.run("plan", "--offline", "--format", "json").json
    assert (
        tmp_path / "GITHUB_OUTPUT"
    ).read_text() == f"token={plan['token']}\nchanges=2\nnames=0\ncost_usd=1.20\n"
    assert "**sorasync: 2 to create" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()


def test_without_a_service_nothing_is_written_beside_the_output(film: Films, tmp_path: Path) -> None:
    one = film(_TWO)
    one.run("plan", "--offline")
    assert sorted(path.name for path in one.root.iterdir()) == ["manifests", "sorasync.toml"]
    assert [path.name for path in tmp_path.iterdir()] == ["film"]
