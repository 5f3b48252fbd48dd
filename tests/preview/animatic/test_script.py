"""Reading prompts: storyboards and free text, cameras, colours, time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from sorasync.preview.animatic.camera import Framing, Move, View, pose, read_camera
from sorasync.preview.animatic.colours import colours_in, swatch
from sorasync.preview.animatic.panel import draw_sign
from sorasync.preview.animatic.script import Script, Shot, SpokenLine, read_script
from sorasync.preview.animatic.timeline import lay_out, readable, spoken_spans, turn
from sorasync.preview.animatic.video import FPS
from tests.preview.animatic.support import BOARD


def test_a_storyboard_is_read_back_field_by_field() -> None:
    script = read_script(BOARD)
    assert script.style == "16mm documentary, natural grain"
    assert script.scene == "A cramped restaurant kitchen after closing."
    first = script.shots[0]
    assert first.camera == "medium close-up, slow push-in"
    assert first.focus == "shallow"
    assert first.beats == ("lifts the lid", "steam fogs the lens")
    assert first.lighting == "soft window light, warm lamp fill"
    assert [colour.name for colour in first.palette] == ["crimson", "red", "scarlet"]
    assert first.sound == "a kettle ticking"
    assert first.lines == (SpokenLine("Chef", "One more minute."),)
    assert [shot.beats[0] for shot in script.shots[1:]] == ["the street lies empty", "the sea"]


def test_a_storyboard_by_another_hand_is_read_as_well() -> None:
    script = read_script(
        "SHOT 1: the harbour\r\nCamera shot: wide\r\nActions:\r\n1. a boat leaves\r\n* gulls rise\r\n"
        'Dialog:\r\n- "Wait!"\r\nPalette anchors: teal / sand and rust\r\n\r\n**Shot 2**\r\nit is over'
    )
    first, second = script.shots
    assert first.beats == ("the harbour", "a boat leaves", "gulls rise")
    assert first.camera == "wide"
    assert first.lines == (SpokenLine("", "Wait!"),)
    assert [colour.name for colour in first.palette] == ["teal", "sand", "rust"]
    assert "it is over" in second.beats


def test_a_free_prompts_sentences_are_its_beats() -> None:
    script = read_script(
        "Mossy weaves through a market. The camera rises slowly! "
        'Mossy says: "Hello there." Teal and rust walls glow.'
    )
    (shot,) = script.shots
    assert shot.beats[:2] == ("Mossy weaves through a market.", "The camera rises slowly!")
    assert shot.camera == "camera rises"
    assert shot.lines == (SpokenLine("Mossy", "Hello there."),)
    assert [colour.name for colour in script.named] == ["teal", "rust"]


def test_a_quoted_sign_is_no_spoken_line() -> None:
    assert read_script('A neon sign reads "Open Late" above the door.').shots[0].lines == ()


def test_a_free_prompt_that_cuts_has_several_shots() -> None:
    script = read_script("A red door. Cut to a blue sea. Cut to a green field.")
    assert [shot.beats[0] for shot in script.shots] == [
        "A red door.",
        "Cut to a blue sea.",
        "Cut to a green field.",
    ]


@pytest.mark.parametrize(
    ("prompt", "beats"),
    [
        ("A runner\ncrosses the bridge while the\nCity wakes. She\nstops.", 2),
        ("The camera follows Mr. Fox at f/1.8.\nHe bows.", 2),
        ("A red door\nA blue sea\nA green field", 3),
        ("A red door.\nA blue sea.", 2),
        ("A red door\n\na blue sea", 2),
        ("A door.\nPalette of coral, plum and amber.", 1),
        ("A door. Colour palette: coral, plum.", 1),
    ],
)
def test_a_single_line_break_is_a_space_unless_lines_are_sentences(prompt: str, beats: int) -> None:
    assert len(read_script(prompt).shots[0].beats) == beats


def test_a_wrapped_action_of_a_storyboard_is_one_beat() -> None:
    script = read_script("Shot 1\nAction: she crosses\nthe bridge\n- and stops\n\nthen waits")
    assert script.shots[0].beats == ("she crosses the bridge", "and stops", "then waits")


def test_a_palette_sentence_wins_over_colours_named_before() -> None:
    script = read_script(
        "A red fox in a blue coat with gold, silver and white buttons.\n"
        "Palette of coral, burnt sienna, plum and ink, long shadows."
    )
    assert [colour.name for colour in script.shots[0].palette] == ["coral", "burnt sienna", "plum", "ink"]
    assert script.named == script.shots[0].palette


def test_a_style_on_the_first_line_is_no_beat() -> None:
    script = read_script("Style: hand-painted animation\n\nA red door.")
    assert script.style == "hand-painted animation"
    assert script.shots[0].beats == ("A red door.",)


@pytest.mark.parametrize(
    ("prompt", "framing"),
    [
        ("Wide tracking shot of a runner.", Framing.WIDE),
        ("Wide\nshot of a bay.", Framing.WIDE),
        ("A close handheld shot of a hand.", Framing.CLOSE),
        ("Extreme wide shot of dunes.", Framing.AERIAL),
        ("Medium shot, slow push in.", Framing.MEDIUM),
        ("A wide river.", None),
    ],
)
def test_framings_are_found_in_running_text(prompt: str, framing: Framing | None) -> None:
    assert read_camera(read_script(prompt).shots[0].camera).framing is framing


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("slow push-in", Move.IN),
        ("dolly in, close-up", Move.IN),
        ("dolly zoom", Move.DOLLY_ZOOM),
        ("slow zoom out", Move.ZOOM_OUT),
        ("pull-out to a wide shot", Move.OUT),
        ("pan left", Move.LEFT),
        ("slow pan right", Move.RIGHT),
        ("whip pan to the left", Move.WHIP_LEFT),
        ("whip pan", Move.WHIP_RIGHT),
        ("tilt up", Move.UP),
        ("crane down", Move.CRANE_DOWN),
        ("camera descends", Move.CRANE_DOWN),
        ("crane up over the roofs", Move.CRANE_UP),
        ("tracking shot", Move.TRACK_RIGHT),
        ("tracking left", Move.TRACK_LEFT),
        ("orbits the table", Move.ORBIT_RIGHT),
        ("orbits left around her", Move.ORBIT_LEFT),
        ("drone shot, wide", Move.DRONE),
        ("locked-off tripod", Move.STATIC),
        ("medium close-up", Move.STATIC),
        ("panoramic view", Move.STATIC),
        ("", Move.STATIC),
    ],
)
def test_camera_words_are_understood(words: str, move: Move) -> None:
    assert read_camera(words).move is move


def test_framing_and_sway_stand_beside_the_move() -> None:
    camera = read_camera("handheld medium close-up, push in")
    assert (camera.framing, camera.sway, camera.move) == (Framing.MEDIUM_CLOSE, True, Move.IN)


@pytest.mark.parametrize(
    ("words", "view"),
    [
        ("over-the-shoulder, medium close-up", View.OVER_SHOULDER),
        ("overhead top-down shot", View.TOP_DOWN),
        ("close-up in profile", View.PROFILE),
        ("follows her from behind", View.BACK),
        ("wide", View.FRONT),
    ],
)
def test_the_side_a_shot_is_taken_from_is_understood(words: str, view: View) -> None:
    assert read_camera(words).view is view


def test_a_slanted_frame_and_a_two_shot_are_understood() -> None:
    assert read_camera("dutch angle, handheld").dutch
    assert read_camera("medium two-shot").two_shot
    assert not read_camera("medium shot").two_shot


@given(st.sampled_from(Move), st.booleans(), st.floats(0, 1), st.floats(0, 120))
def test_every_move_is_read_back_and_stays_near_its_subject(
    move: Move, sway: bool, progress: float, seconds: float
) -> None:
    camera = read_camera(f"{'handheld ' if sway else ''}{move.value}")
    assert camera.move is move
    at = pose(camera, progress, seconds)
    assert 0.7 <= at.near <= 1.3
    assert 0.99 <= at.lens <= 1.4
    assert max(map(abs, (at.pan, at.tilt, at.track, at.lift, at.turn))) < 1


@pytest.mark.parametrize("move", Move)
def test_every_move_has_a_sign_of_its_own(move: Move) -> None:
    signs = []
    for one in (move, Move.STATIC):
        picture = Image.new("RGBA", (60, 40))
        draw_sign(ImageDraw.Draw(picture), (5, 5, 30), one, (255, 255, 255, 255))
        signs.append(picture.tobytes())
    assert (signs[0] == signs[1]) is (move is Move.STATIC)


@pytest.mark.parametrize(
    ("name", "rgb"),
    [
        ("teal", (15, 127, 128)),
        ("RebeccaPurple", (102, 51, 153)),
        ("#f00", (255, 0, 0)),
        ("dark olive green", (85, 107, 47)),
    ],
)
def test_names_of_colours_are_known(name: str, rgb: tuple[int, int, int]) -> None:
    assert swatch(name).rgb == rgb


@pytest.mark.parametrize(("name", "rgb"), [("papayawhip", (255, 239, 213)), ("azure", (240, 255, 255))])
def test_a_name_stays_known_after_pillow_was_asked_for_it(name: str, rgb: tuple[int, int, int]) -> None:
    Image.new("RGB", (1, 1), name)
    swatch.cache_clear()
    assert swatch(name).rgb == rgb


def test_a_shade_word_changes_the_colour_it_stands_before() -> None:
    assert sum(swatch("deep amber").rgb) < sum(swatch("amber").rgb) < sum(swatch("pale amber").rgb)


@given(st.text(max_size=60))
def test_any_name_is_a_colour_and_always_the_same(name: str) -> None:
    first = swatch(name).rgb
    swatch.cache_clear()
    assert swatch(name).rgb == first
    assert all(0 <= channel <= 255 for channel in first)


def test_colours_in_running_text_come_in_order_and_once() -> None:
    found = colours_in("Shift the palette to teal, sand and rust; more teal.")
    assert [colour.name for colour in found] == ["teal", "sand", "rust"]


@given(st.text(max_size=300))
def test_any_text_becomes_a_script_with_shots_and_colours(text: str) -> None:
    script = read_script(text)
    assert script.shots
    assert all(shot.palette for shot in script.shots)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 300))
def test_shots_share_all_frames_without_gaps(beats: list[int], frames: int) -> None:
    shots = tuple(Shot(beats=("x",) * count) for count in beats)
    spans = lay_out(Script("", "", shots, ()), frames)
    assert spans[0].start == 0
    assert spans[-1].stop == frames
    assert all(before.stop == after.start for before, after in pairwise(spans))
    assert len(spans) == len(shots) or len(shots) > frames


def timed(*seconds: float) -> Script:
    """A script of shots that ask for these seconds, 0 for none."""
    return Script("", "", tuple(Shot(seconds=one) for one in seconds), ())


@pytest.mark.parametrize(
    ("asked", "seconds", "lengths"),
    [
        ((4, 0), 12, [4, 8]),
        ((0, 2, 0), 12, [5, 2, 5]),
        ((2, 4), 12, [4, 8]),
        ((20, 0), 10, None),
    ],
)
def test_a_shot_gets_the_seconds_that_it_asks_for(
    asked: tuple[float, ...], seconds: int, lengths: list[float] | None
) -> None:
    spans = lay_out(timed(*asked), seconds * FPS)
    found = [span.frames for span in spans]
    assert sum(found) == seconds * FPS
    if lengths is None:
        assert found == [seconds * FPS - 1, 1]
    else:
        assert found == [pytest.approx(length * FPS, abs=1) for length in lengths]


@given(st.lists(st.floats(0, 50), min_size=1, max_size=20), st.integers(1, 400))
def test_any_seconds_fill_the_whole(asked: list[float], frames: int) -> None:
    spans = lay_out(timed(*asked), frames)
    assert (spans[0].start, spans[-1].stop) == (0, frames)
    assert all(before.stop == after.start for before, after in pairwise(spans))
    assert len(spans) == len(asked) or len(asked) > frames


def test_a_storyboard_says_seconds_and_characters_of_a_shot() -> None:
    (shot,) = read_script("Shot 1\nSeconds: 2.5\nCharacters: Mossy, Chef\nAction:\n- waits").shots
    assert (shot.seconds, shot.characters) == (2.5, ("Mossy", "Chef"))


@given(st.lists(st.text(max_size=80), max_size=6), st.integers(1, 600))
def test_lines_are_spoken_one_after_the_other_within_their_shot(texts: list[str], frames: int) -> None:
    spans = spoken_spans([SpokenLine("", text) for text in texts], frames)
    assert len(spans) == len(texts)
    assert all(start < stop for start, stop in spans)
    if frames > 2 * len(texts):
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert all(stop <= frames for _, stop in spans)


def test_a_long_line_takes_longer_than_a_short_one() -> None:
    short, long = spoken_spans(
        [SpokenLine("A", "No."), SpokenLine("B", "One more minute, and we all go home.")], 96
    )
    assert long[1] - long[0] > 1.5 * (short[1] - short[0])


def test_beats_too_many_to_read_are_counted_instead() -> None:
    assert readable(("a", "b", "c", "d"), 15) == ("a", "... 3 more")
    assert readable(("a", "b"), 15) == ("a", "b")


def test_each_beat_has_its_turn() -> None:
    assert [turn(3, position, 6) for position in range(6)] == [0, 0, 1, 1, 2, 2]
    assert turn(0, 3, 6) == -1
