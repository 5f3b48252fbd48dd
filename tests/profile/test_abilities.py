"""What a profile says a host cannot do, and what a render costs there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.profile import Lack, Profile, SecondsRange, load_profile
from sorasync.profile.video_model import Model, Seconds, nearest_seconds, offers_seconds, tier_of

OPENAI = load_profile("openai")
VLLM = load_profile("vllm-omni")
SECONDS: st.SearchStrategy[Seconds] = st.lists(st.integers(1, 60), min_size=1, max_size=5).map(
    tuple
) | st.builds(
    lambda low, more, step: SecondsRange(min=low, max=low + more, step=step),
    st.integers(1, 30),
    st.integers(0, 30),
    st.integers(1, 7),
)


def fields(lacks: list[Lack]) -> list[str]:
    return [lack.field for lack in lacks]


def create(profile: Profile = OPENAI, **more: object) -> list[Lack]:
    asked: dict[str, object] = {"model": "sora-2", "size": "1280x720", "seconds": 8} | more
    return profile.check_create(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "size", "seconds", "batch", "cost"),
    [
        ("sora-2", "1280x720", 8, False, "0.80"),
        ("sora-2", "1280x720", 8, True, "0.40"),
        ("sora-2-2025-12-08", "720x1280", 4, False, "0.40"),
        ("sora-2-pro", "720x1280", 4, False, "1.20"),
        ("sora-2-pro", "1792x1024", 12, False, "6.00"),
        ("sora-2-pro", "1920x1080", 20, True, "7.00"),
        ("sora-2", "1920x1080", 8, False, None),
        ("nobody", "1280x720", 8, False, None),
        (None, "1280x720", 8, False, None),
    ],
)
def test_a_render_costs_its_seconds(
    model: str | None, size: str, seconds: int, batch: bool, cost: str | None
) -> None:
    found = OPENAI.create_cost(model, size, seconds, batch)
    assert found == (None if cost is None else Decimal(cost))


def test_a_first_frame_may_cost_something_of_its_own() -> None:
    xai = load_profile("xai")
    assert xai.create_cost("grok-imagine-video", "854x480", 1, image=True) == Decimal("0.052")
    assert xai.create_cost("grok-imagine-video", "854x480", 1) == Decimal("0.05")
    assert OPENAI.create_cost("sora-2", "1280x720", 4, image=True) == Decimal("0.40")


def test_an_extension_costs_what_it_adds_an_edit_the_whole_and_a_character_nothing() -> None:
    assert OPENAI.extend_cost("sora-2", "1280x720", 8, 20) == Decimal("0.80")
    assert OPENAI.edit_cost("sora-2", "1280x720", 28) == Decimal("2.80")
    whole = load_profile("openai", overrides={"billing": {"extend": "whole", "edit": "none"}})
    assert whole.extend_cost("sora-2", "1280x720", 8, 20) == Decimal("2.80")
    assert whole.extend_cost("sora-2", "1280x720", 8) is None
    assert whole.edit_cost(None, None, None) == 0


def test_what_is_not_known_is_never_nothing() -> None:
    assert VLLM.create_cost("wan", "1280x720", 4) is None
    assert OPENAI.edit_cost("sora-2", "1280x720", None) is None
    assert load_profile("xai").create_cost("grok-imagine-video", "1280x720", 8, batch=True) is None


def test_what_the_host_offers_lacks_nothing() -> None:
    assert create(prompt="x" * 32_000, characters=2, image=True) == []


def test_all_lacks_are_told_at_once_with_what_would_do() -> None:
    lacks = create(size="1920x1080", seconds=9, prompt="x" * 32_001, characters=3, params={"seed": 1})
    assert fields(lacks) == ["size", "seconds", "prompt", "characters", "params.seed"]
    assert (lacks[0].fix, lacks[1].fix) == ("1280x720", "8")
    assert lacks[0].expected == "720x1280, 1280x720" and lacks[1].expected == "4, 8, 12, 16, 20"


def test_an_unknown_model_is_told_with_the_nearest() -> None:
    (lack,) = create(model="sora2-pro")
    assert (lack.field, lack.fix) == ("model", "sora-2-pro")


def test_a_size_is_mended_within_its_orientation() -> None:
    pro = create(model="sora-2-pro", size="1000x1900")
    assert pro[0].fix in ("1024x1792", "1080x1920")


def test_a_host_of_its_own_models_takes_any_size_that_is_one() -> None:
    assert create(VLLM, model="wan2.2", size="832x480", seconds=7) == []
    assert fields(create(VLLM, model="wan2.2", size="big")) == ["size"]


def test_characters_and_images_need_a_host_that_takes_them() -> None:
    assert fields(create(VLLM, characters=1)) == ["characters"]
    plain = load_profile("openai", overrides={"abilities": {"image_by": []}})
    assert fields(create(plain, image=True)) == ["image"]
    by_file = load_profile("openai", overrides={"abilities": {"image_by": ["file"]}})
    assert fields(create(by_file, image=True, characters=1)) == ["image"]
    no_image = load_profile("openai", overrides={"models": {"sora-2": {"image": False}}})
    assert fields(create(no_image, image=True)) == ["image"]


@pytest.mark.parametrize(
    ("params", "lacks"),
    [
        ({"seed": 3, "guidance_scale": 7, "lora": {"a": 1}}, []),
        ({"seed": "3"}, ["params.seed"]),
        ({"seed": True}, ["params.seed"]),
        ({"guidance_scale": 7.5, "generate_sound": False}, []),
        ({"sed": 3}, ["params.sed"]),
    ],
)
def test_parameters_are_held_against_their_types(params: dict[str, object], lacks: list[str]) -> None:
    found = create(VLLM, model="wan", params=params)
    assert fields(found) == lacks
    if "sed" in params:
        assert found[0].fix == "seed"


def test_steps_stay_within_the_limits() -> None:
    assert OPENAI.check_step("extend", seconds=20, extensions=5, total_seconds=100, prompt="Go on.") == []
    assert fields(OPENAI.check_step("extend", seconds=5)) == ["seconds"]
    assert fields(OPENAI.check_step("extend", seconds=8, extensions=6)) == ["extend"]
    assert fields(OPENAI.check_step("extend", seconds=8, total_seconds=116)) == ["seconds"]
    assert OPENAI.check_step("edit", total_seconds=120) == []


def test_steps_need_a_host_that_has_them() -> None:
    assert fields(VLLM.check_step("extend", seconds=3)) == ["extend"]
    assert fields(VLLM.check_step("edit")) == ["edit"]
    gateway = load_profile("new-api")
    assert gateway.check_step("edit") == [], "a remix is an edit"
    assert fields(load_profile("litellm").check_step("extend", seconds=4, source_is_file=True)) == ["extend"]
    assert OPENAI.check_step("extend", seconds=4, source_is_file=True) == []


def test_a_source_longer_than_the_host_takes_is_told() -> None:
    assert fields(load_profile("xai").check_step("edit", total_seconds=16)) == ["edit"]
    assert load_profile("xai").check_step("extend", seconds=6, total_seconds=15) == []


def test_characters_have_names_of_a_length_and_clips_of_a_shape() -> None:
    assert OPENAI.check_character("Mossy") == []
    assert fields(OPENAI.check_character("x" * 81)) == fields(OPENAI.check_character("")) == ["name"]
    assert fields(VLLM.check_character("Mossy")) == ["characters"]
    assert OPENAI.clip_advice(3.0, 1280, 720) == [] == OPENAI.clip_advice(2.0, 480, 854)
    assert len(OPENAI.clip_advice(9.0, 1000, 1000)) == 2


@given(SECONDS, st.integers(1, 200))
def test_the_nearest_length_is_on_offer_and_no_other_is_nearer(offered: Seconds, asked: int) -> None:
    found = nearest_seconds(offered, asked)
    assert found is not None and offers_seconds(offered, found)
    if offers_seconds(offered, asked):
        assert found == asked


@given(st.integers(1, 120), st.integers(1, 120))
def test_cost_is_linear_in_seconds(one: int, other: int) -> None:
    both = OPENAI.create_cost("sora-2", "1280x720", one + other)
    parts = [OPENAI.create_cost("sora-2", "1280x720", seconds) for seconds in (one, other)]
    assert both == sum((part for part in parts if part is not None), Decimal(0))


RAPID = load_profile("rapid-mlx")


@pytest.mark.parametrize(
    ("size", "seconds", "lacks"),
    [
        ("768x512", 4, []),
        ("1280x720", 1, []),
        ("512x512", 4, []),
        ("1280x720", 2, [("seconds", "1")]),
        ("768x512", 5, [("seconds", "4")]),
        ("1920x1920", 1, [("size", None)]),
        ("800x500", 1, [("size", "768x512")]),
        ("192x192", 1, [("size", "1280x720")]),
        ("768x512", 21, [("seconds", "20")]),
    ],
)
def test_rapid_mlx_takes_multiples_and_limits_the_pixels_of_all_frames(
    size: str, seconds: int, lacks: list[tuple[str, str | None]]
) -> None:
    found = create(RAPID, model="ltx-2.5-mlx-q8", size=size, seconds=seconds)
    assert [(lack.field, lack.fix) for lack in found] == lacks


@pytest.mark.parametrize(
    ("size", "total", "adds", "lacks"),
    [
        ("512x384", 2, 2, []),
        ("512x512", 2, 1, []),
        ("512x512", 2, 2, ["at most 3 seconds in all at that size"]),
        ("768x512", 2, 1, ["at most 2 seconds in all at that size"]),
        ("512x384", 4, 1, ["at most 4 in all"]),
        ("512x384", 1, 3, ["1, 2"]),
    ],
)
def test_an_extension_of_rapid_mlx_has_a_limit_of_its_own(
    size: str, total: int, adds: int, lacks: list[str]
) -> None:
    found = RAPID.check_step("extend", seconds=adds, total_seconds=total, model="ltx-2.5-mlx-q8", size=size)
    assert [lack.expected for lack in found] == lacks


@pytest.mark.parametrize(
    ("size", "tier"),
    [
        ("1280x720", "720p"),
        ("720x1280", "720p"),
        ("1280x704", "720p"),
        ("1920x1088", "1080p"),
        ("1376x768", "768p"),
        ("2560x1440", "2k"),
        ("3840x2160", "4k"),
        ("832x480", "480p"),
        ("1024x1024", None),
        ("1024x640", None),
        ("auto", None),
    ],
)
def test_a_size_counts_to_the_tier_that_its_shorter_side_is_near(size: str, tier: str | None) -> None:
    assert tier_of(size) == tier


def test_a_price_goes_by_the_size_then_its_tier_then_all_others() -> None:
    model = Model(prices={"1280x720": Decimal(1), "720p": Decimal(2), "*": Decimal(3)})
    prices = [model.price(size) for size in ("1280x720", "720x1280", "640x360")]
    assert prices == [1, 2, 3]
    assert Model(prices={"720p": Decimal(2)}).price("640x360") is None


def test_a_host_of_addresses_says_where_an_image_goes() -> None:
    (lack,) = load_profile("luma").check_create(model="ray-2", size="1280x720", seconds=5, image=True)
    assert (lack.field, lack.expected) == ("image", "the image's https address in params.keyframes")
