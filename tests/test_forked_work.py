"""Work on a second core gives the same result, and its failure costs nothing but time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.kit import CONFIG, Film

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of every thread")

# A process of its own: the one that runs tests has threads.
_CASES = """
import contextlib, json, os, signal, sys, threading, time
from sorasync.forked_work import ForkedWork

if len(os.sched_getaffinity(0)) < 2:
    os.sched_getaffinity = lambda pid: {0, 1}

def result(work, **how):
    with ForkedWork(work, **how) as begun:
        return begun.result()

def raises():
    raise ValueError("told to nobody")

def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True

found = {}
found["elsewhere"] = result(os.getpid) not in (None, os.getpid())
found["large"] = len(result(lambda: b"x" * 10_000_000))
found["raised"] = result(raises)
found["killed"] = result(lambda: signal.raise_signal(signal.SIGKILL))
found["no pickle"] = result(lambda: (lambda: 1))
found["printed"] = result(lambda: print("printed", flush=True) or os.write(2, b"printed"))
found["left"] = result(sys.exit)
found["not worth it"] = result(lambda: 1, worth=False)
with contextlib.suppress(KeyError), ForkedWork(lambda: time.sleep(600)) as begun:
    found["ended with the block"] = begun._pid
    raise KeyError
found["ended with the block"] = gone(found["ended with the block"])
other = threading.Thread(target=threading.Event().wait, daemon=True)
other.start()
found["beside a thread"] = result(lambda: 1)
print(json.dumps(found), file=sys.stderr)
"""


def test_a_forked_process_answers_or_leaves_the_work_to_the_caller() -> None:
    ended = subprocess.run([sys.executable, "-c", _CASES], capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    assert json.loads(ended.stderr) == {
        "elsewhere": True,
        "large": 10_000_000,
        "raised": None,
        "killed": None,
        "no pickle": None,
        "printed": 7,
        "left": None,
        "not worth it": None,
        "ended with the block": True,
        "beside a thread": None,
    }


# Runs the command line with every library worth a process, and tells how often one answered.
_COMMAND = """
import os, sys
import sorasync.forked_work as forked
from sorasync.operations import plan, project

if len(os.sched_getaffinity(0)) < 2:
    os.sched_getaffinity = lambda pid: {0, 1}
plan._WORTH_FORKING = project._WORTH_FORKING = 1 if sys.argv[1] == "forked" else 1_000_000
answers, arguments = int(sys.argv[2]), sys.argv[3:]

class Counted(forked.ForkedWork):
    def result(self):
        found = super().result()
        if found is not None:
            os.write(answers, b"x")
        return found

forked.ForkedWork = plan.ForkedWork = Counted
sys.argv = ["sorasync", *arguments]
from sorasync.cli.main import main
main()
"""


def _run(film: Film, how: str, *arguments: str) -> tuple[int, str, str, int]:
    """Exit code, both outputs, and the number of results that came from another process."""
    reading, writing = os.pipe()
    command = [sys.executable, "-c", _COMMAND, how, str(writing), *arguments, "--library", str(film.root)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        return ended.returncode, ended.stdout, ended.stderr, len(answers.read())


def _film(root: Path, manifest: str) -> Film:
    film = Film(root)
    film.write("sorasync.toml", CONFIG + '[provider]\nprofile = "preview"\n')
    film.write("manifests/a.toml", manifest)
    return film


VAGUE = """
[clips.boat]
prompt = "A beautiful, stunning boat."
[[clips.boat.steps]]
extend = "An epic, amazing boat."
[clips.quay]
prompt = "A quay at dusk, in 1280x720."
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("plan", "--no-cache"), "Lint: 1 warning, 4 hints"),
        (("validate", "--no-cache"), "warning[S201]"),
        (("plan", "--format", "json"), '"code": "S207"'),
    ],
)
def test_findings_are_the_same_where_another_process_has_looked(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    film = _film(tmp_path, VAGUE)
    *alone, none = _run(film, "alone", *arguments)
    *forked, answered = _run(film, "forked", *arguments)
    assert forked == alone
    assert (none, answered) == (0, 1)
    assert told in str(alone[1])


def test_names_are_the_same_where_another_process_has_compared_them(tmp_path: Path) -> None:
    film = _film(tmp_path, '[clips.boat]\nprompt = "A boat leaves."\ntakes = 2\npick = 1\n')
    assert _run(film, "alone", "apply", "--yes")[0] == 0
    film.write("manifests/a.toml", film.read("manifests/a.toml").replace("pick = 1", "pick = 2"))
    *alone, none = _run(film, "alone", "plan")
    *forked, answered = _run(film, "forked", "plan")
    assert forked == alone
    assert (none, answered) == (0, 1)
    assert "assets/boat.mp4 is clip.boat#1, to be clip.boat#2" in str(alone[1])


def test_a_changed_clip_is_linted_here_where_others_are_done(tmp_path: Path) -> None:
    film = _film(tmp_path, VAGUE)
    assert _run(film, "alone", "apply", "--yes", "--target", "clip.quay")[0] == 0
    *alone, none = _run(film, "alone", "plan")
    *forked, answered = _run(film, "forked", "plan")
    assert forked == alone
    # Of the names alone: what is left to render is known after the comparison.
    assert (none, answered) == (0, 1)


def test_a_command_that_is_stopped_leaves_no_process_behind(tmp_path: Path) -> None:
    film = _film(tmp_path, VAGUE)
    stuck = f"""
import sorasync.manifest.lint as lint, time
lint.lint = lambda *library, **how: os.write(answers, b"begun") and time.sleep(600)
{_COMMAND}"""
    reading, writing = os.pipe()
    command = [sys.executable, "-c", stuck, "forked", str(writing), "plan", "--no-cache", "--library"]
    with subprocess.Popen([*command, str(film.root)], pass_fds=[writing], stderr=subprocess.DEVNULL) as child:
        os.close(writing)
        assert os.read(reading, 5) == b"begun"
        forked = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        child.terminate()
        assert child.wait(timeout=60) == 143
    # Both ends of the pipe are closed with the processes that hold them.
    with os.fdopen(reading, "rb") as answers:
        assert answers.read() == b""
    assert forked and not any(Path(f"/proc/{pid}").exists() for pid in forked)
