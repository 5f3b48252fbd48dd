"""Layout of a prompt decides nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.manifest.text import normalise

LAYOUT = st.text(alphabet=" \t\n\rab\u00e9\u3000", max_size=60)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("one", "one"),
        ("  one  two\t three ", "one two three"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\n\n  one\n    two  \n\n\n\n  three\n\n", "one\ntwo\n\nthree"),
        ("one \n \t \n two", "one\n\ntwo"),
        (" \n\t ", ""),
    ],
)
def test_layout_is_taken_out(written: str, meant: str) -> None:
    assert normalise(written) == meant


@given(LAYOUT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(LAYOUT)
def test_words_and_their_order_stay(text: str) -> None:
    assert normalise(text).split() == text.split()


@given(st.lists(st.text(alphabet="abc", min_size=1), min_size=1), st.integers(0, 4))
def test_indenting_and_line_endings_change_nothing(lines: list[str], depth: int) -> None:
    indented = "".join(" " * depth + line + "\r\n" for line in lines)
    assert normalise(indented) == normalise("\n".join(lines))
