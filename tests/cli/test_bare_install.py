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


# What Windows does not have is not there, as far as one can tell here.
WINDOWS = """
import asyncio, click, httpx, pydantic, signal, subprocess, sys, threading, zipfile, zoneinfo
sys.platform = "win32"
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL", "SIGTSTP", "SIGCONT", "SIGWINCH"):
    delattr(signal, name)
"""


def on_windows(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WINDOWS + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_windows_is_refused_before_anything_that_it_lacks_is_loaded() -> None:
    answer = on_windows("from sorasync.cli.main import main\nsys.argv[1:] = ['plan']\nmain()")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "error: sorasync runs on Linux and macOS; on Windows, run it inside WSL\n"
    answer = on_windows("from sorasync import Library\nLibrary.open()")
    assert answer.stderr.splitlines()[-1].endswith("on Windows, run it inside WSL")
