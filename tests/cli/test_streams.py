"""Output that goes to something that is no UTF-8, that is full, or that nobody has opened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = """\
[clips.pier]
prompt = "Der Wind dreht — am Ufer."
[clips.promo]
prompt = "A street in {{ city }}."
matrix = { city = ["Lima", "東京"] }
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A library with more signs than most encodings have."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text('[library]\nname = "Füchse 狐"\n', encoding="utf-8")
    (tmp_path / "manifests" / "a.toml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def sorasync(
    film: Path, *words: str, out: str | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a shell would; `out` is a redirection."""
    command = [sys.executable, "-m", "sorasync", "--library", str(film), *words]
    script = 'exec "$@"' + (f" {out}" if out else "")
    inherited = {"PATH": "/usr/bin:/bin", "HOME": str(film)}
    return subprocess.run(
        ["/bin/sh", "-c", script, "sh", *command],
        capture_output=True,
        check=False,
        env=inherited | environment,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "latin-1", "ascii"])
def test_what_an_encoding_lacks_is_replaced(encoding: str, film: Path) -> None:
    done = sorasync(film, "plan", "--offline", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"clip.promo[city=Lima]" in done.stdout
    lossless = sorasync(film, "plan", "--offline", "--format", "json", PYTHONIOENCODING=encoding)
    addresses = [change["address"] for change in json.loads(lossless.stdout.decode(encoding))["changes"]]
    assert "clip.promo[city=東京]" in addresses


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("words", [("plan", "--offline"), ("status",), ("validate",), ("explain", "S106")])
def test_a_full_disk_behind_the_output_is_one_short_error(
    words: tuple[str, ...], format: str, film: Path
) -> None:
    done = sorasync(film, *words, "--format", format, out="> /dev/full")
    assert done.returncode == 1
    first, *others = done.stderr.decode().splitlines()
    assert first == "error: No space left on device" and len(others) == 1


@pytest.mark.parametrize("out", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("words", "code"), [(("validate",), 0), (("show", "clip.none"), 1)])
def test_a_command_does_its_work_where_nobody_listens(
    words: tuple[str, ...], code: int, out: str, film: Path
) -> None:
    done = sorasync(film, *words, out=out)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr and b"bug" not in done.stderr


def test_joiners_are_shown_where_they_join(film: Path) -> None:
    text = "پرنده\u200cای بام می\u200cنشیند، 👩\u200d🚀, sp\u200dy, \u200c\u202eevil"
    (film / "manifests" / "a.toml").write_text(f'[clips.a]\nprompt = "{text}"\n', encoding="utf-8")
    shown = sorasync(film, "show", "clip.a", PYTHONIOENCODING="utf-8").stdout.decode()
    assert "پرنده\u200cای بام می\u200cنشیند، 👩\u200d🚀, sp\ufffdy, \ufffd\ufffdevil" in shown
