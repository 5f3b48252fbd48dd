"""File names for clips, and the view of a clip's files."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sorasync.assets.file_names import MAX_BYTES, ClipFile, Link, file_name, file_naming, view_names

SHA = "ab" * 32
OTHER = "cd" * 32

CLIP_NAMES = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="aA.-_~ []=,con19\\/:*?\0\u0301é日", max_size=20),
    st.text(alphabet=st.characters(), max_size=5),
)


@pytest.mark.parametrize(
    "name", ["market", "market-night", "promo[city=Lisbon,mood=rainy]", "a.b_c", "Ōsaka 1.85"]
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("promo[ratio=16:9]", "promo[ratio=16_9]~"),
        ("a/b", "a_b~"),
        ("CON", "_CON~"),
        ("com1.x", "_com1.x~"),
        (".store", "_.store~"),
        ("..", "_._~"),
        ("", "_~"),
        ("ends.", "ends_~"),
        ("market.mp4", "market_mp4~"),
        ("new\nline", "new_line~"),
        ("right\u202eto left", "right_to left~"),
        ("x" * 500, "x" * 100),
    ],
)
def test_what_a_system_forbids_is_replaced_and_told_apart(name: str, start: str) -> None:
    assert file_name(name).startswith(start)
    assert re.search(r"~[0-9a-f]{10}\Z", file_name(name))


@given(CLIP_NAMES)
@example("\ud800")
@example("日" * 100)
def test_every_name_is_valid_on_every_system(name: str) -> None:
    result = file_name(name)
    assert result
    assert len(result.encode()) <= MAX_BYTES
    assert not set(result) & set('<>:"/\\|?*')
    assert all(ord(character) >= 32 for character in result)
    assert result[0] not in " ."
    assert result[-1] not in " ."
    assert not re.fullmatch(
        r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", result.split(".")[0].strip(), re.IGNORECASE
    )
    assert not result.lower().endswith((".mp4", ".webp"))


@given(CLIP_NAMES, CLIP_NAMES)
@example("a:b", "a?b")
@example("é", "e\u0301")
def test_different_clips_have_different_files(one: str, two: str) -> None:
    assert (file_name(one) == file_name(two)) == (one == two)


@given(CLIP_NAMES)
def test_a_clip_named_like_a_changed_name_does_not_collide_with_it(name: str) -> None:
    changed = file_name(name + "?")
    assert file_name(changed) != changed


def test_a_clip_with_one_render_is_one_file_and_its_picture() -> None:
    assert view_names("market", [ClipFile(1, 0, SHA, final=True, picture=".webp")]) == {
        "market.mp4": Link(SHA, ".mp4"),
        "market.webp": Link(SHA, ".webp"),
    }


def test_a_branch_with_one_step_is_one_file() -> None:
    assert view_names("night", [ClipFile(1, 1, SHA, final=True)]) == {"night.mp4": Link(SHA)}


def test_takes_and_steps_on_the_way_go_into_the_folder() -> None:
    files = [
        ClipFile(1, 0, SHA),
        ClipFile(2, 0, OTHER, picture=".webp"),
        ClipFile(2, 1, SHA),
        ClipFile(2, 2, OTHER, final=True),
    ]
    assert view_names("market", files) == {
        "market.mp4": Link(OTHER),
        "market/take-1.mp4": Link(SHA),
        "market/take-2.mp4": Link(OTHER),
        "market/take-2.webp": Link(OTHER, ".webp"),
        "market/take-2-step-1.mp4": Link(SHA),
    }


def test_a_picked_take_stands_in_the_folder_too() -> None:
    files = [ClipFile(1, 0, SHA), ClipFile(2, 0, OTHER, final=True)]
    assert set(view_names("market", files)) == {"market.mp4", "market/take-1.mp4", "market/take-2.mp4"}


def test_without_a_pick_there_are_only_takes() -> None:
    files = [ClipFile(1, 0, SHA), ClipFile(2, 0, OTHER)]
    assert set(view_names("market", files)) == {"market/take-1.mp4", "market/take-2.mp4"}


def test_a_clip_with_nothing_stored_has_no_names() -> None:
    assert view_names("market", []) == {}


VARIANTS = ["promo[city=New York,mood=rainy]", "promo[city=Osaka,mood=rainy]", "market"]


def test_a_pattern_names_variants_without_blanks_and_brackets() -> None:
    name_of = file_naming(VARIANTS, "{clip}_{city}_{mood}")
    assert [name_of(clip) for clip in VARIANTS] == ["promo_New-York_rainy", "promo_Osaka_rainy", "market"]
    assert file_naming(VARIANTS, "{clip}-{variant}")(VARIANTS[0]) == "promo-New-York-rainy"


def test_a_variant_without_a_variable_of_the_pattern_keeps_its_name() -> None:
    name_of = file_naming(VARIANTS, "{clip}-{lens}")
    assert name_of(VARIANTS[1]) == file_name(VARIANTS[1])


def test_clips_that_a_pattern_cannot_tell_apart_end_in_their_digests() -> None:
    names = list(map(file_naming(VARIANTS, "{clip}-{mood}"), VARIANTS))
    assert names[0].startswith("promo-rainy~")
    assert names[1].startswith("promo-rainy~")
    assert len(set(names)) == 3


@given(st.lists(st.text("ab -=é", min_size=1, max_size=5), unique=True, min_size=1, max_size=6))
def test_no_two_clips_ever_share_a_name(values: list[str]) -> None:
    clips = [f"promo[city={value}]" for value in values] + ["promo-a"]
    name_of = file_naming(clips, "{clip}-{city}")
    names = {unicodedata.normalize("NFC", name_of(clip)).casefold() for clip in clips}
    assert len(names) == len(clips)
