"""Addresses are read as they are written, and sorted as people count."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.errors import SorasyncError
from sorasync.graph import address as addresses
from sorasync.graph.address import Address, parse

names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,20}(\[[a-z]+=[^\[\]#,=/\n]{1,9}\])?\Z")


@given(names, st.integers(1, 999_999), st.integers(1, 999_999))
def test_every_address_is_read_as_it_was_written(name: str, take: int, step: int) -> None:
    clip = name if not name.startswith("[") else "a"
    for text in (f"clip.{clip}", addresses.take(clip, take), addresses.step(clip, take, step)):
        assert str(parse(text)) == text
        assert parse(text).owner == addresses.owner(text) == f"clip.{clip}"
        assert addresses.owner(text) + addresses.suffix(text) == text
    assert parse(f"clip.{clip}/{step}") == Address("clip", clip, None, step)


def test_the_parts_of_an_address() -> None:
    assert parse("clip.promo[city=Lisbon,mood=a b]#2/1") == Address(
        "clip", "promo[city=Lisbon,mood=a b]", 2, 1
    )
    assert parse("character.mossy") == Address("character", "mossy")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "market",
        "clip.",
        "clip.a#0",
        "clip.a#",
        "clip.a/0",
        "clip.a#1/",
        "clip.a[b",
        "clip.a#x",
        "character.a#1",
        "film.a",
        "clip.a#1#2",
        " clip.a",
        "clip.a#01",
        "character.",
    ],
)
def test_anything_else_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(SorasyncError, match="is not an address") as refused:
        parse(text)
    assert refused.value.hint is not None


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8)), st.randoms(use_true_random=False))
def test_any_names_can_be_sorted_and_only_their_text_decides(texts: list[str], chance: random.Random) -> None:
    shuffled = list(texts)
    chance.shuffle(shuffled)
    assert sorted(shuffled, key=addresses.natural) == sorted(texts, key=addresses.natural)


@given(st.lists(st.text("ab-_]01289٣", max_size=8)))
def test_names_are_sorted_by_their_texts_and_numbers_in_turn(names: list[str]) -> None:
    def in_turn(name: str) -> tuple[list[str | int], str]:
        parts: list[str | int] = list(re.split(r"(\d+)", name))
        parts[1::2] = map(int, parts[1::2])
        return parts, name

    assert sorted(names, key=addresses.natural) == sorted(names, key=in_turn)


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["shot-10", "shot", "shot-2", "shot-02", "10", "9b", "shot-2-b"]
    assert sorted(names, key=addresses.natural) == [
        "9b",
        "10",
        "shot",
        "shot-02",
        "shot-2",
        "shot-2-b",
        "shot-10",
    ]
