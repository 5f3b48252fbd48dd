"""The word diff of two prompts."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.plan.word_diff import Piece, shortened, word_diff

texts = st.lists(st.sampled_from(("a", "lake", "at", "dawn", "–", "大")), max_size=30).map(" ".join)


def side(pieces: list[Piece], ops: str) -> list[str]:
    """The words of the pieces with one of those signs."""
    return [word for op, text in pieces if op in ops for word in text.split()]


@given(texts, texts)
def test_kept_and_added_words_are_the_new_text_kept_and_removed_ones_the_old(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert side(pieces, "=-") == before.split()
    assert side(pieces, "=+") == after.split()
    assert all(text for _, text in pieces)
    assert all(one.op != other.op for one, other in itertools.pairwise(pieces))


@given(texts)
def test_the_same_text_is_one_kept_piece(text: str) -> None:
    assert word_diff(text, "  " + text.replace(" ", "\n")) == ([Piece("=", text)] if text else [])


def test_a_changed_word_stands_beside_what_it_was() -> None:
    assert word_diff("a lake at dawn", "a wide lake at dusk") == [
        Piece("=", "a"),
        Piece("+", "wide"),
        Piece("=", "lake at"),
        Piece("-", "dawn"),
        Piece("+", "dusk"),
    ]


@pytest.mark.parametrize("vocabulary", [1, 2, 50, 2_000])
def test_the_longest_prompts_of_any_vocabulary_have_a_diff(vocabulary: int) -> None:
    """16,000 words of one letter fill a prompt; a matcher that compares them all would take minutes."""
    chance = random.Random(1)
    before = [str(chance.randrange(vocabulary)) for _ in range(16_000)]
    after = [str(chance.randrange(vocabulary)) for _ in range(16_000)]
    pieces = word_diff(" ".join(before), " ".join(after))
    assert side(pieces, "=-") == before
    assert side(pieces, "=+") == after


def test_two_small_edits_far_apart_in_a_long_prompt_are_two_small_edits() -> None:
    words = [f"word{n % 900}" for n in range(5_000)]
    edited = ["new", *words[1:-1], "last"]
    pieces = word_diff(" ".join(words), " ".join(edited))
    assert [op for op, _ in pieces] == ["-", "+", "=", "-", "+"]
    assert sum(len(text.split()) for op, text in pieces if op != "=") == 4


@given(texts, texts)
def test_shortening_leaves_out_kept_words_only(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    short = shortened(pieces, context=2)
    assert [piece for piece in short if piece.op != "="] == [piece for piece in pieces if piece.op != "="]
    assert all(len(piece.text.split()) <= 5 for piece in short if piece.op == "=")


def test_shortening_keeps_the_words_beside_what_changed() -> None:
    pieces = word_diff("1 2 3 4 5 6 x 1 2 3 4 5 6 7", "1 2 3 4 5 6 y 1 2 3 4 5 6 7")
    assert [piece.text for piece in shortened(pieces, context=2)] == ["… 5 6", "x", "y", "1 2 …"]
