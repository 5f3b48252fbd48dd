"""What is not needed is not loaded: the start of the program is part of how it feels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "asyncio",
    "pydantic",
    "httpx",
    "sqlite3",
    "sqlite_utils",
    "rich",
    "numpy",
    "av",
    "PIL",
    "starlette",
    "rtoml",
)
_ASK = f"""
import sys
from sorasync.cli.main import run
code = run(sys.argv[1:])
print("LOADED", code, *(name for name in {HEAVY} if name in sys.modules))
"""


def loaded(*args: str) -> tuple[int, set[str]]:
    """The exit code of a command line, and which heavy modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, *args], capture_output=True, text=True, timeout=120, check=True
    )
    code, *names = done.stdout.rpartition("LOADED ")[2].split()
    return int(code), set(names)


@pytest.mark.parametrize("args", [("--help",), ("--version",)])
def test_help_loads_none_of_the_heavy_modules(args: tuple[str, ...]) -> None:
    assert loaded(*args) == (0, set())


def test_a_command_loads_what_it_needs_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text("")
    code, names = loaded("validate", "--library", str(tmp_path))
    assert code == 0
    assert names >= {"pydantic", "rtoml"}
    assert names.isdisjoint({"asyncio", "httpx", "sqlite3", "numpy", "av", "PIL", "starlette"})


@pytest.mark.parametrize("command", ["plan", "status"])
def test_a_command_that_finds_nothing_to_do_loads_little(command: str, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text("")
    code, names = loaded(command, "--library", str(tmp_path))
    assert code == 0
    assert names.isdisjoint({"asyncio", "httpx", "rich", "sqlite_utils", "numpy", "av", "PIL", "starlette"})
