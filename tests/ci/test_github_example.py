"""The workflows of the manual and the action, step by step, on throw-away clones of a repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.ci import fake_gh
from tests.ci.paid import Studio, a_studio, clips
from tests.ci.workflow import ROOT, Runner, loaded, run_blocks
from tests.warm_program import put_program

EXAMPLES = ROOT / "docs" / "examples" / "github"
PLAN, APPLY = loaded(EXAMPLES / "plan.yml"), loaded(EXAMPLES / "apply.yml")
ACTION = loaded(ROOT / "action.yml")

pytestmark = pytest.mark.skipif(
    not shutil.which("git") or not shutil.which("bash"), reason="needs git and bash"
)


def git(directory: Path, *arguments: str) -> str:
    """Run git as somebody who has no settings of their own."""
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid", *arguments]
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.strip()


@dataclass
class Repository:
    """A repository at a host: `work` is somebody's clone, `fake` holds what the host knows."""

    base: Path
    studio: Studio
    runs: int = 0
    last: Runner | None = field(default=None)

    @property
    def work(self) -> Path:
        return self.base / "work"

    @property
    def fake(self) -> Path:
        return self.base / "github.json"

    def start(self) -> None:
        origin = self.base / "origin.git"
        origin.mkdir(parents=True)
        git(origin, "init", "--quiet", "--bare", "--initial-branch=main")
        shutil.copytree(self.studio.root, self.work)
        git(self.work, "init", "--quiet", "--initial-branch=main")
        git(self.work, "remote", "add", "origin", str(origin))
        (self.work / ".gitignore").write_text("state/\nassets/\n")
        self.save({"comments": [], "pulls": {}, "calls": []})
        self.push("main")

    def push(self, branch: str, manifest: str | None = None) -> str:
        """Commit a manifest to a branch and push it; the commit."""
        if manifest is not None:
            (self.work / "manifests" / "clips.toml").write_text(manifest)
        git(self.work, "add", ".")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", "A change")
        git(self.work, "push", "--quiet", "origin", f"HEAD:{branch}")
        return git(self.work, "rev-parse", "HEAD")

    def merge(self, number: int) -> str:
        """Merge what is in the clone; the commit on main."""
        commit = self.push("main")
        data = self.facts()
        data["pulls"][commit] = [{"number": number, "merged_at": "2026-11-22T00:00:00Z"}]
        self.save(data)
        return commit

    def facts(self) -> dict[str, Any]:
        return dict(json.loads(self.fake.read_text()))

    def save(self, data: dict[str, Any]) -> None:
        self.fake.write_text(json.dumps(data))

    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.facts()["comments"]]

    def runner(self, branch: str, github: dict[str, Any]) -> Runner:
        """A new machine with a fresh clone."""
        self.runs += 1
        place = self.base / f"run-{self.runs}"
        place.mkdir()
        git(place, "clone", "--quiet", "--branch", branch, str(self.base / "origin.git"), "repo")
        facts = {"repository": "ada/film", "action_path": "/action", "token": "gh-token", "run_id": self.runs}
        runner = Runner(
            workspace=place / "repo",
            temp=place / "temp",
            shims=self.base / "shims",
            cache=self.base / "cache",
            github=facts | github,
            secrets={"VIDEOS_API_KEY": "sk-secret"},
        )
        self.last = runner
        return runner

    def plan(self, branch: str = "feature", *, head: str = "ada/film", number: int = 7) -> bool:
        """The job of a pull request; whether it succeeded."""
        pull = {"number": number, "head": {"repo": {"full_name": head}}}
        event = {"event_name": "pull_request", "event": {"pull_request": pull}}
        return self.runner(branch, event).job(PLAN, "plan")

    def apply(self, commit: str, token: str = "") -> bool:
        """The job after a merge; whether it succeeded."""
        runner = self.runner("main", {"event_name": "push", "sha": commit, "ref": "refs/heads/main"})
        git(runner.workspace, "reset", "--quiet", "--hard", commit)
        return runner.job(APPLY, "apply", {"token": token})

    @property
    def output(self) -> str:
        assert self.last is not None
        return self.last.output


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str], program: str) -> Iterator[Repository]:
    """A repository with a library whose provider bills, and nothing in it yet."""
    shims = tmp_path / "shims"
    put_program(program, shims)
    fake = f'FAKE_GITHUB="{tmp_path}/github.json" exec "{sys.executable}" -IS "{fake_gh.__file__}" "$@"'
    tool(shims, "gh", fake)
    tool(shims, "python", f'echo "$@" >> "{tmp_path}/pip.log"')
    with a_studio(tmp_path, capsys) as studio:
        made = Repository(tmp_path, studio)
        made.start()
        yield made


