"""The closing report of an apply in Markdown, and in the summary of a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ci.paid import Studio, clips


def test_a_report_says_how_many_are_done_and_why_the_rest_is_not(studio: Studio) -> None:
    studio.write(clips("a", "b") + '[[clips.b.steps]]\nedit = "At night."\n')
    studio.faults({"route": "create", "do": "moderated", "prompt": "A b"})
    answer = studio.run("apply", "--yes", "--format", "markdown")
    assert answer.code == 4
    lines = answer.out.splitlines()
    assert lines[0] == "**sorasync apply: 1 done, 2 blocked. $0.40 spent.**"
    assert [line.split("|")[1:4] for line in lines if line.startswith("| <code>")] == [
        [" <code>clip.b</code> ", " create ", " blocked "],
        [" <code>clip.b&#35;1/1</code> ", " edit ", " blocked "],
    ]
    assert lines[-1] == "Run 1: `sorasync history show 1`"


def test_a_report_with_nothing_to_do_says_so(studio: Studio) -> None:
    studio.write(clips("a"))
    studio.run("apply", "--yes")
    answer = studio.run("apply", "--format", "markdown")
    assert answer.out == "**sorasync: No changes. 1 clip matches the manifests.**\n"


def test_the_summary_of_a_job_gets_the_plan_and_the_report(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, str(tmp_path / name))
    studio.write(clips("a"))
    answer = studio.run("apply", "--yes")
    assert "Apply: 1 done. $0.40 spent." in answer.out
    summary = (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    plan, report = summary.index("**sorasync: 1 to create"), summary.index("**sorasync apply: 1 done")
    assert plan < report
    outputs = dict(line.split("=") for line in (tmp_path / "GITHUB_OUTPUT").read_text().splitlines())
    assert (outputs["changes"], outputs["cost_usd"]) == ("1", "0.40")


def test_a_summary_that_cannot_be_written_is_no_reason_to_fail(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such" / "directory"))
    studio.write(clips("a"))
    assert studio.run("apply", "--yes").code == 0
