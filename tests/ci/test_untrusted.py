"""The plan of somebody else's branch: it needs no key, opens no connection, runs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_GUARD = """
import os, sys

library, report = os.path.realpath(sys.argv[1]), sys.argv[2]
import sorasync
places = [*sys.path, sys.prefix, sys.base_prefix, os.path.dirname(sorasync.__file__)]
places += ["/usr", "/proc/self", "/proc/mounts", "/etc/localtime", "/dev/null"]
trusted = tuple(os.path.realpath(place) for place in places if place)
forbidden = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system", "pty.")
found = []


def watch(event, args):
    if event.startswith(forbidden):
        found.append([event, repr(args)[:200]])
        raise RuntimeError(event)
    if event == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
        path = os.path.realpath(os.fsdecode(args[0]))
        writes = isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or not (path.startswith(library + os.sep) or path.startswith(trusted)):
            found.append([event, path])
    if event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
        found.append([event, repr(args)[:200]])


sys.addaudithook(watch)
sys.dont_write_bytecode = True
from sorasync.cli.main import run

code = run(sys.argv[3:])
sys.stdout.flush()
listed = list(found)
import json
open(report, "w").write(json.dumps([code, listed]))
"""

CONFIG = """\
[library]
name = "harmless"
[provider]
profile = "openai"
base_url = "http://127.0.0.1:9/steal"
api_key_env = "TOP_SECRET"
api_key_command = ["sh", "run-me.sh"]
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library whose author would like to run and read things, beside a file that is not theirs."""
    root = tmp_path / "fork"
    (root / "manifests" / "refs").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("the secret of the runner")
    (root / "sorasync.toml").write_text(CONFIG)
    (root / "run-me.sh").write_text(f"echo owned > {tmp_path}/trace; echo key\n")
    (root / "manifests" / "a.toml").write_text(
        '[clips.a]\nprompt = "A cat. ${TOP_SECRET} $TOP_SECRET {{ mood }} `touch trace` $(touch trace)"\n'
        '[vars]\nmood = "$HOME"\n'
    )
    for name in ("pip.py", "sorasync.py", "sitecustomize.py", "json.py", "conftest.py"):
        (root / name).write_text(f"open({str(tmp_path / 'trace')!r}, 'w').write('owned')\n")
    return root


def planned(root: Path, *more: str) -> tuple[int, list[list[str]], str]:
    """Plan in a process that notes connections, processes and files; exit code, notes, output."""
    report = root.parent / "report.json"
    arguments = [
        str(root),
        str(report),
        "--library",
        str(root),
        "plan",
        "--offline",
        "--format",
        "github",
        *more,
    ]
    guard = root.parent / "guard" / "guard.py"
    guard.parent.mkdir(exist_ok=True)
    guard.write_text(_GUARD)
    environment = {
        "PATH": os.environ["PATH"],
        "TOP_SECRET": "sk-not-yours",
        "HOME": str(root.parent / "home"),
    }
    done = subprocess.run(
        [sys.executable, str(guard), *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    code, found = json.loads(report.read_text())
    return code, found, done.stdout + done.stderr


def untouched(root: Path) -> list[str]:
    return sorted(path.relative_to(root.parent).as_posix() for path in root.parent.rglob("*"))


def test_a_plan_of_a_fork_leaves_no_trace_and_tells_no_secret(library: Path) -> None:
    before = untouched(library)
    code, found, shown = planned(library)
    assert (code, found) == (0, [])
    assert "1 to create" in shown
    assert "sk-not-yours" not in shown
    kept = [name for name in untouched(library) if not name.startswith(("guard", "report"))]
    assert kept == before


def test_the_guard_of_these_tests_sees_a_process_that_is_started(library: Path) -> None:
    guard = library.parent / "guard.py"
    guard.write_text(
        _GUARD.replace(
            "code = run(sys.argv[3:])",
            "import subprocess\ntry:\n subprocess.run(['true'])\nexcept RuntimeError:\n code = 9",
        )
    )
    report = library.parent / "report.json"
    subprocess.run([sys.executable, str(guard), str(library), str(report)], timeout=120, check=True)
    code, found = json.loads(report.read_text())
    assert code == 9
    assert found[0][0] == "subprocess.Popen"


@pytest.mark.parametrize(
    "manifest",
    [
        '[clips.a]\nprompt = "A."\nimage = "refs/out.png"\n',
        '[clips.a]\nprompt_file = "refs/out.png"\n',
        '[clips.a]\nprompt_file = "../../secret.txt"\n',
        '[clips.a]\nprompt_file = "/etc/passwd"\n',
        '[characters.a]\nname = "A"\nvideo = "refs/out.png"\n',
        '[clips.a]\nprompt_file = "refs/through/secret.txt"\n',
    ],
)
def test_nothing_outside_of_the_library_is_read(library: Path, manifest: str) -> None:
    (library / "manifests" / "refs" / "out.png").symlink_to(library.parent / "secret.txt")
    (library / "manifests" / "refs" / "through").symlink_to(library.parent)
    (library / "manifests" / "b.toml").write_text(manifest.replace("clips.a", "clips.b"))
    code, found, shown = planned(library)
    assert (code, found) == (1, [])
    assert "the secret" not in shown
    assert "root:" not in shown


def test_a_manifest_that_is_a_link_to_the_outside_is_not_read(library: Path) -> None:
    (library / "manifests" / "z.toml").symlink_to(library.parent / "secret.txt")
    code, found, shown = planned(library)
    assert (code, found) == (1, [])
    assert "the secret" not in shown


@pytest.mark.parametrize("target", ["secret.txt", "/dev/zero", "/etc/passwd"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_profile_outside_of_the_library_is_not_read(library: Path, target: str, linked: bool) -> None:
    outside = str(library.parent / target)
    if linked:
        (library / "p.toml").symlink_to(outside)
    name = "p.toml" if linked else outside
    config = (library / "sorasync.toml").read_text().replace('"openai"', f'"{name}"')
    (library / "sorasync.toml").write_text(config)
    code, found, shown = planned(library)
    assert (code, found) == (1, [])
    assert "the secret" not in shown
    assert "root:" not in shown


@pytest.mark.parametrize(
    "table",
    [
        '[state]\nurl = "sqlite:../secret.txt"\n',
        '[state]\nurl = "sqlite:/etc/passwd"\n',
        '[library]\nmanifests = "/etc"\n',
        '[library]\nmanifests = ".."\n',
    ],
)
def test_directories_outside_of_the_library_are_not_read(library: Path, table: str) -> None:
    config = (library / "sorasync.toml").read_text()
    if table.startswith("[library]"):
        config = config.replace('[library]\nname = "harmless"\n', table)
    else:
        config += table
    (library / "sorasync.toml").write_text(config)
    _, found, shown = planned(library)
    assert found == []
    assert "the secret" not in shown


def test_a_state_that_is_a_link_to_the_outside_is_not_followed_by_a_write(library: Path) -> None:
    (library / "state").mkdir()
    (library / "state" / "sorasync.db").symlink_to(library.parent / "secret.txt")
    _, _, shown = planned(library)
    assert (library.parent / "secret.txt").read_text() == "the secret of the runner"
    assert "the secret" not in shown
