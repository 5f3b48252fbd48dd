"""Every kind of broken library says what is wrong, where, and what would be right.

Each directory of `broken/` is a library; `expected.txt` in it holds its diagnostics. With
`SORASYNC_REWRITE=1` in the environment the files are written instead of compared.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sorasync.manifest.codes import CODES
from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.manifest.load import load

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.name for path in BROKEN.iterdir() if path.is_dir())


def diagnostics_of(root: Path) -> list[Diagnostic]:
    """The diagnostics that a broken library is refused with."""
    with pytest.raises(ManifestError) as refused:
        load(root, load_config(root))
    return refused.value.diagnostics


def as_text(diagnostic: Diagnostic) -> str:
    """A diagnostic as the expected files hold it, with a mark under the place."""
    at = diagnostic.position
    assert at is not None
    lines = [f"{at.file}:{at.line}:{at.column}-{at.end_column} {diagnostic.code} {diagnostic.message}"]
    if diagnostic.source is not None and len(diagnostic.source) <= 100:
        lines.append(f"    | {diagnostic.source}")
        lines.append(f"    | {' ' * (at.column - 1)}{'^' * max(at.end_column - at.column, 1)}")
    for name in ("address", "expected", "fix"):
        value = getattr(diagnostic, name)
        if value is not None:
            lines.append(f"    {name}: {value}")
    return "\n".join(line.rstrip() for line in lines)


@pytest.mark.parametrize("case", CASES)
def test_a_broken_library_is_refused_with_these_words(case: str) -> None:
    text = "\n\n".join(as_text(diagnostic) for diagnostic in diagnostics_of(BROKEN / case)) + "\n"
    expected = BROKEN / case / "expected.txt"
    if os.environ.get("SORASYNC_REWRITE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_every_diagnostic_has_a_known_code_and_shows_no_secret(case: str) -> None:
    found = diagnostics_of(BROKEN / case)
    assert found == sorted(found, key=Diagnostic.sort_key)
    assert {diagnostic.code for diagnostic in found} <= set(CODES)
    assert "canary" not in repr(found)


def test_every_code_of_the_language_has_a_case() -> None:
    texts = [(BROKEN / case / "expected.txt").read_text(encoding="utf-8") for case in CASES]
    unseen = {code for code in CODES if not any(f" {code} " in text for text in texts)}
    assert unseen == {"S117"}, "S117 needs a chosen environment: see test_config.py"
