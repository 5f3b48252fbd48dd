"""Prices by tier, by length, by sound, by token and by credit, and what plans make of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.profile import Profile, ProfileError, load_profile
from sorasync.profile.video_model import Model, price_name

SILENT = {"generate_audio": False}


def priced(prices: dict[str, object]) -> Profile:
    model = {"sizes": ["1280x720", "1920x1080"], "prices": prices}
    words = {"silent": SILENT, "flex": {"tier": "flex"}}
    return load_profile("openai", overrides={"models": {"m": model}, "price_words": words})


@pytest.mark.parametrize(
    ("prices", "seconds", "params", "cost"),
    [
        ({"*": 1}, 5, {}, 5),
        ({"*": 1, "720p": 2}, 5, {}, 10),
        ({"720p": 2, "1280x720": 3}, 5, {}, 15),
        ({"*": 1, "* 5s": 4}, 5, {}, 4),
        ({"*": 1, "* 5s": 4}, 6, {}, 6),
        ({"* 5s": 4}, 6, {}, None),
        ({"720p": 2, "* 5s": 4}, 5, {}, 4),
        ({"* 5s": 4, "720p 5s": 3}, 5, {}, 3),
        ({"*": 2, "* silent": 1}, 5, SILENT, 5),
        ({"*": 2, "* silent": 1}, 5, {"generate_audio": True}, 10),
        ({"*": 2, "* silent": 1}, 5, {}, 10),
        ({"*": 4, "* silent": 3, "* flex": 2, "* silent flex": 1}, 5, SILENT | {"tier": "flex"}, 5),
        ({"720p 5s": 4, "* silent": 1}, 5, SILENT, 5),
        ({"720p 5s silent": 4, "* silent": 1}, 5, SILENT, 4),
        ({"1080p": 2}, 5, {}, None),
    ],
)
def test_the_name_that_says_most_of_a_render_counts(
    prices: dict[str, object], seconds: int, params: dict[str, object], cost: int | None
) -> None:
    found = priced(prices).create_cost("m", "1280x720", seconds, params=params)
    assert found == (None if cost is None else Decimal(cost))


def test_a_batch_and_a_first_frame_count_on_top_of_any_of_them() -> None:
    model = {"prices": {"* 5s": 4}, "image_price": "0.5", "batch_factor": "0.5"}
    profile = load_profile("openai", overrides={"models": {"m": model}})
    assert profile.create_cost("m", "1280x720", 5, True, True) == Decimal("2.25")


def test_tokens_are_counted_from_the_pixels_of_all_frames() -> None:
    ark = load_profile("ark")
    fast = "doubao-seedance-2-0-fast-260128"
    assert ark.create_cost(fast, "1280x720", 5) == Decimal("0.5709")  # 108,000 tokens at $5.285714
    assert ark.create_cost(fast, "864x496", 5) == Decimal("0.2654")
    dear = ark.create_cost("doubao-seedance-2-0-260128", "1920x1080", 1)
    assert dear is not None and round(dear, 3) == Decimal("0.354")


def test_prices_in_credits_are_worth_what_the_host_takes_for_one() -> None:
    assert load_profile("runway").create_cost("gen4.5", "1280x720", 10) == Decimal("1.20")
    with pytest.raises(ProfileError, match=r"models\.ray-2\.prices\.\*"):
        load_profile("luma", overrides={"models": {"ray-2": {"prices": {"*": "12 credits"}}}})


def test_sound_is_priced_at_fal() -> None:
    fal = load_profile("fal")
    costs = [fal.create_cost("fal-ai/veo3/fast", "1920x1080", 8, params=params) for params in ({}, SILENT)]
    assert costs == [Decimal("1.20"), Decimal("0.80")]


@pytest.mark.parametrize("name", ["720", "720p 5", "720p  5s", "720p 0s", "* Silent", "", "* 5s 6s", "x"])
def test_a_name_that_no_price_can_have_is_refused(name: str) -> None:
    with pytest.raises(ProfileError, match="a size, a tier such as 720p"):
        priced({name: 1})


@pytest.mark.parametrize(("profile", "model"), [("openai", "sora-2"), ("luma", "ray-2")])
def test_a_word_that_nothing_explains_is_refused(profile: str, model: str) -> None:
    with pytest.raises(ProfileError, match="quiet is not among price_words"):
        load_profile(profile, overrides={"models": {model: {"prices": {"* quiet": 1}}}})


NAMES = st.builds(
    lambda size, seconds, words: " ".join(filter(None, [size, seconds, *sorted(words)])),
    st.sampled_from(["*", "720p", "1280x720", "1080p"]),
    st.sampled_from([None, "4s", "8s"]),
    st.frozensets(st.sampled_from(["silent", "flex"])),
)


@given(
    st.dictionaries(NAMES, st.integers(1, 9), max_size=8),
    st.sampled_from([4, 8]),
    st.frozensets(st.sampled_from(["silent", "flex"])),
)
def test_a_price_is_found_whenever_one_fits_and_is_one_of_those(
    prices: dict[str, int], seconds: int, words: frozenset[str]
) -> None:
    model = Model.model_validate({"prices": prices})
    fitting = [
        price if named.seconds else price * seconds
        for name, price in prices.items()
        if (named := price_name(name)).size in ("*", "720p", "1280x720")
        and named.seconds in (None, seconds)
        and named.words <= words
    ]
    found = model.cost("1280x720", seconds, words)
    assert found in fitting if fitting else found is None
