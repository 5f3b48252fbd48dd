"""Each check on a video made for it: what it finds, where, by how much, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sorasync.checks.check_result import Verdict
from tests.checks.films import RATE, Levels, checked, film, flat, moving

PASSED, FAILED, SKIPPED, ERROR = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED, Verdict.ERROR


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return tmp_path / "video.mp4"


def test_black_says_from_where_for_how_long_and_what_is_allowed(video: Path) -> None:
    film(video, lambda n: flat(0) if 24 <= n < 48 else moving(n), 72)
    found = checked(video, {"black": True})["black"]
    assert (found.verdict, found.at, found.until, found.frame) == (FAILED, 1.0, 2.0, 24)
    assert found.message == "black for 1.00 s from 1.00 s (frame 24); at most 0.5 s is allowed"
    assert checked(video, {"black": {"seconds": 1.0}})["black"].verdict is PASSED


def test_a_dark_scene_is_not_black(video: Path) -> None:
    film(video, lambda n: (moving(n) // 6 + 14).astype(np.uint8), 48)
    assert checked(video, {"black": True})["black"].verdict is PASSED


def test_a_standstill_is_found_also_behind_the_noise_of_a_codec(video: Path) -> None:
    chance = np.random.default_rng(3)

    def shot(number: int) -> Levels:
        still = moving(min(number, 12)).astype(int)
        return np.clip(still + chance.normal(0, 1.5, still.shape), 0, 255).astype(np.uint8)

    found = checked(film(video, shot, 60), {"frozen": True})["frozen"]
    assert (found.verdict, found.frame) == (FAILED, 12)
    assert found.measured == pytest.approx(2.0, abs=0.05)


def test_the_slowest_movement_is_no_standstill(video: Path) -> None:
    def shot(number: int) -> Levels:
        return (np.linspace(40, 200, 320)[None] + number / 6 + np.zeros((180, 1))).astype(np.uint8)

    assert checked(film(video, shot, 72), {"frozen": True})["frozen"].verdict is PASSED


def test_something_small_that_moves_is_enough(video: Path) -> None:
    def shot(number: int) -> Levels:
        picture = flat(120)
        picture[90:96, 40 + number : 46 + number] = 220
        return picture

    assert checked(film(video, shot, 72), {"frozen": True})["frozen"].verdict is PASSED


def test_frames_that_repeat_betray_a_lower_rate(video: Path) -> None:
    film(video, lambda n: moving(n // 3 * 3), 48)
    found = checked(video, {"frozen": True})["frozen"]
    assert found.verdict is FAILED
    assert "% of its frames repeat the one before; at most 55% may" in found.message
    assert checked(video, {"frozen": {"repeats_pct": 70}})["frozen"].verdict is PASSED


def test_a_cut_is_found_where_it_is(video: Path) -> None:
    film(video, lambda n: moving(n) if n < 30 else flat(230) - moving(n) // 2, 60)
    found = checked(video, {"scene_cuts": True})["scene_cuts"]
    assert (found.verdict, found.measured, found.frame) == (FAILED, 1, 30)
    assert checked(video, {"scene_cuts": {"most": 1}})["scene_cuts"].verdict is PASSED


def test_flicker_of_a_few_percent_is_strobing_and_no_flash(video: Path) -> None:
    film(video, lambda n: (moving(n) * (1.0 if n % 4 < 2 or n < 24 else 0.9)).astype(np.uint8), 72)
    found = checked(video, {"strobing": True, "flash": True})
    assert found["strobing"].verdict is FAILED
    assert found["strobing"].at == pytest.approx(1.0, abs=0.2)
    assert found["flash"].verdict is PASSED


@pytest.mark.parametrize(("every", "verdict"), [(2, FAILED), (3, FAILED), (4, PASSED), (8, PASSED)])
def test_more_than_three_flashes_in_a_second_are_dangerous(video: Path, every: int, verdict: Verdict) -> None:
    film(video, lambda n: flat(200 if n // every % 2 else 60), 72)
    flashes = RATE // (2 * every)
    found = checked(video, {"flash": True})["flash"]
    assert (found.verdict, found.measured) == (verdict, flashes)
    assert "1 flashes" not in found.message and f"{flashes} flash" in found.message


def test_flashes_in_a_small_part_of_the_picture_are_not(video: Path) -> None:
    def shot(number: int) -> Levels:
        picture = flat(60)
        picture[:90, :120] = 200 if number % 4 < 2 else 60
        return picture

    film(video, shot, 48)
    assert checked(video, {"flash": True})["flash"].verdict is PASSED
    assert checked(video, {"flash": {"area_pct": 15}})["flash"].verdict is FAILED


def test_a_picture_out_of_focus_is_blurred(video: Path) -> None:
    def soft(number: int) -> Levels:
        wave = np.sin(np.arange(320) / 14)[None] * np.sin(np.arange(180) / 14)[:, None]
        return (128 + 90 * wave + number % 2).astype(np.uint8)

    assert checked(film(video, moving, 24), {"blur": True})["blur"].verdict is PASSED
    assert checked(film(video, soft, 24), {"blur": True})["blur"].verdict is not PASSED


def test_silence_is_a_gap_or_no_track_at_all(video: Path) -> None:
    film(video, moving, 96, sound=0.25)
    found = checked(video, {"silence": True})["silence"]
    assert found.verdict is FAILED
    assert found.at == pytest.approx(1.0, abs=0.05)
    assert found.measured == pytest.approx(3.0, abs=0.1)
    assert checked(film(video, moving, 96, sound=1.0), {"silence": True})["silence"].verdict is PASSED
    assert "there is no sound" in checked(film(video, moving, 24), {"silence": True})["silence"].message


def test_loudness_is_measured_and_skipped_where_there_is_nothing(video: Path) -> None:
    film(video, moving, 48, sound=1.0)
    found = checked(video, {"loudness": {"least": -10.0}})["loudness"]
    assert found.verdict is FAILED
    assert found.measured == pytest.approx(-20, abs=2)
    assert checked(video, {"loudness": True})["loudness"].verdict is PASSED
    assert checked(video, {"loudness": {"peak": -30.0}})["loudness"].verdict is FAILED
    assert checked(film(video, moving, 24), {"loudness": True})["loudness"].verdict is SKIPPED


def test_size_length_and_rate_are_those_that_were_asked_for(video: Path) -> None:
    film(video, moving, 48)
    wanted: dict[str, object] = {"size": True, "seconds": True, "fps": {"least": 20, "most": 25}}
    right = checked(video, wanted, size="320x180", seconds=2)
    assert {result.verdict for result in right.values()} == {PASSED}
    wrong = checked(video, wanted | {"fps": {"least": 30}}, size="640x360", seconds=4)
    assert {name: result.verdict for name, result in wrong.items()} == dict.fromkeys(wanted, FAILED)
    assert wrong["size"].message == "it is 320x180 instead of 640x360; up to 10% may differ"
    assert wrong["seconds"].message.startswith("its file lasts 2 s, 4 s were requested")
    unknown = checked(video, {"size": True, "seconds": True})
    assert {result.verdict for result in unknown.values()} == {SKIPPED}
    strict = checked(video, {"size": {"tolerance_pct": 0}}, size="322x180")
    assert strict["size"].verdict is FAILED


@pytest.mark.parametrize("content", [b"", b"no video at all" * 99])
def test_what_cannot_be_decoded_is_an_error_of_every_check(video: Path, content: bytes) -> None:
    video.write_bytes(content)
    found = checked(video, {"black": True, "size": True, "silence": True}, size="320x180")
    assert {result.verdict for result in found.values()} == {ERROR}


def test_a_good_video_passes_everything_that_is_on_by_default(video: Path) -> None:
    film(video, moving, 48)
    names = ("size", "seconds", "black", "frozen", "strobing", "flash")
    found = checked(video, dict.fromkeys(names, True), size="320x180", seconds=2)
    assert {name: result.verdict for name, result in found.items()} == dict.fromkeys(names, PASSED)
