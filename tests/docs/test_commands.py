"""Every command that the documentation shows is run, in a library that has what the pages speak of."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path

import pytest

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.main import run
from tests.docs.pages import blocks
from tests.docs.test_pages import commands

_CONFIG = """
[provider]
profile = "preview"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
[env.preview.provider]
profile = "preview"
[env.prod.provider]
profile = "preview"
"""
_MANIFEST = """
[clips.market]
prompt = "A lantern market at dusk, slow push-in."
takes = 2
[[clips.market.steps]]
extend = "The lanterns go out."
[clips.pier]
prompt = "A pier at dawn."
tags = ["draft", "final"]
[clips.act1-arrival]
prompt = "A boat arrives."
[clips.harbour]
prompt = "A fishing harbour at night."
takes = 2
[clips.dawn]
prompt = "Dawn over the sea."
takes = 2
[stills.quay]
prompt = "A quay in fog."
model = "gpt-image-2"
size = "1280x720"
takes = 2
[cuts.teaser]
fps = 12
[[cuts.teaser.events]]
clip = "pier"
[cuts.homecoming]
fps = 12
[[cuts.homecoming.events]]
clip = "dawn"
"""
# Servers and watch mode run until they are stopped, a move wants a database: other tests start them.
_ENDLESS = ("preview", "watch", "wait --webhook-listen", "review", "state move")
_ENDING = ("review --html", "review --compare", "review --read")
# What these ask for is at a host, in a bucket or a database, in an earlier state, or in the reader's own
# files: a clear error is right.
_REFUSED = (
    "accept",
    "assets move",
    "apply --expect",
    "apply --offline --yes --expect",
    "destroy",
    "fmt --check",
    "history show 42",
    "import char",
    "import clip",
    "import 'clip.",
    "import 'still.",
    "log character.mossy",
    "migrate --from gpt-image-2",
    "prices sync",
    "queue",
    "profiles ./my-host.toml",
    "resolve batch",
    "resolve clip",
    "retry",
    "run ",
    "review --read",
    "show character.mossy",
    "state import",
    "state reconcile",
    "state unlock",
    "status --stage blocked",
)

SHOWN = sorted(
    {
        shlex.join(words)
        for block in blocks("sh", "bash", "console")
        for words in commands(block)
        if not shlex.join(words).startswith(_ENDLESS) or shlex.join(words).startswith(_ENDING)
    }
)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with everything rendered, in a git repository with a past."""
    root = tmp_path_factory.mktemp("docs") / "film"
    (root / "manifests").mkdir(parents=True)
    (root / "sorasync.toml").write_text(_CONFIG, encoding="utf-8")
    (root / "manifests" / "act-1.toml").write_text(_MANIFEST, encoding="utf-8")
    with chdir(root):
        assert run(["apply", "--yes"]) == ExitCode.DONE
        assert run(["pick", "market", "2"]) == ExitCode.DONE
        assert run(["apply", "--yes"]) == ExitCode.DONE
        assert run(["plan", "--out", "plan.json"]) == ExitCode.DONE
        assert run(["state", "export", "state.json"]) == ExitCode.DONE
        git = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*git, "add", "manifests", "sorasync.toml"], check=True)
        for message in ("One", "Two", "Three", "Four"):
            subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)
        subprocess.run([*git, "tag", "v1.2"], check=True)
    return root


@pytest.mark.heavy
@pytest.mark.parametrize("shown", SHOWN)
def test_a_command_that_a_page_shows_does_what_it_says(
    shown: str,
    rendered: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = tmp_path / "film"
    shutil.copytree(rendered, film)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with chdir(film):
        code = run(shlex.split(shown))
    said = "".join(capsys.readouterr())
    assert "Traceback" not in said and "this is a bug" not in said
    if shown.startswith(_REFUSED) and shown != "retry --failed":
        assert code in (ExitCode.ERROR, ExitCode.STALE), said
        assert re.search(r'error: |"error"|would be reformatted|nothing matches', said, re.IGNORECASE), said
    else:
        assert code in (ExitCode.DONE, ExitCode.CHANGES, ExitCode.DRIFT), said
