"""The lint, and showing what it finds, take work in proportion to the library."""

from __future__ import annotations

from pathlib import Path

from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.manifest.lint import lint
from tests.effort import calls
from tests.lint.kit import library

MANY = 2_000
PROMPT = (
    "Shot {n}: a red kite drifts over the harbour at dusk, slow push-in, warm lamps. Two gulls land, "
    "and a boat slides out into the fog. Palette of coral, midnight, plum and amber, light from the left."
)


def manifest(count: int, more: str = "") -> str:
    """Clips that differ in one word each."""
    return "".join(f'[clips.c{n}]\nprompt = "{PROMPT.format(n=n)}{more}"\n' for n in range(count))


def test_a_clip_with_nothing_to_find_is_little_work(tmp_path: Path) -> None:
    loaded = library(tmp_path, manifest(MANY))
    assert lint(loaded) == ()
    assert calls(lambda: lint(loaded)) < 200 * MANY


def test_ten_times_the_findings_are_about_ten_times_the_work(tmp_path: Path) -> None:
    few, many = (
        library(tmp_path / str(count), manifest(count, " An epic one, 4K.")) for count in (100, 1_000)
    )
    assert len(lint(many)) == 2_000
    assert calls(lambda: lint(many)) < 12 * calls(lambda: lint(few))


def test_a_look_at_no_clip_is_next_to_no_work(tmp_path: Path) -> None:
    loaded = library(tmp_path, manifest(MANY))
    assert lint(loaded, only=[]) == ()
    assert calls(lambda: lint(loaded, only=[])) < 8 * MANY


def test_ten_times_the_faults_are_about_ten_times_the_work_to_show() -> None:
    def shown(count: int) -> int:
        return len(list(diagnostics_text(list(map(fault, range(count))))))

    assert shown(MANY) == MANY + 1
    assert calls(lambda: shown(MANY)) < 12 * calls(lambda: shown(MANY // 10))


def fault(line: int) -> Diagnostic:
    """One of many."""
    place = Position("a.toml", line, 1, 5)
    return Diagnostic("S104", Severity.ERROR, f"wrong {line}", place, f"clip.c{line}", source="size")
