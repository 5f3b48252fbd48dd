"""The files that set the program up elsewhere name what is there, and give nothing away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.cli.kit import Film

ROOT = Path(__file__).parents[2]
DOCKER = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def workflow(name: str) -> dict[str, Any]:
    """A file of YAML."""
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return found


def test_the_image_copies_what_is_there_and_runs_without_rights() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKER, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == allowed and all((ROOT / name).exists() for name in copied)
    last = DOCKER.rpartition("\nFROM ")[2]
    assert "\nUSER sorasync\n" in last and "HEALTHCHECK" in last
    assert "--require-hashes" in DOCKER and "curl" not in DOCKER


def test_the_image_begins_with_a_command_that_there_is(film: Callable[[str], Film]) -> None:
    it, words = film(""), json.loads(DOCKER.rpartition("\nCMD ")[2])
    answer = it.run(*words)
    assert answer.code == 1 and "--user" in answer.err


def test_the_team_set_up_keeps_secrets_out_and_opens_to_this_machine_only() -> None:
    services = workflow("docs/examples/docker/compose.yaml")["services"]
    assert set(services) == {"database", "review", "sorasync"}
    for service in (services["review"], services["sorasync"]):
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert all(str(value).startswith("${") for value in service["environment"].values())
    assert all(port.startswith("127.0.0.1:") for port in services["review"]["ports"])


def test_workflows_are_pinned_and_may_only_read() -> None:
    found = workflow(".github/workflows/test.yml")
    assert found["permissions"] == {}
    for job in found["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])
