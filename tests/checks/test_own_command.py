"""Programs of the user's own: what they see, how they end, and when they run at all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from select import select

import pytest

from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.checks.own_command import run_command
from sorasync.manifest.check_schema import CommandCheckModel
from tests.checks.test_check_command import put
from tests.cli.kit import Film, make


def told(tmp_path: Path, code: str, *more: str, **settings: float) -> CheckResult:
    """What a little program is taken to have found."""
    model = CommandCheckModel(run=[sys.executable, "-c", code, *more], **settings)  # type: ignore[arg-type]
    return run_command("commands.mine", model, tmp_path / "a b.mp4", "A $(cat), a `dog`", tmp_path)


def test_the_last_line_is_a_number_between_bounds(tmp_path: Path) -> None:
    assert told(tmp_path, "print('working'); print(0.91)", least=0.9).verdict is Verdict.PASSED
    low = told(tmp_path, "print(0.5)", least=0.9, most=1.0)
    assert (low.verdict, low.measured, low.message) == (Verdict.FAILED, 0.5, "0.5; at least 0.9 is required")
    high = told(tmp_path, "print(1.5)", least=0.9, most=1.0)
    assert (high.verdict, high.allowed) == (Verdict.FAILED, 1.0)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print('much')", "the last line of its output is not a number"),
        ("print('nan')", "the last line of its output is not a number"),
        ("pass", "the last line of its output is not a number"),
        ("raise SystemExit(3)", "it ended with exit code 3"),
        ("print(1); raise SystemExit('no model\\n\\n')", "it ended with exit code 1: no model"),
        ("raise ValueError('x' * 300)", f"it ended with exit code 1: ValueError: {'x' * 188}"),
        (
            "import sys; print('?'); print('odd', file=sys.stderr)",
            "the last line of its output is not a number: odd",
        ),
        ("import time; time.sleep(600)", "it did not finish within 0.3 s"),
    ],
)
def test_what_gives_no_number_is_an_error(tmp_path: Path, code: str, why: str) -> None:
    found = told(tmp_path, code, timeout=0.3 if "sleep" in code else 60.0)
    assert (found.verdict, found.message) == (Verdict.ERROR, why)


def test_a_program_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    model = CommandCheckModel(run=["no-such-program", "{video}"])
    found = run_command("commands.mine", model, tmp_path / "a.mp4", "", tmp_path)
    assert found.verdict is Verdict.ERROR
    assert "'no-such-program' cannot be run" in found.message


def test_a_program_ends_when_checking_is_stopped(tmp_path: Path) -> None:
    model = CommandCheckModel(run=[sys.executable, "-c", "import time; time.sleep(600)"])
    found = run_command("commands.mine", model, tmp_path / "a.mp4", "", tmp_path, lambda: True)
    assert (found.verdict, found.message) == (Verdict.ERROR, "checking was stopped")


def test_it_gets_the_video_and_the_prompt_as_they_are_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    code = "import os, sys; open('seen', 'w').write(repr((sys.argv[1:], dict(os.environ)))); print(1)"
    assert told(tmp_path, code, "--file={video}", "{prompt}").verdict is Verdict.PASSED
    words, environment = eval((tmp_path / "seen").read_text())
    assert words == [f"--file={tmp_path}/a b.mp4", "A $(cat), a `dog`"]
    assert "sk-secret" not in environment.values()


def test_what_it_leaves_behind_is_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "open('child', 'w').write(str(child.pid)); print(1)"
    )
    # The child holds the pipe open: the end of the program alone is not the end of its output.
    found = told(tmp_path, code, timeout=0.5)
    assert found.verdict is Verdict.ERROR
    with suppress(ProcessLookupError):
        ended = os.pidfd_open(int((tmp_path / "child").read_text()))
        assert select([ended], [], [], 60)[0] == [ended]
        os.close(ended)


@pytest.fixture
def library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], in_process: None, shots: dict[str, Path]
) -> Film:
    """One finished render, and a command that leaves a trace and finds 0.7."""
    library = make(tmp_path / "film", capsys, '[clips.pier]\nprompt = "A pier."\n')
    program = "open('trace', 'a').write('x'); print(0.7)"
    checks = (
        "[checks]\nsize = false\nseconds = false\n[checks.commands.likeness]\n"
        f'run = ["{sys.executable}", "-c", "{program}"]\nleast = 0.8\n'
    )
    library.write("sorasync.toml", library.read("sorasync.toml") + checks)
    library.settle()
    put(library, "clip.pier#1", shots["wall"])
    return library


def test_a_command_runs_only_where_it_is_allowed(library: Film) -> None:
    answer = library.run("check")
    assert answer.code == 0
    assert "1 command not run: --allow-commands runs them." in answer.out
    assert not (library.root / "trace").exists()

    answer = library.run("check", "--allow-commands")
    assert answer.code == 1
    assert "✗ commands.likeness: 0.7; at least 0.8 is required" in answer.out
    assert (library.root / "trace").read_text() == "x"

    # Its result is kept as any other, and shown without a run.
    assert library.run("check").code == 1
    assert library.run("check", "--allow-commands", "--only", "likeness").code == 1
    assert "commands.likeness: 0.7" in library.run("status").out
    assert (library.root / "trace").read_text() == "x"


def test_a_manifest_sets_bounds_and_no_program(library: Film) -> None:
    bounds = '[clips.pier]\nprompt = "A pier."\n[clips.pier.checks.commands.likeness]\nleast = 0.5\n'
    library.write("manifests/a.toml", bounds)
    assert library.run("check", "--allow-commands").code == 0

    library.write("manifests/a.toml", bounds + 'run = ["rm", "-r", "/"]\n')
    refused = library.run("check", "--allow-commands")
    assert refused.code == 1
    assert "unknown key `run`" in refused.err

    library.write("manifests/a.toml", bounds.replace("commands.likeness", "commands.likenes"))
    refused = library.run("validate")
    assert "S107" in refused.err
    assert "there is no [checks.commands.likenes] in sorasync.toml" in refused.err
    assert "likeness" in refused.err

    off = '[clips.pier]\nprompt = "A pier."\nchecks = { commands = { likeness = false } }\n'
    library.write("manifests/a.toml", off)
    assert "not run" not in library.run("check").out


def test_an_apply_runs_no_command(library: Film) -> None:
    library.write("manifests/b.toml", '[clips.bay]\nprompt = "A bay."\n')
    assert library.run("apply", "--yes").code == 0
    assert not (library.root / "trace").exists()
    assert (library.root / "assets/bay.mp4").exists()


def test_what_a_program_says_of_its_failure_is_shown_and_drives_no_terminal(library: Film) -> None:
    program = "raise SystemExit('no \\x1b[31mmodel')".replace("\\", "\\\\")
    settings = library.read("sorasync.toml").replace("open('trace', 'a').write('x'); print(0.7)", program)
    library.write("sorasync.toml", settings)
    answer = library.run("check", "--allow-commands")
    assert answer.code != 0
    assert "! commands.likeness: it ended with exit code 1: no " in answer.out
    assert "model" in answer.out and "\x1b" not in answer.out


def test_a_video_without_a_check_is_not_called_passed(library: Film) -> None:
    manifest = '[clips.pier]\nprompt = "A pier."\n[clips.bay]\nprompt = "A bay."\n'
    library.write(
        "manifests/a.toml", f"{manifest}checks = {{ commands = {{ likeness = {{ least = 0.5 }} }} }}\n"
    )
    library.settle()
    settings = library.read("sorasync.toml")
    library.write("sorasync.toml", settings.replace("size = false", "size = false\nblack = false"))
    answer = library.run("check", "bay", "pier", "--only", "size", "--allow-commands")
    assert "- clip.bay  not checked" in answer.out
    assert "2 videos: 2 not checked.\n" in answer.out
