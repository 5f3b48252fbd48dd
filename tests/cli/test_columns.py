"""Labels that have to fit a narrow terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.cli.terminal.columns import cells, told_apart
from sorasync.cli.views.plan import plan_text
from sorasync.cli.views.status import status_text
from tests.cli.kit import Film

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


def variants(*cities: str) -> list[str]:
    moods = ("rainy and quiet", "sunny and loud")
    return [f"clip.promo[city={city},lens=wide-angle-35mm,mood={mood}]" for city in cities for mood in moods]


def test_variants_are_shortened_value_by_value() -> None:
    assert list(told_apart(variants("Lisbon by the harbour", "Osaka"), 46).values()) == [
        "clip.p…[city=Lisbon…,lens=wide-…,mood=rainy…]",
        "clip.p…[city=Lisbon…,lens=wide-…,mood=sunny…]",
        "clip.p…[city=Osaka,lens=wide-…,mood=rainy…]",
        "clip.p…[city=Osaka,lens=wide-…,mood=sunny…]",
    ]


def test_where_there_is_no_room_for_the_names_of_variables_their_values_are_left() -> None:
    labels = variants("Lisbon by the harbour", "Lisbon by the castle", "Osaka")
    assert list(told_apart(labels, 28).values())[1:4] == [
        "clip.…[Li…our,wide-…,sunny…]",
        "clip.…[Li…tle,wide-…,rainy…]",
        "clip.…[Li…tle,wide-…,sunny…]",
    ]


def test_what_cannot_be_told_apart_in_so_few_columns_stays_whole() -> None:
    labels = ["aaaa-1-bbbb-1-cccc", "aaaa-1-bbbb-2-cccc", "aaaa-2-bbbb-1-cccc"]
    assert told_apart(labels, 6) == {label: label for label in labels}


MATRIX = """
[clips.promo-for-the-autumn-campaign]
prompt = "A {{ mood }} street in {{ city }}."
matrix = { city = ["Lisbon by the old harbour", "Osaka"], mood = ["rainy and quiet", "sunny and loud"] }
"""


@pytest.mark.parametrize("width", [40, 64, 80, 120])
@pytest.mark.parametrize("command", ["plan", "status"])
def test_variants_stay_apart_and_nothing_is_wider_than_the_terminal(
    film: Callable[[str], Film], monkeypatch: pytest.MonkeyPatch, command: str, width: int
) -> None:
    for view in (plan_text, status_text):
        monkeypatch.setattr(view, "terminal_width", lambda: width)
    monkeypatch.setattr(status_text, "screen_width", lambda: width)
    out = film(MATRIX).run(command).out.splitlines()
    assert [line for line in out if cells(line) > width and "sorasync" not in line] == []
    addresses = [line[: line.index("]")] for line in out if "]" in line]
    assert len(addresses) == len(set(addresses)) == 4
    assert all("Lis" in line or "Osa" in line for line in addresses)
