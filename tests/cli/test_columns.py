"""Labels that have to fit a narrow terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sorasync.cli.terminal.columns import cells, told_apart

LABELS = st.lists(st.text("ab船[=,]#1", min_size=1, max_size=40), unique=True, max_size=12)


@given(LABELS, st.integers(5, 50))
def test_no_two_labels_ever_look_alike(labels: list[str], width: int) -> None:
    shown = told_apart(labels, width)
    assert set(shown) == set(labels)
    assert len(set(shown.values())) == len(labels)


@given(LABELS, st.integers(5, 50))
def test_a_label_that_fits_is_whole_and_a_shortened_one_fits(labels: list[str], width: int) -> None:
    for label, text in told_apart(labels, width).items():
        assert text == label if cells(label) <= width else text == label or cells(text) <= width


def test_variants_are_shortened_around_what_tells_them_apart() -> None:
    labels = [f"clip.promo[city={city},mood=rainy,lens=wide-angle-35mm]" for city in ("Lisbon", "Osaka")]
    assert list(told_apart(labels, 32).values()) == [
        "clip.promo[city=L…de-angle-35mm]",
        "clip.promo[city=O…de-angle-35mm]",
    ]


def test_what_cannot_be_told_apart_in_so_few_columns_stays_whole() -> None:
    labels = ["aaaa-1-bbbb-1-cccc", "aaaa-1-bbbb-2-cccc", "aaaa-2-bbbb-1-cccc"]
    assert told_apart(labels, 6) == {label: label for label in labels}
