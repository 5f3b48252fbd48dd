"""The pages for developers name files and folders that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_file_that_the_page_names_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_/]+\.py)`", text))
    assert len(named) > 30
    places = (ROOT / "sorasync", ROOT / "tests/architecture", ROOT)
    assert {name for name in named if not any((place / name).is_file() for place in places)} == set()


def test_every_folder_of_tests_has_its_line() -> None:
    text = (ROOT / "tests/README.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([a-z_]+)` \| [^|`]", text, re.MULTILINE))
    folders = {path.name for path in (ROOT / "tests").iterdir() if (path / "__init__.py").is_file()}
    assert folders - described == set()
    harnesses = re.findall(r"^\| `\w+`[^|]* \| `([a-z_/]+\.py)` \|", text, re.MULTILINE)
    assert len(harnesses) > 5
    assert [name for name in harnesses if not (ROOT / "tests" / name).is_file()] == []
