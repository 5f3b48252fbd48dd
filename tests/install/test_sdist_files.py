"""What is built from a checkout: the files of an sdist, and the text that an index shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from hatchling.builders.sdist import SdistBuilder

from tests.docs.pages import ROOT

# What `make` and the program leave in a checkout. A database of theirs says what was paid for, and where.
_LEFT = (
    ".cache/1093",
    ".mypy_cache/3.11/x.json",
    ".venv/bin/python",
    "assets/first.mp4",
    "dist/sorasync-0.1.0.tar.gz",
    "site/index.html",
    "state/preview/videos/video_1.mp4",
    "state/sorasync.db",
    "state/sorasync.db-wal",
)


def test_it_holds_nothing_that_commands_leave_in_a_checkout(tmp_path: Path) -> None:
    for name in (
        ".gitignore",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "state/.gitignore",
        "state/README.md",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/index_readme.py", tmp_path / "scripts")
    (tmp_path / "sorasync").mkdir()
    shutil.copy(ROOT / "sorasync/__init__.py", tmp_path / "sorasync")
    for name in _LEFT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    held = {one.distribution_path for one in SdistBuilder(str(tmp_path)).recurse_included_files()}
    assert held & {*_LEFT} == set()
    assert held >= {"sorasync/__init__.py", "state/README.md", "pyproject.toml"}


def test_the_page_of_an_index_has_no_link_into_the_checkout() -> None:
    command = [sys.executable, "-m", "hatchling", "metadata", "readme"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"\]\(([^)]*)\)", shown)
    assert [target for target in targets if not target.startswith("https://")] == []
    assert "docs/tutorial.md" in shown and "sorasync plan" in shown
