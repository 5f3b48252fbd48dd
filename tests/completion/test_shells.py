"""Completion in shells that somebody types in, where they are installed."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.watch.kit import Library, Screen

MANIFEST = """\
[clips.harbour]
prompt = "A."
[clips.harvest]
prompt = "B."
matrix = { season = ["spring", "winter"] }
"""
SHELLS = {
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -Uz compinit && compinit -u -D; eval "$(sorasync completion zsh)"',
    ),
    "fish": (["fish", "--no-config", "-i"], "sorasync completion fish | source"),
}


@dataclass
class Shell(Screen):
    """A shell in a terminal."""

    name: str = ""

    def command(self) -> list[str]:
        return SHELLS[self.name][0]


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_completes_addresses_as_they_are_typed(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text("")
    (tmp_path / "manifests/a.toml").write_text(MANIFEST)
    script = tmp_path / "bin" / "sorasync"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sorasync "$@"\n')
    script.chmod(0o755)
    environment = {"PATH": f"{script.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    with Shell(Library(tmp_path), environment=environment, name=name) as shell:
        shell.press(f"cd {tmp_path}; {SHELLS[name][1]}; echo re''ady\n")
        shell.until(lambda text: "ready" in text.replace("re''ady", ""))
        shell.press("sorasync show clip.h\t")
        shell.until("show clip.har")
        shell.press("b\t")
        shell.until("show clip.harbour")
        shell.press("\x15sorasync show clip.harv\t")
        shell.until("season=")
        shell.press("\t")
        shell.until(lambda text: "winter" in text and "spring" in text)
