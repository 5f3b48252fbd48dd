"""The lint, and showing what it finds, take time in proportion to the library."""

from __future__ import annotations

from pathlib import Path
from time import process_time

from sorasync.cli.diagnostic_text import diagnostics_text
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.manifest.lint import lint
from tests.lint.kit import library

MANY = 10_000
PROMPT = (
    "Shot {n}: a red kite drifts over the harbour at dusk, slow push-in, warm lamps. Two gulls land, "
    "and a boat slides out into the fog. Palette of coral, midnight, plum and amber, light from the left."
)


def manifest(count: int, more: str = "") -> str:
    """Clips that differ in one word each."""
    return "".join(f'[clips.c{n}]\nprompt = "{PROMPT.format(n=n)}{more}"\n' for n in range(count))


def test_ten_thousand_clips_are_looked_at_in_no_time(tmp_path: Path) -> None:
    loaded = library(tmp_path, manifest(MANY))
    start = process_time()
    assert lint(loaded) == ()
    assert process_time() - start < 2, "0.3 s where nothing else runs"


def test_ten_times_the_findings_take_about_ten_times_as_long(tmp_path: Path) -> None:
    taken = []
    for count in (300, 3_000):
        loaded = library(tmp_path / str(count), manifest(count, " An epic one, 4K."))
        start = process_time()
        assert len(lint(loaded)) == 2 * count
        taken.append(process_time() - start)
    assert taken[1] < 25 * taken[0]


def test_a_look_at_no_clip_costs_nothing(tmp_path: Path) -> None:
    loaded = library(tmp_path, manifest(MANY))
    start = process_time()
    assert lint(loaded, only=[]) == ()
    assert process_time() - start < 0.1


def test_ten_thousand_faults_are_shown_quickly() -> None:
    faults = [
        Diagnostic(
            "S104", Severity.ERROR, f"wrong {n}", Position("a.toml", n, 1, 5), f"clip.c{n}", source="size"
        )
        for n in range(MANY)
    ]
    start = process_time()
    assert len(list(diagnostics_text(faults))) == MANY + 1
    assert process_time() - start < 2, "0.2 s where nothing else runs"