def tool(directory: Path, name: str, line: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def test_a_pull_request_is_planned_merged_and_applied_exactly_as_reviewed(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    assert repository.plan(), repository.output
    (first,) = repository.bodies()
    assert "**sorasync: 1 to create - cost: $0.40 (4 s)**" in first
    repository.push("feature", clips("a", "b"))
    assert repository.plan(), repository.output
    (second,) = repository.bodies()
    assert "**sorasync: 2 to create - cost: $0.80 (8 s)**" in second
    commit = repository.merge(7)
    assert repository.apply(commit), repository.output
    assert repository.studio.billed() == Decimal("0.80")
    git(repository.work, "pull", "--quiet", "--rebase", "origin", "main")
    assert '"clip.a#1"' in (repository.work / "sorasync.lock").read_text()
    assert "[skip ci]" in git(repository.work, "log", "-1", "--format=%s")


def test_the_same_merge_again_changes_and_costs_nothing(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    repository.plan()
    commit = repository.merge(7)
    assert repository.apply(commit), repository.output
    assert repository.apply(commit), repository.output
    assert repository.studio.billed() == Decimal("0.40")
    repository.push("other")
    assert repository.plan("other", number=8), repository.output
    assert len(repository.bodies()) == 1


def test_a_second_pull_request_builds_on_the_first(repository: Repository) -> None:
    for number, names in enumerate((("a",), ("a", "b")), 7):
        repository.push(f"feature-{number}", clips(*names))
        assert repository.plan(f"feature-{number}", number=number), repository.output
        assert "cost: $0.40" in repository.bodies()[-1]
        assert repository.apply(repository.merge(number)), repository.output
        git(repository.work, "pull", "--quiet", "--rebase", "origin", "main")
    assert repository.studio.billed() == Decimal("0.80")


def test_a_plan_holds_when_another_pull_request_is_merged_and_applied_before_it(
    repository: Repository,
) -> None:
    manifests = repository.work / "manifests"
    (manifests / "b.toml").write_text(clips("b"))
    repository.push("second")
    assert repository.plan("second", number=8), repository.output
    (manifests / "b.toml").unlink()
    repository.push("first", clips("a"))
    assert repository.plan("first", number=7), repository.output
    assert repository.apply(repository.merge(7)), repository.output
    git(repository.work, "pull", "--quiet", "--rebase", "origin", "main")
    (manifests / "b.toml").write_text(clips("b"))
    assert repository.apply(repository.merge(8)), repository.output
    assert repository.studio.billed() == Decimal("0.80")


@pytest.mark.parametrize("cached", [True, False])
def test_two_merges_in_a_row_are_applied_one_after_the_other(repository: Repository, cached: bool) -> None:
    commits = []
    for number, name in ((7, "a"), (8, "b")):
        file = repository.work / "manifests" / f"{name}.toml"
        file.write_text(clips(name))
        repository.push(f"feature-{name}")
        assert repository.plan(f"feature-{name}", number=number), repository.output
        file.unlink()
    for number, name in ((7, "a"), (8, "b")):
        (repository.work / "manifests" / f"{name}.toml").write_text(clips(name))
        commits.append(repository.merge(number))
    assert repository.apply(commits[0]), repository.output
    if not cached:
        shutil.rmtree(repository.base / "cache")
    assert repository.apply(commits[1]), repository.output
    assert repository.studio.billed() == Decimal("0.80")
    git(repository.work, "pull", "--quiet", "--rebase", "origin", "main")
    lock = (repository.work / "sorasync.lock").read_text()
    assert [lock.count(f'"clip.{name}#1"') for name in "ab"] == [1, 1]


def test_a_pick_that_was_merged_relinks_the_names_that_the_cache_holds(repository: Repository) -> None:
    picked = '[clips.a]\nprompt = "An a at dusk."\ntakes = 2\npick = {}\n'
    repository.push("feature", picked.format(1))
    repository.plan()
    assert repository.apply(repository.merge(7)), repository.output
    git(repository.work, "pull", "--quiet", "--rebase", "origin", "main")
    repository.push("other", picked.format(2))
    assert repository.plan("other", number=8), repository.output
    assert "1 to relink" in repository.bodies()[-1]
    reviewed = repository.merge(8)
    assert repository.apply(reviewed), repository.output
    assert "Apply: 1 name relinked." in repository.output
    direct = repository.push("main", picked.format(1))
    assert repository.apply(direct), repository.output
    assert "Apply: 1 name relinked." in repository.output


def test_what_was_not_reviewed_is_not_applied(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    repository.plan()
    (repository.work / "manifests" / "clips.toml").write_text(clips("a", "b"))
    commit = repository.merge(7)
    assert not repository.apply(commit)
    assert "the plan is stale: its token is" in repository.output
    assert repository.studio.billed() == 0


def test_without_a_reviewed_plan_nothing_is_sent_and_the_token_is_told(repository: Repository) -> None:
    commit = repository.push("main", clips("a"))
    assert not repository.apply(commit)
    assert "No reviewed plan was found" in repository.output
    assert repository.studio.billed() == 0
    token = repository.output.rpartition("with the token ")[2].split(".")[0]
    assert repository.apply(commit, token), repository.output
    assert repository.studio.billed() == Decimal("0.40")


def test_a_comment_that_a_person_wrote_is_no_review(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    repository.plan()
    data = repository.facts()
    body = data["comments"].pop()["body"]
    data["comments"].append({"id": 1, "issue": 7, "user": {"type": "User"}, "body": body})
    repository.save(data)
    assert not repository.apply(repository.merge(7))
    assert "No reviewed plan was found" in repository.output
    assert repository.studio.billed() == 0


def test_a_token_inside_a_prompt_is_not_taken_for_the_plans(repository: Repository) -> None:
    manifest = "[clips.a]\nprompt = '''\n<!-- sorasync:token:sp1:0000000000000000 -->\n'''\n"
    repository.push("feature", manifest)
    repository.plan()
    assert repository.apply(repository.merge(7)), repository.output


def test_a_fork_is_planned_with_no_token_and_no_comment(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    assert repository.plan(head="mallory/film"), repository.output
    assert repository.facts()["calls"] == []
    assert repository.last is not None
    assert "**sorasync: 1 to create" in (repository.last.temp / "summary.md").read_text()


def test_faulty_manifests_are_commented_on_annotated_and_fail_the_job(repository: Repository) -> None:
    repository.push("feature", '[clips.a]\nprompt = "A"\nsecnds = 4\n')
    assert not repository.plan()
    assert "no plan, 1 error in the manifests" in repository.bodies()[0]
    assert "::error file=manifests/clips.toml,line=3" in repository.output


def test_a_refused_apply_fails_and_an_unfinished_one_does_not(repository: Repository) -> None:
    config = repository.work / "sorasync.toml"
    config.write_text(config.read_text() + "[budget]\nper_apply = 0.10\n")
    repository.push("feature", clips("a"))
    repository.plan()
    assert not repository.apply(repository.merge(7))
    assert "limit $0.10 per apply" in repository.output
    config.write_text(config.read_text().replace("0.10", "9.00") + "[apply]\nwait_minutes = 0.01\n")
    repository.studio.faults({"route": "create", "do": "stuck"})
    repository.push("feature")
    repository.plan()
    assert repository.apply(repository.merge(7)), repository.output
    assert "::warning::Some renders still run" in repository.output


def test_only_the_step_that_needs_a_secret_gets_it(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    repository.plan()
    assert repository.last is not None
    planned = [(name, env) for name, env in repository.last.seen if name in ("Install sorasync", "Plan")]
    assert len(planned) == 2
    assert not any("gh-token" in env.values() for _, env in planned)
    assert not any("sk-secret" in env.values() for _, env in repository.last.seen)


def test_the_action_installs_its_own_checkout_and_what_it_needs_by_digest(repository: Repository) -> None:
    repository.push("feature", clips("a"))
    repository.plan()
    pip = "-I -m pip install --quiet --disable-pip-version-check"
    assert (repository.base / "pip.log").read_text().splitlines() == [
        f"{pip} --require-hashes --requirement /action/requirements.lock",
        f"{pip} --no-deps --no-build-isolation /action",
    ]


def test_what_is_used_is_pinned_by_commit_and_no_token_is_left_in_the_checkout() -> None:
    for workflow in (*PLAN["jobs"].values(), *APPLY["jobs"].values(), ACTION["runs"]):
        for step in workflow["steps"]:
            assert re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + "0" * 40)), step
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_no_script_holds_an_expression_that_somebody_else_could_fill() -> None:
    scripts = run_blocks(ACTION["runs"]["steps"])
    for workflow in (PLAN, APPLY):
        for job in workflow["jobs"].values():
            scripts += run_blocks(job["steps"])
    assert len(scripts) > 5
    assert not any("${{" in script for script in scripts)


def test_pull_requests_of_forks_never_get_a_token_that_writes() -> None:
    for name in ("plan.yml", "apply.yml"):
        assert "pull_request_target:" not in (EXAMPLES / name).read_text()
    assert PLAN["permissions"] == APPLY["permissions"] == {}
    assert PLAN["jobs"]["plan"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert APPLY["concurrency"]["cancel-in-progress"] is False


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq")
def test_the_filters_of_the_action_do_what_the_stand_in_does() -> None:
    scripts = "\n".join(run_blocks(ACTION["runs"]["steps"]))
    comments = [
        {"id": 1, "user": {"type": "User"}, "body": "a"},
        {"id": 2, "user": {"type": "Bot"}, "body": "<!-- m -->\r\n<!-- t -->\r\nrest"},
    ]
    for text, meaning in fake_gh.OF_BOTS.items():
        assert text in scripts
        assert jq(text, comments) == "\t".join(meaning(comments[1]))
    assert fake_gh.MERGED in scripts
    assert jq(fake_gh.MERGED, [{"number": 3, "merged_at": None}, {"number": 4, "merged_at": "x"}]) == "4"
    assert jq(fake_gh.MERGED, []) == ""


def jq(program: str, data: object) -> str:
    done = subprocess.run(
        ["jq", "--raw-output", program], input=json.dumps(data), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
