"""The pipeline for GitLab in the manual: its scripts, on throw-away clones."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.ci.paid import clips
from tests.ci.test_github_example import Repository, git, pytestmark, repository
from tests.ci.workflow import ROOT, loaded

__all__ = ["pytestmark", "repository"]

PIPELINE = loaded(ROOT / "docs" / "examples" / "gitlab" / ".gitlab-ci.yml")


HOST = {
    "CI_COMMIT_BRANCH": "main",
    "CI_PROJECT_PATH": "ada/film",
    "CI_SERVER_HOST": "h",
    "PUSH_TOKEN": "t",
}


def job(repository: Repository, name: str, branch: str, **variables: str) -> tuple[int, str, Path]:
    """Run a job on a fresh clone: exit code of its script, what was printed, the clone."""
    runner = repository.runner(branch, {})
    runner.temp.mkdir()
    origin = f'[url "{repository.base}/origin.git"]\n  insteadOf = https://sorasync:t@h/ada/film.git\n'
    (runner.temp / ".gitconfig").write_text(origin)
    environment = {
        "PATH": f"{runner.shims}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(runner.temp),
        "CI": "true",
        **variables,
    }
    shown, code = "", 0
    before = PIPELINE["default"]["before_script"]
    for number, lines in enumerate(
        (before + PIPELINE[name]["script"], PIPELINE[name].get("after_script", []))
    ):
        script = "\n".join(lines)
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=runner.workspace,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        shown += done.stdout + done.stderr
        code = done.returncode if number == 0 else code
    return code, shown, runner.workspace


def test_a_merge_request_is_planned_and_applied_with_the_token_that_was_read(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    code, shown, clone = job(repository, "plan", "feature")
    assert code == 0, shown
    plan = (clone / "plan.md").read_text()
    assert plan in shown
    token = re.findall(r"Token `(sp1:\w+)`", plan)[-1]
    repository.push("main")
    code, shown, clone = job(repository, "apply", "main", EXPECT="sp1:0000000000000000")
    assert code == 7, shown
    assert repository.studio.billed() == 0
    code, shown, clone = job(repository, "apply", "main", EXPECT=token, **HOST)
    assert code == 0, shown
    assert repository.studio.billed() > 0
    assert "Record what was rendered" in git(
        repository.base / "origin.git", "log", "-1", "--format=%s", "main"
    )


def test_a_faulty_merge_request_shows_why(repository: Repository) -> None:
    repository.push("feature", '[clips.a]\nprompt = "A"\nsecnds = 4\n')
    code, shown, clone = job(repository, "plan", "feature")
    assert code == 1
    assert "no plan, 1 error" in (clone / "plan.md").read_text()
    assert "secnds" in shown
