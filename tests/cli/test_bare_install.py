"""Where the packages of an extra are missing, a command says so in one line before it does anything."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.cli.kit import Film

CONFIG = """
[library]
name = "film"
[provider]
profile = "preview"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""
CLIPS = """
[clips.pier]
prompt = "A pier at dusk."
[cuts.reel]
fps = 12
[[cuts.reel.events]]
clip = "pier"
"""
_SHARED = f'{CONFIG}[state]\nurl = "postgresql://127.0.0.1:1/film"\n'
_HOST = CONFIG.replace('"preview"', '"preview"\nbase_url = "http://127.0.0.1:1/v1"')
_BUCKET = f'{_HOST}[assets]\nurl = "s3://films/harbour?region=eu-north-1"\n'
# Every command that cannot do without an extra, in the state that it needs it in.
NEEDY: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("preview", ("apply", "--yes"), CONFIG),
    ("preview", ("drift",), CONFIG),
    ("preview", ("preview", "--port", "0"), CONFIG),
    ("preview", ("import", "pier", "video_1"), CONFIG),
    ("film", ("cut", "reel"), CONFIG),
    ("film", ("cut", "reel", "--out", "reel.otio"), CONFIG),
    ("film", ("cut", "reel", "--out", "reel.pdf"), CONFIG),
    ("checks", ("check",), CONFIG),
    ("review", ("review", "--no-browser"), CONFIG),
    ("review", ("review", "--html", "page"), CONFIG),
    ("team", ("plan",), _SHARED),
    ("team", ("status",), _SHARED),
    ("team", ("queue",), _SHARED),
    ("team", ("run", "--queue", "night"), _SHARED),
    ("team", ("assets", "move", "--to", "s3://films/harbour?region=eu-north-1"), CONFIG),
    ("team", ("gc",), _BUCKET),
    ("team", ("apply", "--yes"), _BUCKET),
)
# The program in an environment without any extra. Arguments come as lines of JSON, answers leave as such.
BARE = """
import contextlib, importlib.metadata as metadata, io, json, sys
for name in ("starlette", "uvicorn", "av", "numpy", "PIL", "multipart", "python_multipart", "fpdf", "obstore",
             "opentimelineio", "psycopg", "procrastinate", "rapidocr"):
    sys.modules[name] = None
real = metadata.version
absent = ("starlette", "uvicorn", "av", "numpy", "pillow", "fpdf2", "obstore", "psycopg", "procrastinate")
def version(name):
    if name in absent:
        raise metadata.PackageNotFoundError(name)
    return real(name)
metadata.version = version
from sorasync.cli.main import run
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(json.loads(line))
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def bare(*commands: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """How these commands end without any extra: exit code, output, errors."""
    lines = "\n".join(json.dumps(command) for command in commands)
    done = subprocess.run(
        [sys.executable, "-c", BARE], input=lines, capture_output=True, text=True, timeout=120, check=True
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_every_command_that_needs_an_extra_names_it_before_anything_else(tmp_path: Path) -> None:
    commands, roots = [], []
    for number, (_, command, config) in enumerate(NEEDY):
        root = tmp_path / str(number) / "film"
        (root / "manifests").mkdir(parents=True)
        (root / "manifests/film.toml").write_text(CLIPS, encoding="utf-8")
        (root / "sorasync.toml").write_text(config, encoding="utf-8")
        roots.append(root)
        commands.append((*command, "--library", str(root)))
    answers = bare(*commands)
    for (extra, command, _), root, (code, out, err) in zip(NEEDY, roots, answers, strict=True):
        assert (code, out) == (1, ""), (command, out, err)
        first, second = err.splitlines()
        assert re.fullmatch(rf"error: .* needs the extra {extra} \(not installed: .*\)", first), command
        assert second.startswith("  ") and " install " in second
        for state in root.rglob("*.db"):
            with closing(sqlite3.connect(state)) as opened:
                assert opened.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]


def test_what_needs_no_extra_works_without_any(film: Callable[[str], Film]) -> None:
    it = film(CLIPS)
    for code, _, err in bare(*((name, "--library", str(it.root)) for name in ("validate", "plan", "status"))):
        assert code == 0, err


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
