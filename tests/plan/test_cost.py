"""Prices: added up without taking an unknown one for nothing, and written as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.plan.cost import Total, money, total

prices = st.lists(st.none() | st.decimals(0, 1000, places=4))


@given(prices)
def test_known_prices_add_up_exactly_and_unknown_ones_are_counted(given_prices: list[Decimal | None]) -> None:
    known = [price for price in given_prices if price is not None]
    assert total(given_prices) == Total(sum(known, Decimal(0)), len(given_prices) - len(known))


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("0", "$0.00"),
        ("3.2", "$3.20"),
        ("0.10", "$0.10"),
        ("0.005", "$0.005"),
        ("1200", "$1200.00"),
        (None, "$?"),
    ],
)
def test_a_price_has_two_places_or_as_many_as_it_needs(price: str | None, text: str) -> None:
    assert money(None if price is None else Decimal(price)) == text


@pytest.mark.parametrize(
    ("known", "unknown", "text"),
    [("0", 0, "$0.00"), ("3.2", 0, "$3.20"), ("0", 2, "$?"), ("3.2", 2, "$3.20 + $?")],
)
def test_a_sum_says_that_a_part_of_it_is_unknown(known: str, unknown: int, text: str) -> None:
    assert str(Total(Decimal(known), unknown)) == text
