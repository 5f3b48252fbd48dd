"""The hooks for pre-commit run commands that exist, on the files of a library."""

from __future__ import annotations

import re
from pathlib import Path

from sorasync.cli.main import COMMANDS

HOOKS = (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")


def test_the_hooks_run_commands_that_exist() -> None:
    entries = re.findall(r"entry: sorasync (\S+)", HOOKS)
    assert entries == ["validate", "fmt"]
    assert set(entries) <= set(COMMANDS)


def test_the_hooks_look_at_the_files_of_a_library() -> None:
    validate, fmt = re.findall(r"files: (.+)", HOOKS)
    for path in ("sorasync.toml", "manifests/a.toml", "film/manifests/act-1/b.toml"):
        assert re.search(validate, path)
        assert re.search(fmt, path)
    assert re.search(validate, "manifests/refs/a.png")
    assert not re.search(fmt, "manifests/refs/a.png")
    assert not re.search(fmt, "pyproject.toml")
    assert not re.search(validate, "pyproject.toml")
