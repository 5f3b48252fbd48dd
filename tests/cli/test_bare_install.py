"""Where the packages of an extra are missing, a command says so in one line before it does anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.kit import Film

CLIPS = '[clips.pier]\nprompt = "A pier at dusk."\n'
# The program in an environment without the extra `preview`.
BARE = """
import sys
for name in ("starlette", "uvicorn", "av", "numpy", "PIL", "multipart", "python_multipart"):
    sys.modules[name] = None
from sorasync.cli.main import main
main()
"""


def bare(it: Film, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BARE, *arguments, "--library", str(it.root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("command", [("apply", "--yes"), ("preview", "--port", "0")])
def test_the_missing_packages_are_named_first(film: Callable[[str], Film], command: tuple[str, ...]) -> None:
    it = film(CLIPS)
    answer = bare(it, *command)
    assert answer.returncode == 1
    assert answer.stdout == ""
    first, second = answer.stderr.splitlines()
    assert first.startswith("error: the preview provider needs packages that are not installed (")
    assert "starlette" in second
    assert it.run("history", "--format", "json").json["runs"] == []


@pytest.mark.parametrize("command", ["validate", "plan", "status"])
def test_what_needs_no_preview_works_without_it(film: Callable[[str], Film], command: str) -> None:
    assert bare(film(CLIPS), command).returncode == 0
