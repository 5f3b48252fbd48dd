"""Numbers with their nouns, and lists cut short."""

from __future__ import annotations

import pytest

from sorasync.text import and_more, close_match, counted


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 clips"),
        (1, "1 clip"),
        (2, "2 clips"),
        (1000, "1,000 clips"),
        (1.0, "1 clip"),
        (1.5, "1.5 clips"),
    ],
)
def test_only_one_is_singular(number: float, shown: str) -> None:
    assert counted(number, "clip") == shown


def test_a_plural_of_its_own_is_used() -> None:
    assert counted(1, "address", "addresses") == "1 address"
    assert counted(2, "address", "addresses") == "2 addresses"


@pytest.mark.parametrize(
    ("count", "shown"), [(0, ""), (2, "n0, n1"), (3, "n0, n1, n2"), (4, "n0, n1, n2 and 1 more")]
)
def test_a_list_is_cut_after_its_first_names(count: int, shown: str) -> None:
    assert and_more([f"n{number}" for number in range(count)], 3) == shown


def test_what_is_left_out_is_counted_with_its_noun() -> None:
    assert and_more(["a"] * 1205, 1) == "a and 1,204 more"
    assert and_more(["a", "b"], 1, "render") == "a and 1 more render"
    assert and_more(["a", "b", "c"], 1, "render") == "a and 2 more renders"


def test_the_word_that_was_meant_is_found_where_one_looks_alike() -> None:
    assert close_match("sedonds", ["size", "seconds"]) == "seconds"
    assert close_match("quay", ["size", "seconds"]) is None
