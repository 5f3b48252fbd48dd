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


def program(base: Path) -> Path:
    """A repository that stands for the one of this program."""
    path = base / "program"
    if not path.exists():
        git(base, "init", "--quiet", str(path))
        (path / "requirements.lock").write_text("")
        git(path, "add", ".")
        git(path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "All")
    return path


def job(repository: Repository, name: str, branch: str, **variables: str) -> tuple[int, str, Path]:
    """Run a job on a fresh clone: exit code of its script, what was printed, the clone."""
    runner = repository.runner(branch, {})
    runner.temp.mkdir()
    moved = {
        f"{repository.base}/origin.git": "https://sorasync:t@h/ada/film.git",
        str(program(repository.base)): PIPELINE["variables"]["SORASYNC_REPOSITORY"],
    }
    lines = [f'[url "{here}"]\n  insteadOf = {there}\n' for here, there in moved.items()]
    (runner.temp / ".gitconfig").write_text("".join(lines))
    environment = {
        "PATH": f"{runner.shims}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(runner.temp),
        "CI": "true",
        "SORASYNC_REPOSITORY": PIPELINE["variables"]["SORASYNC_REPOSITORY"],
        "SORASYNC_COMMIT": git(program(repository.base), "rev-parse", "HEAD"),
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


def test_the_program_is_the_commit_asked_for_and_all_it_needs_is_known_by_digest(
    repository: Repository,
) -> None:
    repository.push("feature", clips("a"))
    assert job(repository, "plan", "feature")[0] == 0
    needed, itself = (repository.base / "pip.log").read_text().splitlines()
    assert "--require-hashes" in needed and needed.endswith("/requirements.lock")
    assert "--no-deps --no-build-isolation" in itself
    assert job(repository, "plan", "feature", SORASYNC_COMMIT="0" * 40)[0] != 0


def test_a_faulty_merge_request_shows_why(repository: Repository) -> None:
    repository.push("feature", '[clips.a]\nprompt = "A"\nsecnds = 4\n')
    code, shown, clone = job(repository, "plan", "feature")
    assert code == 1
    assert "no plan, 1 error" in (clone / "plan.md").read_text()
    assert "secnds" in shown
