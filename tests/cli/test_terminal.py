"""What the environment says about the terminal is heeded, and what is not served says so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sorasync.cli.main import run
from sorasync.cli.terminal.capabilities import can_redraw

ESCAPE = "\x1b["


def printed(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a faulty library gets to see, into a pipe."""
    (root / "sorasync.toml").write_text("")
    (root / "manifests").mkdir(exist_ok=True)
    (root / "manifests" / "a.toml").write_text('[clips.a]\nprmpt = "A pier."\n')
    capsys.readouterr()
    assert run(["--library", str(root), "plan", "--offline"]) == 1
    shown = capsys.readouterr()
    return shown.out + shown.err


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_may_be_forced_and_refused(
    variables: dict[str, str],
    coloured: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (ESCAPE in printed(tmp_path, capsys)) is coloured


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False)],
)
def test_errors_on_a_terminal_have_colours_where_it_knows_them(
    variables: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, "-m", "sorasync", "--library", str(tmp_path), "plan"],
        stdout=theirs,
        stderr=theirs,
        env=kept | {"TERM": "xterm"} | variables,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert done.returncode == 1
    assert "error:" in shown
    assert (ESCAPE in shown) is coloured


@pytest.mark.parametrize(("name", "redraws"), [("xterm-256color", True), ("", True), ("dumb", False)])
def test_nothing_is_drawn_over_on_a_dumb_terminal(
    name: str, redraws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", name)
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal, open(os.devnull, "w") as nowhere:  # noqa: PTH123
        assert can_redraw(terminal) is redraws
        assert not can_redraw(nowhere)
    os.close(ours)


def test_windows_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert run(["--library", str(tmp_path), "apply"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "error: sorasync runs on Linux and macOS; on Windows, run it inside WSL\n"
