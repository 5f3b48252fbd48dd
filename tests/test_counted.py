"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from sorasync.counted import counted


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
