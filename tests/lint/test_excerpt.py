"""What a terminal shows of a source line: as much as it holds, with the caret below the right columns."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.cli.terminal.columns import cells
from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text
from sorasync.cli.views.diagnostics.excerpt import excerpt
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity

ROOM = 75
WORDS = st.text(st.sampled_from("ab 東京e\u0301🎬\t"), max_size=300)


@given(WORDS, st.text("xy東", min_size=1, max_size=100), WORDS, st.integers(20, 120))
def test_the_caret_stands_below_the_fault_and_nothing_is_wider_than_the_room(
    before: str, fault: str, after: str, room: int
) -> None:
    shown = excerpt(before + fault + after, len(before), len(before) + len(fault), room)
    assert cells(shown.line) <= room
    assert 1 <= shown.marked <= room - shown.before
    assert f"{fault[0]}" in shown.line
    head = next(n for n in range(len(shown.line) + 1) if cells(shown.line[:n]) == shown.before)
    assert shown.line[head:].lstrip("\u0301").startswith(fault[0])


def test_a_line_that_fits_is_shown_as_it_is() -> None:
    assert excerpt("seconds = 7", 10, 11, ROOM).line == "seconds = 7"


@pytest.mark.parametrize("length", [0, 1_000_000])
def test_a_fault_far_into_an_endless_line_is_in_the_middle_of_what_is_shown(length: int) -> None:
    shown = excerpt("a " * 500 + "epic" + " b" * length, 1000, 1004, ROOM)
    assert shown.line[shown.before :].startswith("epic")
    assert shown.marked == 4
    assert shown.line.startswith("…")
    assert shown.line.endswith("…" if length else "epic")


FAULT = Diagnostic(
    "S103",
    Severity.ERROR,
    "unknown key `second`, which stands in a table that has a great many other keys",
    Position("manifests/act-one.toml", 3, 1, 7),
    "clip.a",
    ", ".join(f"key-{n}" for n in range(40)),
    "seconds",
    "second = 8 # " + "so " * 60,
)


@pytest.mark.parametrize("width", [40, 80, 132])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    lines = [line for block in diagnostics_text([FAULT], width) for line in block.split("\n")]
    assert max(cells(click.unstyle(line)) for line in lines) <= width
    text = " ".join(" ".join(lines).split())
    assert f"expected: {FAULT.expected}" in text
    assert FAULT.message in click.unstyle(text)


def test_sentences_stay_on_one_line_where_there_is_no_terminal() -> None:
    block, _ = diagnostics_text([FAULT])
    assert f"    expected: {FAULT.expected}" in block.split("\n")


def test_an_empty_line_has_its_caret_too() -> None:
    one = replace(FAULT, position=Position("a.toml", 7, 1, 1), source="")
    block, _ = diagnostics_text([one], 80)
    assert "\n  7 | \n    | " in click.unstyle(block)
